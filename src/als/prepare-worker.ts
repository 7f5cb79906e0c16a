/** The thread behind `prepareAside`. */
import { parentPort, workerData } from 'node:worker_threads';
import { SegueError } from '../errors';
import { giveWay } from '../give-way';
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

const order = workerData as TrainingOrder;
if (order.isBackground) giveWay();
parentPort!.postMessage(answer(order));
