/**
 * EASE (Steck 2019): an item-to-item linear model with zero diagonal in closed form,
 *
 *   P = (XᵀX + λI)⁻¹,  B_ij = −P_ij / P_jj,  score of user u = x_u·B
 *
 * on binary X. A yardstick for catalogues up to some 20,000 items: time grows with the cube, memory
 * with the square (6·n² bytes while P is laid out row by row, for scoring: 2.4 GB at 20,000; then 4·n²).
 */
import assert from 'node:assert';
import type { SparseRows } from '../../als/model';
import { invertTiles, SCRATCH_TILES } from './invert-tiles';
import type { ItemRecommender } from './item-recommender';
import { allocateTileMatrix, elementAt, TILE, type TileMatrix, toRows } from './tile-matrix';

/** 3.8 GB while it is laid out, and fifteen times the work of 10,000. */
export const EASE_ITEMS_MAX = 25_000;

export interface EaseOptions {
  readonly lambda: number;
  readonly threads: number;
}

export async function trainEase(
  interactions: SparseRows,
  { lambda, threads }: EaseOptions,
): Promise<ItemRecommender> {
  const items = interactions.columns;
  assert(items <= EASE_ITEMS_MAX, `EASE takes at most ${EASE_ITEMS_MAX} items, not ${items}`);
  const matrix = allocateTileMatrix(items, SCRATCH_TILES);
  addCoOccurrences(matrix, interactions);
  for (let k = 0; k < matrix.tiles * TILE; k++) matrix.values[elementAt(k, k)]! += lambda;
  await invertTiles(matrix, threads);
  const weights = weightsOf(toRows(matrix), items);
  return {
    score(history, _plays, scores) {
      for (const item of history) {
        const row = item * items;
        for (let j = 0; j < items; j++) scores[j]! += weights[row + j]!;
      }
    },
  };
}

/** B from −P, in place. */
function weightsOf(rows: Float32Array, items: number): Float32Array {
  const norm = Float32Array.from({ length: items }, (_, j) => -1 / rows[j * items + j]!);
  for (let i = 0; i < items; i++) {
    for (let j = 0; j < items; j++) rows[i * items + j]! *= norm[j]!;
    rows[i * items + i] = 0;
  }
  return rows;
}

/** XᵀX of binary X; both triangles inside the tiles of the diagonal. */
function addCoOccurrences(matrix: TileMatrix, { rows, starts, indices }: SparseRows): void {
  for (let row = 0; row < rows; row++) {
    const history = indices.subarray(starts[row]!, starts[row + 1]!);
    for (const a of history)
      for (const b of history)
        if (b <= a || Math.floor(a / TILE) === Math.floor(b / TILE))
          matrix.values[elementAt(a, b)]!++;
  }
}
