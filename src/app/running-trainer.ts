/** A training process with everything that a real one has: connections, metrics, HTTP. */
import nodeProcess from 'node:process';
import { systemClock } from '../clock';
import type { Settings } from '../config';
import { SegueError } from '../errors';
import { buildServer, listen, type RunningServer } from '../http/server';
import type { Logger } from '../logger';
import { PrometheusMeter } from '../telemetry/prometheus-meter';
import { connect } from './connect';
import { showBuild } from './first-figures';
import { TrainingProcess } from './training-process';

export interface RunningTrainer {
  /** Where HTTP is answered. */
  readonly url: string;
  stop(): Promise<void>;
}

/** Throws SETTING_INVALID where there are no brokers: the owner of embedded topics trains inside. */
export async function startTrainer(settings: Settings, logger: Logger): Promise<RunningTrainer> {
  if (settings.brokers.length === 0)
    throw new SegueError(
      'SETTING_INVALID',
      '--brokers: expected HOST:PORT of Kafka, got none; embedded, the process that runs the streams trains inside.',
    );
  const meter = new PrometheusMeter();
  showBuild(meter, nodeProcess.version);
  const places = await connect(settings, logger);
  const options = { settings, ...places, clock: systemClock, meter, logger };
  let http: RunningServer | undefined;
  try {
    const process = new TrainingProcess(options);
    const queries = { ready: () => process.readiness(), metrics: () => meter.text() };
    const server = buildServer({ queries, meter, logger });
    http = await listen(server, { host: settings.httpHost, port: settings.httpPort });
    await process.start();
    return { url: http.url, stop: () => stop(process, http!, places) };
  } catch (error) {
    await http?.close();
    await places.close();
    throw error;
  }
}

async function stop(
  process: TrainingProcess,
  http: RunningServer,
  places: { close(): Promise<void> },
): Promise<void> {
  await process.stop();
  await http.close();
  await places.close();
}
