/**
 * The vocabulary of the series table: three kinds of series and the labels they may carry.
 *
 * A label either has a closed set of values, or is open with a bound that its meaning gives (partitions,
 * processors, …). There is no label for a user, a track or any other thing that grows with the data.
 */

/** Labels with a closed set of values; a series whose labels are all closed is exported from the start, as 0. */
export const CLOSED_LABELS = {
  list: ['personal', 'popular'],
  // What was judged: a personal list; the popular list on those same trials; the popular list of who has no other.
  judged: ['personal', 'popular-beside', 'popular-alone'],
  at: ['10', '20', '100'],
  stage: ['waiting', 'counting', 'folding-in', 'ranking', 'commit'],
  outcome: ['promoted', 'rejected', 'failed'],
  phase: ['snapshot', 'search', 'compare', 'refit', 'write'],
  state: ['idle', 'requested', 'running'],
  direction: ['in', 'out'],
  factors: ['with', 'without'],
  of: ['entries', 'users'],
  result: ['hit', 'miss'],
  // Tracks of one user, sampled; unique listeners of all tracks of a slot.
  check: ['tracks-of-user', 'listeners-of-tracks'],
  failure: ['fenced', 'in-doubt', 'refused'],
  cause: ['assigned', 'in-doubt', 'fenced'],
  unique_listeners: ['0-5', '5-10', '10-20', '20-30', '30-40', '40-50', '50-'],
  unique_tracks: ['0-10', '10-25', '25-50', '50-100', '100-500', '500-'],
} as const;

/** Labels with open values, and what bounds their number. */
export const OPEN_LABELS = {
  part: 'the parts of the topology',
  processor: 'the processors of the topology',
  topic: 'the topics of the application',
  partition: 'the slots',
  store: 'the stores of the topology',
  reason: 'the reason codes',
  generation: 'the last generations; older ones are removed',
  measure: 'the measures of the holdout comparison',
  route: 'the routes',
  status: 'the status codes answered',
  version: 'one',
  node_version: 'one',
} as const;

type ClosedLabels = typeof CLOSED_LABELS;
export type LabelName = keyof ClosedLabels | keyof typeof OPEN_LABELS;
export type LabelValue<L extends LabelName> = L extends keyof ClosedLabels
  ? ClosedLabels[L][number]
  : string | number;

export type SeriesUnit = 'seconds' | 'bytes' | 'ratio' | 'records' | '';

export interface Series {
  readonly type: 'counter' | 'gauge' | 'histogram';
  readonly help: string;
  readonly unit: SeriesUnit;
  readonly labels: readonly LabelName[];
  /** Upper bounds, ascending, of a histogram; +Inf is added. */
  readonly buckets?: readonly number[];
}

type Labels = readonly LabelName[];

export function counter<const L extends Labels>(help: string, labels: L, unit: SeriesUnit = '') {
  return { type: 'counter', help, unit, labels } as const;
}

export function gauge<const L extends Labels>(help: string, labels: L, unit: SeriesUnit = '') {
  return { type: 'gauge', help, unit, labels } as const;
}

export function histogram<const L extends Labels>(
  help: string,
  labels: L,
  unit: SeriesUnit,
  buckets: readonly number[],
) {
  return { type: 'histogram', help, unit, labels, buckets } as const;
}

/** `steps` times each power of ten that lies from `from` up to and with `to`. */
export function bounds(from: number, to: number, steps: readonly number[]): readonly number[] {
  const found: number[] = [];
  for (let decade = Math.floor(Math.log10(from)); 10 ** decade <= to * 1.001; decade++) {
    for (const step of steps) {
      const bound = Number((step * 10 ** decade).toPrecision(3));
      if (bound >= from * 0.999 && bound <= to * 1.001) found.push(bound);
    }
  }
  return found;
}
