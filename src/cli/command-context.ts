/** What every command does first: settings from options, a logger, connections; and last: close, exit code. */
import { type Command, Option } from 'commander';
import { Administration } from '../app/administration';
import { connect, type Places } from '../app/connect';
import { systemClock } from '../clock';
import {
  type Options,
  readSettings,
  type SettingName,
  type Settings,
  unknownVariables,
} from '../config';
import { SegueError } from '../errors';
import { type Logger, pinoLogger } from '../logger';
import { settingOption } from '../settings/setting-documents';

/** Settings that every command which touches data takes. */
export const PLACE_OPTIONS: readonly SettingName[] = [
  'application',
  'data',
  'brokers',
  'registry',
  'topic-prefix',
  'partitions',
  'client-id',
  'replication-factor',
  'ssl',
  'ssl-ca-file',
  'ssl-cert-file',
  'ssl-key-file',
  'sasl-mechanism',
  'sasl-username',
  'registry-username',
  'log-level',
];

export function addSettings(command: Command, names: readonly SettingName[]): Command {
  for (const name of names) {
    const option = settingOption(name);
    if (option !== undefined) command.addOption(new Option(option.flags, option.description));
  }
  return command;
}

export function warnOfUnknownVariables(logger: Logger): void {
  for (const name of unknownVariables())
    logger.warn(`${name} is set, but there is no such setting`);
}

export interface CommandContext {
  readonly settings: Settings;
  readonly logger: Logger;
  readonly places: Places;
  readonly administration: Administration;
}

/** Connects, does the work, closes. */
export async function withAdministration<T>(
  options: Options,
  work: (context: CommandContext) => Promise<T>,
): Promise<T> {
  const settings = readSettings(options);
  const logger = pinoLogger({ level: settings.logLevel === 'info' ? 'warn' : settings.logLevel });
  const places = await connect(settings, logger);
  try {
    const administration = await Administration.open({ ...places, settings, clock: systemClock });
    return await work({ settings, logger, places, administration });
  } finally {
    await places.close();
  }
}

/** One JSON object a line. */
export function printJson(value: unknown): void {
  process.stdout.write(`${JSON.stringify(value)}\n`);
}

export function print(line: string): void {
  process.stdout.write(`${line}\n`);
}

/** What a person needs of an error; the stack only for errors that nobody foresaw. */
export function describeError(error: unknown): string {
  if (error instanceof SegueError) return `${error.code}: ${error.message}`;
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
