/** The figures of one model under a protocol: each metric for each evaluated user, and the means. */
import type { EvaluationSet } from './evaluation-set';
import { averagePrecision, averagePrecisionAt } from './metrics/average-precision';
import { coverage, exposure } from './metrics/coverage';
import { ndcg } from './metrics/ndcg';
import { novelty } from './metrics/novelty';
import { precision } from './metrics/precision';
import { recall, truncatedRecall } from './metrics/recall';
import { reciprocalRank } from './metrics/reciprocal-rank';
import { type Relevance, relevanceOf } from './metrics/relevance';
import { mean } from './paired-comparison';
import { listOf, type RankedLists } from './ranked-lists';

/** Metrics of a list of 100, by name; cut-offs are prefixes of the list. */
export const METRICS = {
  'Recall@20 (min)': (r: Relevance) => truncatedRecall(r, 20),
  'Recall@20 (n)': (r: Relevance) => recall(r, 20),
  'Recall@100 (n)': (r: Relevance) => recall(r, 100),
  'NDCG@20': (r: Relevance) => ndcg(r, 20),
  'NDCG@100': (r: Relevance) => ndcg(r, 100),
  'MAP@100': (r: Relevance) => averagePrecisionAt(r, 100),
  MAP: (r: Relevance) => averagePrecision(r),
  'MRR@100': (r: Relevance) => reciprocalRank(r, 100),
  'Precision@10': (r: Relevance) => precision(r, 10),
} as const;

export type MetricName = keyof typeof METRICS;

export const METRIC_NAMES = Object.keys(METRICS) as MetricName[];

export interface ListQuality {
  /** One value an evaluated user, in the order of the evaluation set. */
  readonly perUser: Readonly<Record<MetricName, Float64Array>>;
  readonly means: Readonly<Record<MetricName, number>>;
  /** Share of the catalogue in at least one user's first 20. */
  readonly coverage: number;
  /** Mean over users, bits, first 20. */
  readonly novelty: number;
}

export function qualityOf(set: EvaluationSet, lists: RankedLists): ListQuality {
  const relevances = set.targets.map((targets, e) => relevanceOf(listOf(lists, e), targets));
  const perUser = record((name) => Float64Array.from(relevances, METRICS[name]));
  const all = set.targets.map((_, e) => listOf(lists, e));
  const itemUsers = new Uint32Array(set.plays.columns);
  for (const item of set.plays.indices) itemUsers[item]!++;
  const noveltyOf = (list: Int32Array) => novelty(list, itemUsers, set.plays.rows, 20);
  return {
    perUser,
    means: record((name) => mean(perUser[name])),
    coverage: coverage(exposure(all, set.plays.columns, 20)),
    novelty: mean(Float64Array.from(all, noveltyOf)),
  };
}

function record<T>(of: (name: MetricName) => T): Record<MetricName, T> {
  return Object.fromEntries(METRIC_NAMES.map((name) => [name, of(name)])) as Record<MetricName, T>;
}
