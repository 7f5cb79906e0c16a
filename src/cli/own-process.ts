/**
 * An embedded directory that nobody runs has nobody who would answer a retrain request: then the command runs the
 * processors itself for as long as it needs them.
 */
import { join } from 'node:path';
import { startProcess } from '../app/running-process';
import { isShared, openEmbeddedBroker } from '../broker/embedded-directory';
import { type Options, readSettings, type Settings } from '../config';
import { pinoLogger } from '../logger';

export async function withOwnProcess<T>(options: Options, work: () => Promise<T>): Promise<T> {
  const settings = readSettings(options);
  if (settings.brokers.length > 0 || (await isRunning(settings))) return work();
  const logger = pinoLogger({ level: settings.logLevel });
  const running = await startProcess({ ...settings, httpPort: 0 }, logger);
  try {
    const result = await work();
    await running.process.untilCaughtUp();
    return result;
  } finally {
    await running.stop();
  }
}

/** True where another process has the directory open. */
async function isRunning({ data }: Settings): Promise<boolean> {
  const broker = await openEmbeddedBroker(join(data, 'broker'));
  const isElsewhere = isShared(broker);
  await broker.close();
  return isElsewhere;
}
