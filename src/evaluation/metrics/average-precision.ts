/**
 * Average precision: the mean of the precision at the rank of each hit. Its mean over users is MAP.
 * Libraries differ in the divisor; of one list they report up to five values, so the names below are
 * those of Spark's RankingMetrics.
 */
import type { Relevance } from './relevance';

/**
 * Spark's meanAveragePrecisionAt(k), one user: Σ over hits in k of (hits so far / rank), divided by
 * min(k, |R|). Also implicit's MAP@k.
 */
export function averagePrecisionAt(relevance: Relevance, k: number): number {
  return precisionSum(relevance, k) / Math.min(k, relevance.targets);
}

/**
 * Spark's meanAveragePrecision, one user: the whole list, divided by |R| whatever its length. Also
 * ranx, and RecTools by default, on a list of that length.
 */
export function averagePrecision(relevance: Relevance): number {
  return precisionSum(relevance, relevance.hits.length) / relevance.targets;
}

function precisionSum({ hits }: Relevance, k: number): number {
  const end = Math.min(k, hits.length);
  let found = 0;
  let sum = 0;
  for (let at = 0; at < end; at++) {
    if (!hits[at]) continue;
    found++;
    sum += found / (at + 1);
  }
  return sum;
}
