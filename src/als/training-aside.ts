/** Prepares a training run on a thread of its own, so that the caller's keeps serving. */
import { Worker } from 'node:worker_threads';
import { compiledPath } from '../compiled-path';
import { type ErrorCode, SegueError } from '../errors';
import type { PreparedTraining, TrainingOrder } from './training-prepare';

/** What the thread answers: a `SegueError` loses its class on the way. */
export type PrepareAnswer =
  | { readonly prepared: PreparedTraining }
  | { readonly refused: { readonly code: ErrorCode; readonly message: string } };

/** As `prepareTraining`. Interactions and start factors in shared memory are not copied. */
export async function prepareAside(order: TrainingOrder): Promise<PreparedTraining> {
  const file = compiledPath('src/als/prepare-worker.js');
  const worker = new Worker(file, { workerData: order });
  const answer = await new Promise<PrepareAnswer>((resolve, reject) => {
    worker.once('message', resolve);
    worker.once('error', reject);
  });
  if ('prepared' in answer) return answer.prepared;
  throw new SegueError(answer.refused.code, answer.refused.message);
}
