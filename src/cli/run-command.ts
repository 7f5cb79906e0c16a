/** `segue run`: the stream processors, until stopped or caught up. */
import type { Command } from 'commander';
import { type RunningProcess, startProcess } from '../app/running-process';
import { type Options, readSettings, SETTING_NAMES } from '../config';
import { pinoLogger } from '../logger';
import { addSettings, print, printJson, warnOfUnknownVariables } from './command-context';

export function registerRun(program: Command): void {
  const command = program
    .command('run')
    .description('run the stream processors: embedded in --data, or on Kafka with --brokers')
    .option('--until-caught-up', 'end when all input is consumed and everybody is refreshed')
    .option('--json', 'with --until-caught-up: print a JSON object at the end')
    .action(async (options: Options) => run(options));
  addSettings(command, SETTING_NAMES);
}

async function run(options: Options): Promise<void> {
  const settings = readSettings(options);
  const logger = pinoLogger({ level: settings.logLevel });
  warnOfUnknownVariables(logger);
  const running = await startProcess(settings, logger);
  logger.info(
    `answering on ${running.url}: /metrics, /health/live, /health/ready, /recommendations/<user>`,
  );
  const stopped = untilSignal();
  const isDone =
    options['untilCaughtUp'] === true
      ? running.process.untilCaughtUp().then(() => 'caught up')
      : undefined;
  const end = await Promise.race([
    stopped,
    running.failed,
    ...(isDone === undefined ? [] : [isDone]),
  ]);
  logger.info(`stopping: ${end}`);
  await stopInTime(running);
  if (options['json'] === true) printJson({ ended: end });
  else if (end === 'caught up')
    print('caught up: all input is consumed and everybody is refreshed');
  if (end === 'failed') process.exitCode = 1;
}

/** Resolves at the first SIGINT or SIGTERM; a second one ends the process at once. */
export function untilSignal(): Promise<string> {
  return new Promise((resolve) => {
    let signals = 0;
    for (const signal of ['SIGINT', 'SIGTERM'] as const) {
      process.on(signal, () => {
        signals += 1;
        if (signals > 1) process.exit(130);
        resolve(signal);
      });
    }
  });
}

export async function stopInTime(running: RunningProcess): Promise<void> {
  await running.stop();
}
