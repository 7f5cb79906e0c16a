/** The one set of ranking metrics of a study, for every model alike. */
import type { EvaluationSet } from '../evaluation/evaluation-set';
import { averagePrecision, averagePrecisionAt } from '../evaluation/metrics/average-precision';
import { coverage, exposure } from '../evaluation/metrics/coverage';
import { ndcg } from '../evaluation/metrics/ndcg';
import { novelty } from '../evaluation/metrics/novelty';
import { precision } from '../evaluation/metrics/precision';
import { recall } from '../evaluation/metrics/recall';
import { reciprocalRank } from '../evaluation/metrics/reciprocal-rank';
import { type Relevance, relevanceOf } from '../evaluation/metrics/relevance';
import { bootstrapMeans, type Interval, mean } from '../evaluation/paired-comparison';
import { listOf } from '../evaluation/ranked-lists';
import { type KeptJudgement, LIST_LENGTH } from './judged-model';

export const CUT_OFFS = [10, 20, 100] as const;

/** One value a user. The two MAPs go by Spark's names: one divides by min(k, targets), the other by all targets. */
const LIST_METRICS: Readonly<Record<string, (relevance: Relevance) => number>> = {
  ...Object.fromEntries(
    CUT_OFFS.flatMap((k) => [
      [`meanAveragePrecisionAt(${k})`, (r: Relevance) => averagePrecisionAt(r, k)],
      [`Recall@${k}`, (r: Relevance) => recall(r, k)],
      [`Precision@${k}`, (r: Relevance) => precision(r, k)],
      [`NDCG@${k}`, (r: Relevance) => ndcg(r, k)],
      [`MRR@${k}`, (r: Relevance) => reciprocalRank(r, k)],
    ]),
  ),
  meanAveragePrecision: (r) => averagePrecision(r),
};

/** What models are chosen by and first compared by: the study's own. */
export const HEADLINE = 'meanAveragePrecisionAt(100)';

export interface MetricValue extends Interval {
  readonly mean: number;
}

export interface ListFigures {
  readonly users: number;
  /** Of the lists, and AUC of a sample of the users. */
  readonly metrics: Readonly<Record<string, MetricValue>>;
  /** By cut-off: share of the catalogue in at least one list. */
  readonly coverage: Readonly<Record<number, number>>;
  /** By cut-off: bits, mean over users. */
  readonly novelty: Readonly<Record<number, number>>;
}

export interface FiguresOptions {
  readonly seed: number;
  readonly bootstrapSamples: number;
  /** Users of each item in training, and how many users there were. */
  readonly itemUsers: Uint32Array;
  readonly trainUsers: number;
}

/** Values of each user by metric, in the order of the set. */
export function metricsByUser(
  set: EvaluationSet,
  items: Int32Array,
): Readonly<Record<string, Float64Array>> {
  const lists = { n: LIST_LENGTH, items };
  const relevances = set.targets.map((targets, user) => relevanceOf(listOf(lists, user), targets));
  return Object.fromEntries(
    Object.entries(LIST_METRICS).map(([name, of]) => [name, Float64Array.from(relevances, of)]),
  );
}

export function figuresOfLists(
  set: EvaluationSet,
  { items, auc }: KeptJudgement,
  options: FiguresOptions,
): ListFigures {
  const byUser = metricsByUser(set, items);
  const names = Object.keys(byUser);
  const boot = { seed: options.seed, samples: options.bootstrapSamples };
  const intervals = bootstrapMeans(Object.values(byUser), boot);
  // A user all of whose items are targets or known has no pair to compare.
  const aucs = auc.filter((value) => !Number.isNaN(value));
  const metrics = names.map((name, at) => [name, { mean: mean(byUser[name]!), ...intervals[at] }]);
  if (aucs.length > 0)
    metrics.push(['AUC', { mean: mean(aucs), ...bootstrapMeans([aucs], boot)[0] }]);
  return {
    users: set.users.length,
    metrics: Object.fromEntries(metrics) as Record<string, MetricValue>,
    ...catalogueFigures(set, items, options),
  };
}

function catalogueFigures(
  set: EvaluationSet,
  items: Int32Array,
  { itemUsers, trainUsers }: FiguresOptions,
): Pick<ListFigures, 'coverage' | 'novelty'> {
  const lists = { n: LIST_LENGTH, items };
  const all = set.targets.map((_, user) => listOf(lists, user));
  const byCutOff = (of: (k: number) => number) =>
    Object.fromEntries(CUT_OFFS.map((k) => [k, of(k)]));
  return {
    coverage: byCutOff((k) => coverage(exposure(all, set.plays.columns, k))),
    novelty: byCutOff((k) =>
      mean(Float64Array.from(all, (list) => novelty(list, itemUsers, trainUsers, k))),
    ),
  };
}

export function usersOfItems({ plays }: EvaluationSet): Uint32Array {
  const users = new Uint32Array(plays.columns);
  for (const item of plays.indices) users[item]!++;
  return users;
}
