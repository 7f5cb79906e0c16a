/** Starts the threads of a run of `fit`, hears thread 0 after each epoch, and ends them whatever happens. */
import { Worker } from 'node:worker_threads';
import { Rendezvous } from '../als/rendezvous';
import { compiledPath } from '../compiled-path';
import { SegueError } from '../errors';
import type { FitMessage, FitTask } from './fit-worker';

export interface FitProgress {
  readonly epoch: number;
  /** Since the first epoch began. */
  readonly elapsedMs: number;
}

export type EpochListener = (
  progress: FitProgress,
) => 'continue' | 'stop' | Promise<'continue' | 'stop'>;

/**
 * Runs the task to its end, or until `onEpoch` says stop. Throws TRAINING_DIVERGED where a value is not finite any
 * more, and the signal's reason where it is aborted.
 */
export async function runFitThreads(
  task: Omit<FitTask, 'thread'>,
  onEpoch: EpochListener | undefined,
  signal: AbortSignal | undefined,
): Promise<void> {
  const { memory, layout, threads } = task;
  const rendezvous = new Rendezvous(memory.buffer, layout.controlAt, threads);
  const file = compiledPath('src/lightfm/fit-worker.js');
  const workers = Array.from(
    { length: threads },
    (_, thread) => new Worker(file, { workerData: { ...task, thread } }),
  );
  const hear = async ({ hasFiniteModel, ...progress }: FitMessage): Promise<void> => {
    if (!hasFiniteModel) throw diverged(progress.epoch);
    if (onEpoch) rendezvous.answer(await onEpoch(progress));
  };
  try {
    await untilDone(workers, hear, signal);
  } finally {
    await Promise.all(workers.map((worker) => worker.terminate()));
  }
}

function diverged(epoch: number): SegueError {
  return new SegueError(
    'TRAINING_DIVERGED',
    `LightFM's embeddings are not finite after epoch ${epoch}: lower learningRate, or scale the ` +
      'features and sample weights to about 1',
  );
}

function untilDone(
  workers: readonly Worker[],
  hear: (message: FitMessage) => Promise<void>,
  signal: AbortSignal | undefined,
): Promise<void> {
  return new Promise((resolve, reject) => {
    const abort = (): void => reject(signal!.reason);
    signal?.addEventListener('abort', abort, { once: true });
    let running = workers.length;
    let heard: Promise<void> = Promise.resolve();
    for (const worker of workers) {
      worker.on('message', (message: FitMessage) => {
        heard = heard.then(() => hear(message));
        heard.catch(reject);
      });
      worker.on('error', reject);
      worker.on('exit', () => {
        running -= 1;
        if (running > 0) return;
        signal?.removeEventListener('abort', abort);
        heard.then(resolve, reject);
      });
    }
  });
}
