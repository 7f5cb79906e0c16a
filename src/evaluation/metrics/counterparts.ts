/**
 * What other libraries compute under which name, and where their definitions differ: a metric's name alone says too
 * little to compare figures. Tests compute both sides of each row on random lists.
 */
import { averagePrecision, averagePrecisionAt } from './average-precision';
import { ndcg } from './ndcg';
import { pooledRecall, precision } from './precision';
import { recall } from './recall';
import { reciprocalRank } from './reciprocal-rank';
import { hitsWithin, type Relevance } from './relevance';

export type MetricLibrary = 'Spark' | 'implicit' | 'ranx';

export interface Counterpart {
  readonly library: MetricLibrary;
  /** As the library calls it, with k for the cut-off; of Spark, the method of RankingMetrics. */
  readonly name: string;
  /** The function here. */
  readonly ours: string;
  /** The same figure of all users, as the library averages it. Every user has a target. */
  readonly compute: (all: readonly Relevance[], k: number) => number;
  /** What to know before comparing. */
  readonly note: string;
}

const meanOf =
  (metric: (relevance: Relevance, k: number) => number) =>
  (all: readonly Relevance[], k: number): number =>
    all.reduce((sum, relevance) => sum + metric(relevance, k), 0) / all.length;

/** The list cut off at k, as a metric sees it that takes no k. */
const cutAt = (relevance: Relevance, k: number): Relevance => ({
  ...relevance,
  hits: relevance.hits.subarray(0, k),
});

const SPARK_USERS = 'A user without targets counts as 0; here such users are left out.';

export const COUNTERPARTS: readonly Counterpart[] = [
  {
    library: 'Spark',
    name: 'meanAveragePrecisionAt(k)',
    ours: 'averagePrecisionAt',
    compute: meanOf(averagePrecisionAt),
    note: `Divided by min(k, targets). ${SPARK_USERS}`,
  },
  {
    library: 'Spark',
    name: 'meanAveragePrecision',
    ours: 'averagePrecision',
    compute: meanOf((relevance) => averagePrecision(relevance)),
    note: 'The whole list, divided by all targets: lower wherever a user has more targets than places.',
  },
  {
    library: 'Spark',
    name: 'precisionAt(k)',
    ours: 'precision',
    compute: meanOf(precision),
    note: 'Divided by k, also for a shorter list.',
  },
  {
    library: 'Spark',
    name: 'recallAt(k)',
    ours: 'recall',
    compute: meanOf(recall),
    note: 'Divided by all targets; truncatedRecall divides by min(k, targets).',
  },
  {
    library: 'Spark',
    name: 'ndcgAt(k)',
    ours: 'ndcg',
    compute: meanOf(ndcg),
    note: 'Natural logarithm, which cancels; ideal over min(k, targets).',
  },
  {
    library: 'implicit',
    name: 'map@k',
    ours: 'averagePrecisionAt',
    compute: meanOf(averagePrecisionAt),
    note: 'Divided by min(k, targets).',
  },
  {
    library: 'implicit',
    name: 'precision@k',
    ours: 'pooledRecall',
    compute: (all, k) => pooledRecall(all, k),
    note: 'No precision: hits of all users over their Σ min(k, targets).',
  },
  {
    library: 'implicit',
    name: 'ndcg@k',
    ours: 'ndcg',
    compute: meanOf(ndcg),
    note: 'Ideal over min(k, targets).',
  },
  {
    library: 'ranx',
    name: 'map@k',
    ours: 'averagePrecision of the list cut at k',
    compute: meanOf((relevance, k) => averagePrecision(cutAt(relevance, k))),
    note: "Divided by all targets, at any k: not Spark's nor implicit's map@k.",
  },
  {
    library: 'ranx',
    name: 'map',
    ours: 'averagePrecision',
    compute: meanOf((relevance) => averagePrecision(relevance)),
    note: "Spark's meanAveragePrecision.",
  },
  {
    library: 'ranx',
    name: 'precision@k',
    ours: 'precision',
    compute: meanOf(precision),
    note: 'Divided by k, also for a shorter list.',
  },
  {
    library: 'ranx',
    name: 'recall@k',
    ours: 'recall',
    compute: meanOf(recall),
    note: 'Divided by all targets.',
  },
  {
    library: 'ranx',
    name: 'ndcg@k',
    ours: 'ndcg',
    compute: meanOf(ndcg),
    note: 'Ideal over min(k, targets).',
  },
  {
    library: 'ranx',
    name: 'mrr@k',
    ours: 'reciprocalRank',
    compute: meanOf(reciprocalRank),
    note: '0 without a hit within k.',
  },
  {
    library: 'ranx',
    name: 'hit_rate@k',
    ours: 'hitsWithin above 0',
    compute: meanOf((relevance, k) => (hitsWithin(relevance, k) > 0 ? 1 : 0)),
    note: 'Share of users with a hit.',
  },
];

/** As a Markdown table. */
export function counterpartTable(): string {
  const rows = COUNTERPARTS.map(
    ({ library, name, ours, note }) => `| ${library} | \`${name}\` | ${ours} | ${note} |`,
  );
  return ['| library | its name | here | to know |', '| --- | --- | --- | --- |', ...rows].join(
    '\n',
  );
}
