/** Starts the threads of a training run, hears thread 0 after each epoch, and ends them whatever happens. */
import { Worker } from 'node:worker_threads';
import { compiledPath } from '../compiled-path';
import { Rendezvous } from './rendezvous';
import type { EpochMessage, TrainingTask } from './train-worker';
import { copyFactors } from './training-memory';
import type { TrainingOptions } from './training-options';

interface EpochListener {
  /** Epoch 0 is the start, where the task reports it. */
  readonly onEpoch: TrainingOptions['onEpoch'] | undefined;
  readonly signal: AbortSignal | undefined;
}

/** Runs the task to its end, or until `onEpoch` says stop. Returns the loss after each epoch. */
export async function runTrainingThreads(
  { onEpoch, signal }: EpochListener,
  task: Omit<TrainingTask, 'thread'>,
): Promise<number[]> {
  const { memory, layout, threads } = task;
  const rendezvous = new Rendezvous(memory.buffer, layout.controlAt, threads);
  const file = compiledPath('src/als/train-worker.js');
  const workers = Array.from(
    { length: threads },
    (_, thread) => new Worker(file, { workerData: { ...task, thread } }),
  );
  const losses: number[] = [];
  const hear = async (message: EpochMessage): Promise<void> => {
    if (message.epoch > 0) losses.push(message.loss);
    if (onEpoch === undefined) return;
    const factors = () => copyFactors(memory, layout);
    rendezvous.answer(await onEpoch({ ...message, factors }));
  };
  try {
    await untilDone(workers, hear, signal);
  } finally {
    await Promise.all(workers.map((worker) => worker.terminate()));
  }
  return losses;
}

function untilDone(
  workers: readonly Worker[],
  hear: (message: EpochMessage) => Promise<void>,
  signal: AbortSignal | undefined,
): Promise<void> {
  return new Promise((resolve, reject) => {
    const abort = (): void => reject(signal!.reason);
    signal?.addEventListener('abort', abort, { once: true });
    let running = workers.length;
    for (const worker of workers) {
      worker.on('message', (message: EpochMessage) => hear(message).catch(reject));
      worker.on('error', reject);
      worker.on('exit', () => {
        running -= 1;
        if (running > 0) return;
        signal?.removeEventListener('abort', abort);
        resolve();
      });
    }
  });
}
