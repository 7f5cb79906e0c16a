/**
 * What every ranking metric is computed from: which positions of a list are hits, and how many
 * targets the user has. A metric of a set of users is the plain mean over the users with targets.
 */

export interface Relevance {
  /** 1 where the item at that position (best first) is a target. */
  readonly hits: Uint8Array;
  /** Number of the user's targets, |R| ≥ 1; also those that cannot be recommended. */
  readonly targets: number;
}

/** A negative item ends the list. */
export function relevanceOf(list: ArrayLike<number>, targets: ReadonlySet<number>): Relevance {
  const hits = new Uint8Array(list.length);
  for (let at = 0; at < list.length && list[at]! >= 0; at++)
    hits[at] = targets.has(list[at]!) ? 1 : 0;
  return { hits, targets: targets.size };
}

/** Hits among the first k positions. */
export function hitsWithin({ hits }: Relevance, k: number): number {
  let count = 0;
  const end = Math.min(k, hits.length);
  for (let at = 0; at < end; at++) count += hits[at]!;
  return count;
}
