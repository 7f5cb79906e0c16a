/** The thread behind `prepareAside`. */
import { parentPort, workerData } from 'node:worker_threads';
import { SegueError } from '../errors';
import type { PrepareAnswer } from './training-aside';
import { prepareTraining, type TrainingOrder } from './training-prepare';

function answer(order: TrainingOrder): PrepareAnswer {
  try {
    return { prepared: prepareTraining(order) };
  } catch (error) {
    if (!(error instanceof SegueError)) throw error;
    return { refused: { code: error.code, message: error.message } };
  }
}

parentPort!.postMessage(answer(workerData as TrainingOrder));
