/** Precision: which share of a list are targets. */
import { hitsWithin, type Relevance } from './relevance';

/**
 * Precision@k = hits in k / k, even if the list is shorter (Spark's precisionAt, ranx). Note that
 * implicit's "precision" is Σ hits / Σ min(k, |R|) pooled over the users: see pooledRecall.
 */
export function precision(relevance: Relevance, k: number): number {
  return hitsWithin(relevance, k) / k;
}

/** What implicit calls precision: a truncated recall averaged over targets, not over users. */
export function pooledRecall(all: readonly Relevance[], k: number): number {
  let hits = 0;
  let reachable = 0;
  for (const relevance of all) {
    hits += hitsWithin(relevance, k);
    reachable += Math.min(k, relevance.targets);
  }
  return hits / reachable;
}
