/** ALS under a protocol: interactions with their confidence, training, lists of the evaluated users. */
import type { FactorMatrix, SparseRows } from '../als/model';
import type { AlsRule } from '../als/rule';
import { type TrainedFactors, trainAls } from '../als/train';
import { mulberry32, normal } from '../random';
import { TopItems } from '../ranking/top-items';
import { type EvaluationSet, sumRows } from './evaluation-set';
import type { ListOptions, RankedLists } from './ranked-lists';

export interface AlsSettings {
  readonly rule: AlsRule;
  /** Sparse data overfit: quality peaks after a few epochs. */
  readonly epochs: number;
  /**
   * A play counts 2^(−age / half-life), so that confidence comes from recency and repeats; undefined:
   * every play counts 1. Age is measured from the last training event.
   */
  readonly halfLifeDays?: number;
}

export type Factors = Pick<TrainedFactors, 'userFactors' | 'itemFactors'>;

const SECONDS_PER_DAY = 86_400;

/** The interactions that a model with these settings is trained on. */
export function weightedPlays(set: EvaluationSet, settings: AlsSettings): SparseRows {
  const { halfLifeDays } = settings;
  const { events, plays } = set;
  if (halfLifeDays === undefined || events.times.length === 0) return plays;
  const last = events.times.reduce((latest, time) => Math.max(latest, time), 0);
  const ageDays = (event: number) => (last - events.times[event]!) / SECONDS_PER_DAY;
  return sumRows(
    events,
    plays.rows,
    plays.columns,
    (event) => 2 ** (-ageDays(event) / halfLifeDays),
  );
}

export interface AlsRun {
  readonly seed: number;
  readonly threads: number;
  readonly signal?: AbortSignal | undefined;
  /** Called after each epoch with the factors so far. */
  readonly onEpoch?: (epoch: number, factors: () => Factors) => Promise<'continue' | 'stop'>;
}

export function trainOn(set: EvaluationSet, settings: AlsSettings, run: AlsRun): Promise<Factors> {
  const { onEpoch } = run;
  const { rule, epochs } = settings;
  return trainAls(weightedPlays(set, settings), rule, {
    epochs,
    seed: run.seed,
    threads: run.threads,
    relaxation: 1,
    warmStart: { itemFactors: startItems(set.plays.columns, rule.factorCount, run.seed) },
    ...(run.signal && { signal: run.signal }),
    ...(onEpoch && {
      onEpoch: (progress) => onEpoch(progress.epoch, () => progress.factors()),
    }),
  });
}

/**
 * Small normal item factors of length about 0.1, as the papers' code starts (Rendle et al. 2021). Where
 * training stops after a few epochs the start is still felt: small items, and users solved first, give
 * better lists than the trainer's own start, which is made for a low loss soon.
 */
export function startItems(items: number, factorCount: number, seed: number): FactorMatrix {
  const random = mulberry32(seed);
  const deviation = 0.1 / Math.sqrt(factorCount);
  const values = new Float32Array(items * factorCount).map(() => deviation * normal(random));
  return { rows: items, columns: factorCount, values };
}

/** Exact lists of the evaluated users, on worker threads. */
export async function listsOfFactors(
  set: EvaluationSet,
  factors: Factors,
  options: ListOptions & { readonly threads: number },
): Promise<RankedLists> {
  const top = new TopItems(factors.itemFactors);
  const users = selectRows(factors.userFactors, set.users);
  const known = options.masked ? selectSparseRows(set.plays, set.users) : undefined;
  return top.topForUsers(users, options.n, known, options.threads);
}

function selectRows({ columns, values }: FactorMatrix, rows: Int32Array): FactorMatrix {
  const selected = new Float32Array(new SharedArrayBuffer(rows.length * columns * 4));
  rows.forEach((row, at) => {
    selected.set(values.subarray(row * columns, (row + 1) * columns), at * columns);
  });
  return { rows: rows.length, columns, values: selected };
}

function selectSparseRows(matrix: SparseRows, rows: Int32Array): SparseRows {
  const starts = new Uint32Array(rows.length + 1);
  rows.forEach((row, at) => {
    starts[at + 1] = starts[at]! + matrix.starts[row + 1]! - matrix.starts[row]!;
  });
  const indices = new Int32Array(starts[rows.length]!);
  const values = new Float32Array(starts[rows.length]!);
  rows.forEach((row, at) => {
    const [from, to] = [matrix.starts[row]!, matrix.starts[row + 1]!];
    indices.set(matrix.indices.subarray(from, to), starts[at]!);
    values.set(matrix.values.subarray(from, to), starts[at]!);
  });
  return { rows: rows.length, columns: matrix.columns, starts, indices, values };
}
