/** The top N by the shortest road: score everything, sort everything. Shares no code with src/ranking. */
import type { FactorMatrix } from '../../src/als/model';

export interface ReferenceOptions {
  readonly exclude?: Iterable<number>;
  readonly groupOf?: Int32Array;
  readonly perGroup?: { readonly max: number; readonly window: number };
}

export interface ReferenceList {
  readonly items: number[];
  readonly scores: number[];
}

export function topItemsReference(
  factors: FactorMatrix,
  userFactors: Float32Array,
  n: number,
  options: ReferenceOptions = {},
): ReferenceList {
  const excluded = new Set(options.exclude ?? []);
  const all = [];
  for (let item = 0; item < factors.rows; item++) {
    if (excluded.has(item)) continue;
    let score = 0;
    for (let k = 0; k < factors.columns; k++)
      score += factors.values[item * factors.columns + k]! * userFactors[k]!;
    all.push({ item, score: Math.fround(score) });
  }
  all.sort((a, b) => b.score - a.score || a.item - b.item);
  const list = options.perGroup ? cappedReference(all, n, options) : all.slice(0, n);
  return { items: list.map(({ item }) => item), scores: list.map(({ score }) => score) };
}

function cappedReference<T extends { readonly item: number }>(
  sorted: readonly T[],
  n: number,
  options: ReferenceOptions,
): T[] {
  const { max, window } = options.perGroup!;
  const groupOf = options.groupOf!;
  const remaining = [...sorted];
  const list: T[] = [];
  while (list.length < n) {
    const inWindow = list.slice(list.length - (list.length % window));
    const at = remaining.findIndex(({ item }) => {
      const group = groupOf[item]!;
      return group < 0 || inWindow.filter((other) => groupOf[other.item] === group).length < max;
    });
    if (at < 0) break;
    list.push(...remaining.splice(at, 1));
  }
  return list;
}
