/** Recall: which share of the targets a list finds. Two divisors are in use; the name tells which. */
import { hitsWithin, type Relevance } from './relevance';

/**
 * Recall@k (n) = hits in k / |R|. So Spark's recallAt, ranx, RecTools, and the LightGCN line of papers.
 * Below 1 for a perfect list where |R| > k.
 */
export function recall(relevance: Relevance, k: number): number {
  return hitsWithin(relevance, k) / relevance.targets;
}

/** Recall@k (min) = hits in k / min(k, |R|). So Liang et al. 2018, Rendle et al. 2021. */
export function truncatedRecall(relevance: Relevance, k: number): number {
  return hitsWithin(relevance, k) / Math.min(k, relevance.targets);
}
