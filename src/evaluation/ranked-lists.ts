/** Lists of the evaluated users, and the two plain ways to make them. */
import type { EvaluationSet } from './evaluation-set';

/** Row e is the list of the e-th evaluated user: best first, −1 where it is shorter. */
export interface RankedLists {
  readonly n: number;
  readonly items: Int32Array;
}

export function listOf(lists: RankedLists, user: number): Int32Array {
  return lists.items.subarray(user * lists.n, (user + 1) * lists.n);
}

/** Whether a user's training items are taken out of the list. */
export interface ListOptions {
  readonly n: number;
  readonly masked: boolean;
}

/** The same ranking for everybody. */
export function listsOfRanking(
  set: EvaluationSet,
  ranking: Int32Array,
  { n, masked }: ListOptions,
): RankedLists {
  const items = new Int32Array(set.users.length * n).fill(-1);
  set.users.forEach((user, e) => {
    const known = masked ? new Set(knownItems(set, user)) : undefined;
    let filled = 0;
    for (let at = 0; at < ranking.length && filled < n; at++)
      if (!known?.has(ranking[at]!)) items[e * n + filled++] = ranking[at]!;
  });
  return { n, items };
}

/** Lists by a function that scores all items for one user into `scores`. */
export function listsOfScores(
  set: EvaluationSet,
  score: (user: number, scores: Float32Array) => void,
  { n, masked }: ListOptions,
): RankedLists {
  const items = new Int32Array(set.users.length * n).fill(-1);
  const scores = new Float32Array(set.plays.columns);
  set.users.forEach((user, e) => {
    scores.fill(0);
    score(user, scores);
    if (masked) for (const item of knownItems(set, user)) scores[item] = -Infinity;
    items.set(topOfScores(scores, n), e * n);
  });
  return { n, items };
}

export function knownItems(set: EvaluationSet, user: number): Int32Array {
  const { starts, indices } = set.plays;
  return indices.subarray(starts[user]!, starts[user + 1]!);
}

/** The n best items, ties to the lower one; −Infinity is never listed. */
export function topOfScores(scores: Float32Array, n: number): Int32Array {
  const heap = new Int32Array(Math.min(n, scores.length));
  let size = 0;
  // Smallest on top. The scan goes upwards, so that of equal scores the higher item is the smaller.
  const below = (a: number, b: number) =>
    scores[a]! < scores[b]! || (scores[a] === scores[b] && a > b);
  const sink = (item: number) => {
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= size) break;
      if (child + 1 < size && below(heap[child + 1]!, heap[child]!)) child++;
      if (!below(heap[child]!, item)) break;
      heap[at] = heap[child]!;
      at = child;
    }
    heap[at] = item;
  };
  for (let item = 0; item < scores.length; item++) {
    if (scores[item] === -Infinity) continue;
    if (size === heap.length) {
      if (size > 0 && below(heap[0]!, item)) sink(item);
      continue;
    }
    let at = size++;
    for (; at > 0 && below(item, heap[(at - 1) >> 1]!); at = (at - 1) >> 1)
      heap[at] = heap[(at - 1) >> 1]!;
    heap[at] = item;
  }
  return heap.subarray(0, size).sort((a, b) => scores[b]! - scores[a]! || a - b);
}
