/** `segue train`: answers retrain requests and nothing else, for processes that run with --trainer none. */
import type { Command } from 'commander';
import { startTrainer } from '../app/running-trainer';
import { type Options, readSettings, type SettingName } from '../config';
import { pinoLogger } from '../logger';
import { addSettings, PLACE_OPTIONS, warnOfUnknownVariables } from './command-context';
import { TRAINING_OPTIONS } from './model-commands';
import { untilSignal } from './run-command';

/** What starts a retrain is for the processes that count to say; they ask. */
const OPTIONS: readonly SettingName[] = [
  ...PLACE_OPTIONS,
  'http-host',
  'http-port',
  'commit-timeout-ms',
  ...TRAINING_OPTIONS,
  'spark-conf',
  'spark-scratch',
  'spark-folder',
  'spark-blocks',
  'spark-time-max-ms',
];

export function registerTrain(program: Command): void {
  const command = program
    .command('train')
    .description('train models when asked, on Kafka, beside `segue run --trainer none`')
    .action(train);
  addSettings(command, OPTIONS);
}

async function train(options: Options): Promise<void> {
  const settings = readSettings(options);
  const logger = pinoLogger({ level: settings.logLevel });
  warnOfUnknownVariables(logger);
  const running = await startTrainer(settings, logger);
  logger.info(`answering on ${running.url}: /metrics, /health/live, /health/ready`);
  logger.info(`stopping: ${await untilSignal()}`);
  await running.stop();
}
