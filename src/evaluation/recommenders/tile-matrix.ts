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

/** The whole matrix, row after row: 4·n² bytes. */
export function toRows(matrix: TileMatrix): Float32Array {
  const { order, tiles } = matrix;
  const rows = new Float32Array(order * order);
  for (let i = 0; i < tiles; i++) for (let j = 0; j <= i; j++) copyTile(matrix, i, j, rows);
  return rows;
}

/** To its place, and mirrored. */
function copyTile({ order, values }: TileMatrix, i: number, j: number, rows: Float32Array): void {
  const lastRow = Math.min(order, (i + 1) * TILE);
  const lastColumn = Math.min(order, (j + 1) * TILE);
  for (let row = i * TILE; row < lastRow; row++) {
    let at = elementAt(row, j * TILE);
    for (let column = j * TILE; column < lastColumn; column++, at++) {
      rows[row * order + column] = values[at]!;
      rows[column * order + row] = values[at]!;
    }
  }
}
