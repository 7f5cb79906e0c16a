/** A thread of `invertTiles`: takes every threads-th row of tiles. */
import assert from 'node:assert';
import { workerData } from 'node:worker_threads';
import { instantiateKernels } from '../../als/kernels/kernels';
import { Rendezvous } from '../../als/rendezvous';
import type { InvertTilesJob } from './invert-tiles';
import { TILE, TILE_BYTES, TILE_FLOATS, tileAt } from './tile-matrix';

const { matrix, thread, threads } = workerData as InvertTilesJob;
const { memory, tiles, scratchAt, wordsAt } = matrix;
const kernels = instantiateKernels(memory);
const values = new Float32Array(memory.buffer);
const rendezvous = new Rendezvous(memory.buffer, wordsAt, threads);
/** −D, after the panels of all rows. */
const negativeInverseAt = scratchAt + 2 * tiles * TILE_BYTES;
const panelAt = (i: number) => scratchAt + i * TILE_BYTES;
const transposedAt = (i: number) => scratchAt + (tiles + i) * TILE_BYTES;

function view(at: number): Float32Array {
  return values.subarray(at / 4, at / 4 + TILE_FLOATS);
}

for (let k = 0; k < tiles; k++) {
  if (thread === 0) view(negativeInverseAt).set(negatedInverse(view(tileAt(k, k))));
  rendezvous.meet();
  for (let i = thread; i < tiles; i += threads) if (i !== k) fillPanels(i, k);
  rendezvous.meet();
  for (let i = thread; i < tiles; i += threads) updateRow(i, k);
  rendezvous.meet();
}

/** A_ikᵀ and A_ik·D of one row of tiles. */
function fillPanels(i: number, k: number): void {
  const panel = panelAt(i);
  const transposed = transposedAt(i);
  if (i > k) kernels.transposeTile(transposed, tileAt(i, k));
  else view(transposed).set(view(tileAt(k, i)));
  view(panel).fill(0);
  if (i > k) kernels.subtractTileProduct(panel, tileAt(i, k), negativeInverseAt);
  else {
    // Stored as A_ki = A_ikᵀ; its own place takes the transpose, which is overwritten afterwards.
    kernels.transposeTile(tileAt(k, i), transposed);
    kernels.subtractTileProduct(panel, tileAt(k, i), negativeInverseAt);
  }
}

function updateRow(i: number, k: number): void {
  if (i === k) {
    view(tileAt(k, k)).set(view(negativeInverseAt));
    return;
  }
  for (let j = 0; j <= i; j++)
    if (j !== k) kernels.subtractTileProduct(tileAt(i, j), panelAt(i), transposedAt(j));
  if (i > k) view(tileAt(i, k)).set(view(panelAt(i)));
  else kernels.transposeTile(tileAt(k, i), panelAt(i));
}

/** Gauss–Jordan in float64. */
function negatedInverse(tile: Float32Array): Float64Array {
  const a = Float64Array.from(tile);
  for (let k = 0; k < TILE; k++) {
    const pivot = a[k * TILE + k]!;
    assert(pivot > 0, 'the matrix is not positive definite');
    for (let i = 0; i < TILE; i++) {
      if (i === k) continue;
      const factor = a[i * TILE + k]! / pivot;
      for (let j = 0; j < TILE; j++) if (j !== k) a[i * TILE + j]! -= factor * a[k * TILE + j]!;
      a[i * TILE + k] = -factor;
    }
    for (let j = 0; j < TILE; j++) a[k * TILE + j]! /= pivot;
    a[k * TILE + k] = 1 / pivot;
  }
  return a.map((value) => -value);
}
