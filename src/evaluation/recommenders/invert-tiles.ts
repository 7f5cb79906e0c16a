/**
 * Inverts a symmetric positive definite matrix in place on worker threads, by sweeping one tile of the
 * diagonal after the other (block Gauss–Jordan; stable without pivots for such matrices):
 *
 *   D = A_kk⁻¹;  A_ij −= A_ik·D·A_jkᵀ;  A_ik ← A_ik·D;  A_kk ← −D        (i, j ≠ k)
 *
 * leaves −A⁻¹ after all k. n³ flop in all, nearly all of them in products of 64 × 64 tiles.
 */
import { Worker } from 'node:worker_threads';
import { compiledPath } from '../../compiled-path';
import type { TileMatrix } from './tile-matrix';

export interface InvertTilesJob {
  readonly matrix: Omit<TileMatrix, 'values'>;
  readonly thread: number;
  readonly threads: number;
}

/** Scratch of a sweep in tiles, for each tile of a row: A_ik·D and A_ikᵀ. */
export const SCRATCH_TILES = 2;

/** `matrix` was allocated with SCRATCH_TILES. Afterwards it holds −A⁻¹. */
export async function invertTiles(matrix: TileMatrix, threads: number): Promise<void> {
  const { values: _, ...posted } = matrix;
  const jobs = Array.from({ length: threads }, (__, thread) => ({
    matrix: posted,
    thread,
    threads,
  }));
  await Promise.all(jobs.map(runWorker));
}

function runWorker(job: InvertTilesJob): Promise<void> {
  const file = compiledPath('src/evaluation/recommenders/invert-tiles-worker.js');
  return new Promise((resolve, reject) => {
    const worker = new Worker(file, { workerData: job });
    worker.once('error', reject);
    worker.once('exit', (code) =>
      code === 0 ? resolve() : reject(new Error(`an inverting thread ended with ${code}`)),
    );
  });
}
