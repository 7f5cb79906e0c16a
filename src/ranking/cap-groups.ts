/**
 * Diversity of a ranked list: at most `max` items of one group (one artist, say) in each window of
 * positions. The list is cut into windows 1…w, w+1…2w, …; every position takes the best remaining
 * candidate whose group has fewer than `max` places in the current window. A candidate passed over
 * stays in the race and may stand in a later window. Items of group −1 belong to no group.
 */

export interface PerGroup {
  /** Largest number of items of one group in a window, at least 1. */
  readonly max: number;
  /** Positions in a window, at least 1. */
  readonly window: number;
}

export interface CappedList {
  /** Indices into `candidates`, in the order of the list; at most n. */
  readonly picked: readonly number[];
  /**
   * False where a position found no candidate that may stand there: with more candidates the list
   * could be longer. True: the list is final, whatever comes after the candidates.
   */
  readonly complete: boolean;
}

/** `groups[c]` is the group of the c-th best candidate. */
export function capGroups(groups: ArrayLike<number>, n: number, perGroup: PerGroup): CappedList {
  const picked: number[] = [];
  let waiting: number[] = [];
  let next = 0;
  while (picked.length < n) {
    const windowEnd = Math.min(n, picked.length + perGroup.window);
    const taken = new Map<number, number>();
    const mayStand = (candidate: number): boolean => {
      const group = groups[candidate]!;
      const count = taken.get(group) ?? 0;
      if (group >= 0 && count >= perGroup.max) return false;
      taken.set(group, count + 1);
      return true;
    };
    const before = waiting;
    waiting = [];
    for (const candidate of before) {
      if (picked.length < windowEnd && mayStand(candidate)) picked.push(candidate);
      else waiting.push(candidate);
    }
    for (; picked.length < windowEnd && next < groups.length; next++) {
      if (mayStand(next)) picked.push(next);
      else waiting.push(next);
    }
    if (picked.length < windowEnd) return { picked, complete: false };
  }
  return { picked, complete: true };
}
