/**
 * Lists for many users at once on worker threads, for evaluation and offline use. Each list is the
 * one that `TopItems.top` gives, whatever the number of threads: users do not depend on each other.
 */
import { Worker } from 'node:worker_threads';
import type { FactorMatrix, SparseRows } from '../als/model';
import { compiledPath } from '../compiled-path';
import { scratchBytes } from './block-scanner';
import type { ItemIndex } from './item-index';
import { growMemory } from './scan-kernels';

export interface TopLists {
  readonly n: number;
  /** users × n, best first; −1 where a user's list is shorter. */
  readonly items: Int32Array;
  /** users × n; 0 where a user's list is shorter. */
  readonly scores: Float32Array;
  /** Mean over the users of the share of the catalogue that was looked at. */
  readonly scannedShare: number;
  /** Items whose exact score was computed, summed over the users. */
  readonly rescored: number;
}

export interface TopForUsersJob {
  readonly index: ItemIndex;
  readonly userFactors: FactorMatrix;
  readonly n: number;
  /** Row u: items that user u's list must not hold. */
  readonly excludeRows: SparseRows | undefined;
  readonly items: Int32Array;
  readonly scores: Float32Array;
  /** Users handed out, sum of positions scanned, sum of items rescored. */
  readonly progress: Float64Array;
  readonly cursor: Int32Array;
  readonly scratchAt: number;
}

/** Users that a thread takes at a time and searches side by side. */
export const USERS_AT_ONCE = 32;

export async function topForUsers(
  index: ItemIndex,
  userFactors: FactorMatrix,
  n: number,
  excludeRows: SparseRows | undefined,
  threads: number,
): Promise<TopLists> {
  const users = userFactors.rows;
  const items = new Int32Array(new SharedArrayBuffer(users * n * 4)).fill(-1);
  const scores = new Float32Array(new SharedArrayBuffer(users * n * 4));
  const cursor = new Int32Array(new SharedArrayBuffer(4));
  const shared = { ...index, factors: sharedFactors(index.factors) };
  const jobs = Array.from({ length: threads }, (): TopForUsersJob => {
    const progress = new Float64Array(new SharedArrayBuffer(16));
    const scratchAt = growMemory(index.memory, scratchBytes(index.groups, USERS_AT_ONCE));
    return {
      index: shared,
      userFactors: sharedFactors(userFactors),
      n,
      excludeRows,
      items,
      scores,
      cursor,
      progress,
      scratchAt,
    };
  });
  await Promise.all(jobs.map(runWorker));
  const sum = (at: number) => jobs.reduce((total, job) => total + job.progress[at]!, 0);
  return {
    n,
    items,
    scores,
    scannedShare: sum(0) / Math.max(1, users * index.factors.rows),
    rescored: sum(1),
  };
}

function sharedFactors(factors: FactorMatrix): FactorMatrix {
  if (factors.values.buffer instanceof SharedArrayBuffer) return factors;
  const values = new Float32Array(new SharedArrayBuffer(factors.values.byteLength));
  values.set(factors.values);
  return { ...factors, values };
}

function runWorker(job: TopForUsersJob): Promise<void> {
  return new Promise((resolve, reject) => {
    const worker = new Worker(compiledPath('src/ranking/top-for-users-worker.js'), {
      workerData: job,
    });
    worker.once('error', reject);
    worker.once('exit', (code) =>
      code === 0 ? resolve() : reject(new Error(`the ranking thread ended with exit code ${code}`)),
    );
  });
}
