/**
 * EASE (Steck 2019): an item-to-item linear model with zero diagonal in closed form,
 *
 *   P = (XᵀX + λI)⁻¹,  B_ij = −P_ij / P_jj,  score of user u = x_u·B
 *
 * on binary X. A yardstick for catalogues up to some 20,000 items: time grows with the cube, memory
 * with the square (2·n² bytes; 0.8 GB at 20,000).
 */
import assert from 'node:assert';
import type { SparseRows } from '../../als/model';
import { invertTiles, SCRATCH_TILES } from './invert-tiles';
import type { ItemRecommender } from './item-recommender';
import { addRow, allocateTileMatrix, elementAt, TILE, type TileMatrix } from './tile-matrix';

/** Beyond this the tiles of one memory (4 GiB) do not hold the matrix. */
export const EASE_ITEMS_MAX = 40_000;

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
  const norm = Float32Array.from({ length: items }, (_, j) => -1 / matrix.values[elementAt(j, j)]!);
  return {
    score(history, _plays, scores) {
      // The matrix holds −P: the diagonal's sign is taken out again by the division.
      for (const item of history) addRow(matrix, item, 1, scores);
      for (let item = 0; item < items; item++) scores[item]! *= norm[item]!;
      for (const item of history) scores[item]! += 1;
    },
  };
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
