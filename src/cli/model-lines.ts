/** Generations as people read them. */
import type { Model } from '../../schemas/records';

const HEADINGS = [
  'gen',
  'state',
  'trained at',
  'trainer',
  'tracks',
  'pairs',
  'NDCG@20',
  'popular',
  'reigning',
  'churn',
  'serves',
];

/** A table, each generation followed by why it was asked for and what became of it. */
export function modelTable(
  manifests: readonly Model[],
  slotsOf: ReadonlyMap<number, readonly number[]>,
): string[] {
  const rows = manifests.map((manifest) => modelRow(manifest, slotsOf.get(manifest.generation)));
  const widths = HEADINGS.map((heading, column) =>
    Math.max(heading.length, ...rows.map((row) => row[column]!.length)),
  );
  const line = (cells: readonly string[]) =>
    cells
      .map((cell, column) => cell.padEnd(widths[column]!))
      .join('  ')
      .trimEnd();
  return [
    line(HEADINGS),
    ...rows.flatMap((row, place) => [line(row), ...remarks(manifests[place]!)]),
  ];
}

function modelRow(manifest: Model, slots: readonly number[] = []): string[] {
  const { generation, state, trained_at, trainer, items, interactions, quality } = manifest;
  const figure = (name: string) => quality[name]?.toFixed(4) ?? '';
  return [
    String(generation),
    state.toLowerCase(),
    new Date(trained_at).toISOString(),
    trainer,
    String(items),
    String(interactions),
    figure('ndcg20'),
    figure('popular_ndcg20'),
    figure('reigning_ndcg20'),
    churnOf(manifest),
    slots.length === 0 ? '' : `slots ${slots.join(', ')}`,
  ];
}

/** Of entries, then of users with any change. */
function churnOf({ quality }: Model): string {
  const { churn_entries20: entries, churn_users20: users } = quality;
  if (entries === undefined || users === undefined) return '';
  return `${(100 * entries).toFixed(1)} % / ${(100 * users).toFixed(1)} %`;
}

function remarks({ reason, note }: Model): string[] {
  return [`     asked for: ${reason}`, ...(note === '' ? [] : [`     ${note}`])];
}

/** One line, for a single answer. */
export function modelLine(manifest: Model): string {
  const { generation, state, trained_at, trainer, items, interactions, reason, note } = manifest;
  const churn = churnOf(manifest);
  return `${String(generation).padStart(4)}  ${state.toLowerCase().padEnd(11)} ${new Date(trained_at).toISOString()}  ${trainer}  ${items} tracks, ${interactions} pairs  (${reason})  ${note}${churn === '' ? '' : `; churn ${churn}`}`;
}
