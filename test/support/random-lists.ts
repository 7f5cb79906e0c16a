/** Random ranked lists and targets, of users that differ: few and many targets, no hits and many. */
import { relevanceOf } from '../../src/evaluation/metrics/relevance';
import { mulberry32 } from '../../src/random';

export interface RandomLists {
  readonly items: number;
  /** Item numbers, best first, all of one length. */
  readonly lists: readonly (readonly number[])[];
  /** Targets, at least one a user. */
  readonly truths: readonly (readonly number[])[];
}

export function randomLists(seed: number, users = 200, items = 300, length = 100): RandomLists {
  const random = mulberry32(seed);
  const shuffled = (): number[] => {
    const all = Array.from({ length: items }, (_, item) => item);
    for (let last = items - 1; last > 0; last--) {
      const at = random.below(last + 1);
      [all[last], all[at]] = [all[at]!, all[last]!];
    }
    return all;
  };
  const lists = Array.from({ length: users }, () => shuffled().slice(0, length));
  // From one target to more than a list has places.
  const truths = lists.map(() => shuffled().slice(0, 1 + Math.floor(random.next() ** 3 * 200)));
  return { items, lists, truths };
}

export function relevancesOf({ lists, truths }: RandomLists) {
  return lists.map((list, user) => relevanceOf(list, new Set(truths[user])));
}
