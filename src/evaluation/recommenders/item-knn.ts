/**
 * Item-based nearest neighbours: an item's similarity to another is the inner product of their columns
 * of weighted plays. The weightings and the handling of self are those of the library implicit, whose
 * CosineRecommender, TFIDFRecommender and BM25Recommender are common yardsticks.
 */
import { transpose } from '../../als/interactions';
import type { SparseRows } from '../../als/model';
import { mapValues, nearestItems, neighbourRecommender } from './item-neighbours';
import type { ItemRecommender } from './item-recommender';

export type KnnWeighting =
  | { readonly by: 'cosine' }
  | { readonly by: 'tf-idf' }
  | { readonly by: 'bm25'; readonly k1: number; readonly b: number };

export interface ItemKnnOptions {
  /** Neighbours kept of each item, itself included. */
  readonly k: number;
  readonly weighting: KnnWeighting;
}

export function trainItemKnn(plays: SparseRows, options: ItemKnnOptions): ItemRecommender {
  const byItem = weigh(transpose(plays), options.weighting);
  const neighbours = nearestItems({
    left: byItem,
    right: transpose(byItem),
    k: options.k,
    includeSelf: true,
  });
  return neighbourRecommender(neighbours, (count) => count);
}

/** items × users. Items are the "documents", users the "terms". */
function weigh(byItem: SparseRows, weighting: KnnWeighting): SparseRows {
  if (weighting.by === 'cosine') return unitRows(byItem);
  const idf = inverseFrequencies(byItem);
  if (weighting.by === 'tf-idf')
    return unitRows(mapValues(byItem, (count, _, user) => Math.sqrt(count) * idf[user]!));
  const { k1, b } = weighting;
  const sums = new Float64Array(byItem.rows).map((_, item) => rowSum(byItem, item));
  const average = sums.reduce((total, sum) => total + sum, 0) / byItem.rows;
  return mapValues(byItem, (count, item, user) => {
    const length = 1 - b + (b * sums[item]!) / average;
    return ((count * (k1 + 1)) / (k1 * length + count)) * idf[user]!;
  });
}

/** Of a user who knows m of N items: ln N − ln(1 + m). */
function inverseFrequencies(byItem: SparseRows): Float64Array {
  const known = new Float64Array(byItem.columns);
  for (const user of byItem.indices) known[user]!++;
  return known.map((m) => Math.log(byItem.rows) - Math.log1p(m));
}

function rowSum({ starts, values }: SparseRows, row: number): number {
  let sum = 0;
  for (let e = starts[row]!; e < starts[row + 1]!; e++) sum += values[e]!;
  return sum;
}

function unitRows(rows: SparseRows): SparseRows {
  const norms = new Float64Array(rows.rows).map((_, row) => {
    let squares = 0;
    for (let e = rows.starts[row]!; e < rows.starts[row + 1]!; e++) squares += rows.values[e]! ** 2;
    return Math.sqrt(squares);
  });
  return mapValues(rows, (value, row) => value / norms[row]!);
}
