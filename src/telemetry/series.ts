/**
 * Every series that is exported, in one table: code, README and dashboards take names and labels from here,
 * and a wrong name, label or closed label value does not compile.
 */
import { ENGINE_SERIES } from './engine-series';
import { RECOMMENDATION_SERIES } from './recommendation-series';
import {
  CLOSED_LABELS,
  type LabelName,
  type LabelValue,
  OPEN_LABELS,
  type Series,
} from './series-kinds';

export const SERIES = { ...RECOMMENDATION_SERIES, ...ENGINE_SERIES } as const;

type Table = typeof SERIES;
export type SeriesName = keyof Table;

type NamesOf<T extends Series['type']> = {
  [N in SeriesName]: Table[N]['type'] extends T ? N : never;
}[SeriesName];

export type CounterName = NamesOf<'counter'>;
export type GaugeName = NamesOf<'gauge'>;
export type HistogramName = NamesOf<'histogram'>;

/** The labels that a series must be given, all of them; `{}` where it has none. */
export type SeriesLabels<N extends SeriesName> = [Table[N]['labels'][number]] extends [never]
  ? Readonly<Record<string, never>>
  : { readonly [L in Table[N]['labels'][number]]: LabelValue<L> };

/** All values of a label, or undefined where they are open. */
export function closedValues(label: LabelName): readonly string[] | undefined {
  return (CLOSED_LABELS as Readonly<Record<string, readonly string[]>>)[label];
}

/** Gauges about one slot and nothing else; they end with the slot's tenure in a process. */
export const SLOT_GAUGES = Object.entries<Series>(SERIES)
  .filter(
    ([, { type, labels }]) => type === 'gauge' && labels.length === 1 && labels[0] === 'partition',
  )
  .map(([name]) => name as SlotGaugeName);

type SlotGaugeName = {
  [N in GaugeName]: Table[N]['labels'] extends readonly ['partition'] ? N : never;
}[GaugeName];

/** The README's table, in Markdown. */
export function metricsTable(): string {
  const rows = Object.entries<Series>(SERIES).map(
    ([name, { type, labels, unit, help }]) =>
      `| \`${name}\` | ${type} | ${labels.map((label) => `\`${label}\``).join(', ')} | ${unit} | ${help} |`,
  );
  return ['| series | type | labels | unit | meaning |', '| --- | --- | --- | --- | --- |', ...rows]
    .concat('')
    .join('\n');
}

/** What bounds each label: its values, or the thing that they name. In Markdown. */
export function labelsTable(): string {
  const closed = Object.entries<readonly string[]>(CLOSED_LABELS).map(
    ([label, values]) => `| \`${label}\` | ${values.map((value) => `\`${value}\``).join(', ')} |`,
  );
  const open = Object.entries(OPEN_LABELS).map(([label, bound]) => `| \`${label}\` | ${bound} |`);
  return ['| label | values |', '| --- | --- |', ...closed, ...open, ''].join('\n');
}
