/**
 * A large symmetric matrix as 64 × 64 tiles of float32 in shared WASM memory: the tiles on and below
 * the diagonal, row by row of tiles, each row-major. Order n takes about 2·n² bytes.
 */
import { allocateMemory } from '../../als/kernels/kernels';

export const TILE = 64;
export const TILE_FLOATS = TILE * TILE;
export const TILE_BYTES = TILE_FLOATS * 4;
/** Room for what the compiler placed, and for the threads' meeting point. */
const FIRST_TILE_AT = 65_536 * 2;

export interface TileMatrix {
  readonly order: number;
  /** Tiles in a row; the last one is filled up. */
  readonly tiles: number;
  readonly memory: WebAssembly.Memory;
  readonly values: Float32Array;
  /** Byte offset of room for `scratchTiles` tiles. */
  readonly scratchAt: number;
  /** Byte offset of some words for a Rendezvous. */
  readonly wordsAt: number;
}

export function allocateTileMatrix(order: number, scratchTilesPerTile: number): TileMatrix {
  const tiles = Math.ceil(order / TILE);
  const scratchAt = FIRST_TILE_AT + ((tiles * (tiles + 1)) / 2) * TILE_BYTES;
  const scratchTiles = scratchTilesPerTile * tiles + 2;
  const memory = allocateMemory(scratchAt + scratchTiles * TILE_BYTES);
  const values = new Float32Array(memory.buffer);
  return { order, tiles, memory, values, scratchAt, wordsAt: FIRST_TILE_AT - 65_536 };
}

/** Byte offset of tile (i, j), j ≤ i. */
export function tileAt(i: number, j: number): number {
  return FIRST_TILE_AT + ((i * (i + 1)) / 2 + j) * TILE_BYTES;
}

/** Position in `values` of element (row, column), column ≤ row in whole tiles. */
export function elementAt(row: number, column: number): number {
  const tile = tileAt(Math.floor(row / TILE), Math.floor(column / TILE)) / 4;
  return tile + (row % TILE) * TILE + (column % TILE);
}

/** target[c] += factor · matrix[row][c] for all columns. */
export function addRow(
  matrix: TileMatrix,
  row: number,
  factor: number,
  target: Float32Array,
): void {
  const { order, values } = matrix;
  const rowTile = Math.floor(row / TILE);
  for (let column = 0; column < order; column += TILE) {
    const end = Math.min(TILE, order - column);
    const columnTile = column / TILE;
    const isStored = columnTile <= rowTile;
    // Above the diagonal the mirrored tile is read down its column.
    let at = isStored ? elementAt(row, column) : elementAt(column, row);
    const step = isStored ? 1 : TILE;
    for (let c = 0; c < end; c++, at += step) target[column + c]! += factor * values[at]!;
  }
}
