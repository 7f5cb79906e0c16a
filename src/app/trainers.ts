/** Which trainer answers a request, and under which settings. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { RetrainRequest } from '../../schemas/records';
import { sparkTrainer } from '../../streams/model/spark-trainer';
import type { Trainer, TrainerOptions } from '../../streams/model/trainer';
import { workerThreadsTrainer } from '../../streams/model/worker-threads-trainer';
import type { Broker } from '../broker/broker';
import type { Clock } from '../clock';
import { overrideSettings, type Settings } from '../config';
import { SegueError } from '../errors';
import type { Logger } from '../logger';
import type { SchemaRegistry } from '../schema-registry/schema-registry';
import { defaultSparkFolder, prepareSpark } from '../training/spark/spark-environment';
import { SparkJob } from '../training/spark/spark-job';
import { javaKafkaSettings } from './java-kafka-settings';
import { sparkSubmitOptions } from './spark-submit-options';

export interface TrainerPlaces {
  readonly broker: Broker;
  readonly registry: SchemaRegistry;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** Settings of this process, with those that the request carries. Throws SETTING_INVALID. */
export function requestSettings(
  settings: Settings,
  { trainer, settings: { id: _id, ...carried } }: Pick<RetrainRequest, 'trainer' | 'settings'>,
): Settings {
  return overrideSettings(settings, trainer === '' ? carried : { ...carried, trainer });
}

/**
 * `asked`: with what the request carries. Of that, only trainer and master matter here: where brokers and programs are
 * is for this process to say, and never for whoever may write a request. Throws SPARK_UNAVAILABLE, SETTING_INVALID.
 */
export function trainerOf(
  { trainer, sparkMaster }: Pick<Settings, 'trainer' | 'sparkMaster'>,
  own: Settings,
  places: TrainerPlaces,
): Trainer {
  if (trainer === 'worker-threads') return workerThreadsTrainer;
  if (trainer === 'spark') return sparkOf({ ...own, sparkMaster }, places);
  throw new SegueError(
    'SETTING_INVALID',
    '--trainer: expected worker-threads or spark for a retrain, but none came; leave it out or name one.',
  );
}

function sparkOf(settings: Settings, places: TrainerPlaces): Trainer {
  if (places.broker.kind !== 'kafka') {
    throw new SegueError(
      'SPARK_UNAVAILABLE',
      'expected --brokers with --trainer spark, which reads from Kafka and writes to it; ' +
        'the topics are embedded here, so give brokers or train on worker threads',
    );
  }
  if (!settings.sparkMaster.startsWith('local') && settings.sparkScratch === undefined)
    places.logger.warn(
      'no --spark-scratch: checkpoints go to a folder of this machine, which executors on others do not reach',
    );
  const folder = settings.sparkFolder ?? defaultSparkFolder();
  const report = (line: string): void => places.logger.info(line);
  const environment = prepareSpark(folder, report);
  // Reported by whoever starts the driver; until then nobody listens.
  environment.catch(() => undefined);
  return {
    name: 'spark',
    open: async (options) => {
      const { jars } = await environment;
      return sparkTrainer({
        start: async (training) => startJob(settings, places, (await environment).python, training),
        workFolder,
        scratch: settings.sparkScratch,
        submit: sparkSubmitOptions(settings, jars),
        kafka: javaKafkaSettings(settings),
        blocks: settings.sparkBlocks,
        schemaOf: (id) => places.registry.schemaOf(id),
      }).open(options);
    },
  };
}

function startJob(
  settings: Settings,
  { clock, logger }: TrainerPlaces,
  python: string,
  { signal, onShareDone }: TrainerOptions,
): SparkJob {
  const job = new SparkJob({
    environment: { python },
    onProgress: ({ done, tasks }) => {
      onShareDone(done / Math.max(1, tasks));
      logger.debug(`Spark: ${done} of ${tasks} tasks of the running job`);
    },
    signal,
  });
  const timer = clock.schedule(settings.sparkTimeMaxMs, () => {
    logger.error(`Spark has worked for ${settings.sparkTimeMaxMs} ms and is ended`);
    void job.end();
  });
  void job.exited.then(() => timer.cancel());
  return job;
}

function workFolder() {
  const path = mkdtempSync(join(tmpdir(), 'segue-spark-'));
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) };
}
