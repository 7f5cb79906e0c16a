/** Reciprocal rank of the first hit; its mean over users is MRR (Voorhees 1999). */
import type { Relevance } from './relevance';

/** 1 / rank of the first hit within k, 0 without one. */
export function reciprocalRank(relevance: Relevance, k: number): number {
  const first = relevance.hits.indexOf(1);
  return first >= 0 && first < k ? 1 / (first + 1) : 0;
}
