/** Normalised discounted cumulative gain with binary gains (Järvelin and Kekäläinen 2002). */
import type { Relevance } from './relevance';

/**
 * NDCG@k = Σ over hits in k of 1/log₂(rank + 1), divided by the same sum over the first min(k, |R|)
 * ranks. The base of the logarithm cancels (Spark's ndcgAt takes the natural one). RecTools divides by
 * all k ranks unless told otherwise.
 */
export function ndcg(relevance: Relevance, k: number): number {
  const end = Math.min(k, relevance.hits.length);
  let gain = 0;
  for (let at = 0; at < end; at++) if (relevance.hits[at]) gain += 1 / Math.log2(at + 2);
  return gain / idealGain(Math.min(k, relevance.targets));
}

function idealGain(ranks: number): number {
  let gain = 0;
  for (let at = 0; at < ranks; at++) gain += 1 / Math.log2(at + 2);
  return gain;
}
