/**
 * Item-to-item similarities of which each item keeps the k largest, as a product of two sparse
 * matrices: similarity(i, j) = Σ over users of left(i, user) · right(user, j).
 */
import type { SparseRows } from '../../als/model';
import type { ItemRecommender } from './item-recommender';

export interface Neighbours {
  readonly items: readonly Int32Array[];
  readonly similarities: readonly Float32Array[];
}

export interface NeighbourProduct {
  /** items × users */
  readonly left: SparseRows;
  /** users × items */
  readonly right: SparseRows;
  readonly k: number;
  readonly includeSelf: boolean;
  /** Turns a sum into a similarity. */
  readonly finish?: (sum: number, item: number, other: number) => number;
}

/** The k largest similarities of each item; ties to the lower item. Zeros are none. */
export function nearestItems(product: NeighbourProduct): Neighbours {
  const { left, right, k, includeSelf, finish = (sum) => sum } = product;
  const sums = new Float64Array(right.columns);
  const items: Int32Array[] = [];
  const similarities: Float32Array[] = [];
  for (let item = 0; item < left.rows; item++) {
    const touched = addProducts(left, right, item, sums);
    const others = touched.filter((other) => includeSelf || other !== item);
    for (const other of others) sums[other] = finish(sums[other]!, item, other);
    others.sort((a, b) => sums[b]! - sums[a]! || a - b);
    const kept = others.slice(0, k);
    items.push(Int32Array.from(kept));
    similarities.push(Float32Array.from(kept, (other) => sums[other]!));
    for (const other of touched) sums[other] = 0;
  }
  return { items, similarities };
}

function addProducts(
  left: SparseRows,
  right: SparseRows,
  item: number,
  sums: Float64Array,
): number[] {
  const touched: number[] = [];
  for (let e = left.starts[item]!; e < left.starts[item + 1]!; e++) {
    const user = left.indices[e]!;
    const weight = left.values[e]!;
    for (let f = right.starts[user]!; f < right.starts[user + 1]!; f++) {
      const other = right.indices[f]!;
      if (sums[other] === 0) touched.push(other);
      sums[other]! += weight * right.values[f]!;
    }
  }
  return touched;
}

/** score_j = Σ over the history of plays_i · similarity(i, j). */
export function neighbourRecommender(
  neighbours: Neighbours,
  weigh: (plays: number) => number = () => 1,
): ItemRecommender {
  return {
    score(history, plays, scores) {
      history.forEach((item, at) => {
        const items = neighbours.items[item]!;
        const similarities = neighbours.similarities[item]!;
        const weight = weigh(plays[at]!);
        for (let n = 0; n < items.length; n++) scores[items[n]!]! += weight * similarities[n]!;
      });
    },
  };
}

/** Same pattern, other values. */
export function mapValues(
  rows: SparseRows,
  of: (value: number, row: number, column: number) => number,
): SparseRows {
  const values = new Float32Array(rows.values.length);
  for (let row = 0; row < rows.rows; row++)
    for (let e = rows.starts[row]!; e < rows.starts[row + 1]!; e++)
      values[e] = of(rows.values[e]!, row, rows.indices[e]!);
  return { ...rows, values };
}
