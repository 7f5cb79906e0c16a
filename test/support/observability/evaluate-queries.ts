/**
 * Every query of dashboards and rules, asked of a Prometheus that has scraped a scenario. A query is at fault where
 * Prometheus refuses it, where it has no data, where all its data is 0, where its values cannot be of the panel's unit,
 * or where the legend names a label that no line has. What a scenario cannot give stands in a list, by name and reason.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { UNITS } from '../../../grafana/definitions/spec';
import { allQueries, type GivenQuery } from '../grafana/queries';
import { type PrometheusApi, type SampledSeries, type Span, spanSince } from './prometheus-api';

export interface Exceptions {
  /** `where` of a query that may have no data here → why. */
  readonly empty: Readonly<Record<string, string>>;
  /** `where` of a query that may be 0 all the time here → why. */
  readonly zero: Readonly<Record<string, string>>;
}

const MOMENT = 'in a world this small it may be over between two scrapes';
const QUICK = 'a quick machine has read all there is whenever it is scraped';
/** Exceptions of every scenario: what lasts for a moment, and what must be 0. */
export const MAYBE_ZERO: Exceptions['zero'] = {
  'Segue / Recommendations / Hand-over / partition {{partition}}': MOMENT,
  'Segue / Recommendations / Users waiting for a refresh / partition {{partition}}': MOMENT,
  'Segue / Recommendations / Retraining / {{state}}': MOMENT,
  'Segue / Recommendations / Churn of the last retrain / {{of}}':
    'a retrain that soon learns next to nothing new, and may change no list',
  'Segue / Stream / Lag / records': QUICK,
  'Segue / Stream / Oldest waiting record / age': QUICK,
  'Segue / Stream / Lag in records / {{topic}} {{partition}}': QUICK,
  'Segue / Stream / Lag in seconds / {{topic}} {{partition}}': QUICK,
  'Segue / Stream / Slots without an owner / slots': MOMENT,
  'Segue / Stream / Restore, records to go / partition {{partition}}': MOMENT,
  'Segue / Stream / Standbys, records behind / {{instance}} partition {{partition}}': MOMENT,
  'Segue / Stream / Failed slots / partition {{partition}}': 'no slot fails',
  'Segue / Stream / Wrong counts / differences': 'counts are exact',
};

/** What Grafana puts in place of its variables when everything is selected. */
function filledIn(expr: string): string {
  return expr
    .replaceAll('$instance', '.*')
    .replaceAll('$partition', '.*')
    .replaceAll('$window', '1h')
    .replaceAll('$__rate_interval', '40s');
}

/** Faults of all queries as `where: what`; empty when all are well. */
export async function faultsOf(
  queries: readonly GivenQuery[],
  api: PrometheusApi,
  span: Span,
  exceptions: Exceptions,
): Promise<string[]> {
  const faults = unknownNames(exceptions);
  for (const query of queries)
    for (const fault of await faultsOfQuery(query, api, span, exceptions))
      faults.push(`${query.where}: ${fault}`);
  return faults;
}

const PATIENCE_MS = 90_000;

/** Those left when what is still under way has had time to show. */
export async function lastingFaults(
  queries: readonly GivenQuery[],
  api: PrometheusApi,
  fromMs: number,
  exceptions: Exceptions,
): Promise<string[]> {
  const deadline = Date.now() + PATIENCE_MS;
  for (;;) {
    const faults = await faultsOf(queries, api, spanSince(fromMs), exceptions);
    if (faults.length === 0 || Date.now() > deadline) return faults;
    await pause(2000);
  }
}

function unknownNames({ empty, zero }: Exceptions): string[] {
  const known = new Set(allQueries().map(({ where }) => where));
  return [...Object.keys(empty), ...Object.keys(zero)]
    .filter((where) => !known.has(where))
    .map((where) => `${where}: an exception for a query that there is not`);
}

async function faultsOfQuery(
  query: GivenQuery,
  api: PrometheusApi,
  span: Span,
  { empty, zero }: Exceptions,
): Promise<string[]> {
  try {
    if (query.kind === 'variable') return await faultsOfVariable(query.expr, api);
    const found = (await api.range(filledIn(query.expr), span)).map(finite);
    if (query.kind === 'rule') return await faultsOfSelectors(query.expr, api, span);
    const values = found.flatMap(({ samples }) => samples.map(({ value }) => value));
    if (values.length === 0) return empty[query.where] === undefined ? ['no data'] : [];
    const isFlat = query.kind === 'panel' && values.every((value) => value === 0);
    return [
      ...(isFlat && zero[query.where] === undefined ? ['only 0'] : []),
      ...unitFaults(query, values),
      ...legendFaults(query.legend ?? '', found),
    ];
  } catch (error) {
    return [(error as Error).message];
  }
}

async function faultsOfVariable(query: string, api: PrometheusApi): Promise<string[]> {
  const [, match = '', label = ''] = /^label_values\((.*), (\w+)\)$/.exec(query) ?? [];
  return (await api.labelValues(label, match)).length === 0 ? ['no values'] : [];
}

/** A rule seldom has an answer of its own; what it looks at must be there. */
async function faultsOfSelectors(expr: string, api: PrometheusApi, span: Span): Promise<string[]> {
  const faults: string[] = [];
  for (const [selector] of expr.matchAll(/\b(?:segue[_:][\w:]+|up)(?:\{[^}]*\})?/g)) {
    const found = (await api.range(selector, span)).map(finite);
    if (found.every(({ samples }) => samples.length === 0)) faults.push(`no data of ${selector}`);
  }
  return faults;
}

function finite({ labels, samples }: SampledSeries): SampledSeries {
  return { labels, samples: samples.filter(({ value }) => Number.isFinite(value)) };
}

/** A share, and yet above 1 at times: nothing bounds growth. */
const ABOVE_ONE = 'Segue / Recommendations / Growth since the training / growth';

function unitFaults({ unit, where }: GivenQuery, values: readonly number[]): string[] {
  const [least, most] = [Math.min(...values), Math.max(...values)];
  const isBounded = unit === UNITS.share && where !== ABOVE_ONE;
  const mostPossible = isBounded ? 1 + 1e-9 : Number.POSITIVE_INFINITY;
  return least < 0 || most > mostPossible
    ? [`from ${least} to ${most}, which cannot be of unit ${unit}`]
    : [];
}

/** Each label in the legend tells lines apart, so some line has it. */
function legendFaults(legend: string, found: readonly SampledSeries[]): string[] {
  return [...legend.matchAll(/\{\{(\w+)\}\}/g)]
    .map((match) => match[1]!)
    .filter((label) => found.every(({ labels }) => labels[label] === undefined))
    .map((label) => `the legend names ${label}, which no line has`);
}
