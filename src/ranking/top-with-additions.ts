/**
 * The exact top N of a catalogue and of a few items that came to it later. The index is built once a catalogue; the
 * later items are few enough to be scored one by one, and stand behind the catalogue's in number.
 */
import type { FactorMatrix } from '../als/model';
import { capGroups } from './cap-groups';
import {
  type Exclusion,
  exactScore,
  type TopItems,
  type TopList,
  type TopOptions,
} from './top-items';

export interface Additions {
  /** Row a is item itemCount + a. */
  readonly factors: FactorMatrix;
  /** Group of every item of the catalogue, then of each addition; −1: none. */
  readonly groupOf: Int32Array;
}

/** As `TopItems.top`, over both; the same order, ties to the lower item. */
export function topWithAdditions(
  topItems: TopItems,
  { factors, groupOf }: Additions,
  request: { readonly userFactors: Float32Array; readonly n: number } & TopOptions,
): TopList {
  const { userFactors, n, exclude, perGroup } = request;
  if (factors.rows === 0) return topItems.top(userFactors, n, request);
  const later = scoreAll(factors, topItems.itemCount, userFactors, exclude);
  if (perGroup === undefined) return merge(topItems.top(userFactors, n, { exclude }), later, n);
  for (let depth = 2 * n; ; depth *= 2) {
    const base = topItems.top(userFactors, depth, { exclude });
    const list = merge(base, later, depth);
    const groups = list.items.map((item) => groupOf[item]!);
    const { picked, complete } = capGroups(groups, n, perGroup);
    // Nothing is left out of the race where the catalogue had no more to offer.
    if (!complete && list.items.length === depth) continue;
    return {
      ...list,
      items: Int32Array.from(picked, (place) => list.items[place]!),
      scores: Float32Array.from(picked, (place) => list.scores[place]!),
    };
  }
}

interface Scored {
  readonly item: number;
  readonly score: number;
}

/** Best first, without the excluded. */
function scoreAll(
  factors: FactorMatrix,
  firstItem: number,
  userFactors: Float32Array,
  exclude: Exclusion | undefined,
): Scored[] {
  const excluded = new Set(exclude);
  const scored: Scored[] = [];
  for (let row = 0; row < factors.rows; row++) {
    const item = firstItem + row;
    if (!excluded.has(item)) scored.push({ item, score: exactScore(factors, row, userFactors) });
  }
  return scored.sort((a, b) => b.score - a.score || a.item - b.item);
}

function merge(base: TopList, later: readonly Scored[], n: number): TopList {
  const { items, scores } = base;
  const merged: Scored[] = [];
  for (let b = 0, l = 0; merged.length < n && (b < items.length || l < later.length); ) {
    // Of equals the catalogue's comes first: its number is lower.
    const fromBase = l === later.length || (b < items.length && scores[b]! >= later[l]!.score);
    merged.push(fromBase ? { item: items[b]!, score: scores[b++]! } : later[l++]!);
  }
  return {
    ...base,
    items: Int32Array.from(merged, ({ item }) => item),
    scores: Float32Array.from(merged, ({ score }) => score),
  };
}
