/** `segue evaluate`: the quality figures of a protocol on public data, and the search behind its settings. */
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { type Command, InvalidArgumentError, Option } from 'commander';
import { systemClock } from '../clock';
import { projectRoot } from '../compiled-path';
import { evaluateProtocol, type ResultRow } from '../evaluation/evaluate-protocol';
import { PROTOCOL_NAMES, PROTOCOLS, type ProtocolName } from '../evaluation/protocols';
import { type TuningTrial, tuneAls } from '../evaluation/tune-als';
import { FACTOR_COUNTS, searchSpace } from '../evaluation/tuned-settings';
import { print, printJson } from './command-context';

interface EvaluateOptions {
  readonly protocol: ProtocolName;
  readonly data: string;
  readonly factors?: readonly number[];
  readonly seeds: number;
  readonly threads: number;
  readonly yardsticks: boolean;
  readonly tune?: number;
  readonly json?: boolean;
}

/** Beyond four threads the small sets of the protocols do not gain. */
const THREADS_MAX = 4;

export function registerEvaluate(program: Command): void {
  program
    .command('evaluate')
    .description('print the quality figures of a protocol on a public data set')
    .addOption(
      new Option('--protocol <name>', 'how events are split and what is measured')
        .choices(PROTOCOL_NAMES)
        .makeOptionMandatory(),
    )
    .option('--data <folder>', "holds the data sets' folders", defaultData())
    .option('--factors <counts>', 'factor counts of ALS, separated by commas', countsOf)
    .option('--seeds <count>', 'runs of ALS for each factor count', countOf, 5)
    .option('--threads <count>', 'worker threads', countOf, defaultThreads())
    .option('--no-yardsticks', 'leave out EASE, item neighbours and RP3β')
    .option('--tune <trials>', 'search settings on the validation part instead', countOf)
    .option('--json', 'one JSON object a line')
    .action(evaluate);
}

function defaultData(): string {
  return join(projectRoot(), '..', 'shared', 'data');
}

function defaultThreads(): number {
  return Math.min(THREADS_MAX, availableParallelism());
}

function countOf(text: string): number {
  const count = Number(text);
  if (!Number.isInteger(count) || count < 1)
    throw new InvalidArgumentError('expected a whole number from 1.');
  return count;
}

function countsOf(text: string): number[] {
  return text.split(',').map(countOf);
}

async function evaluate(options: EvaluateOptions): Promise<void> {
  if (options.tune !== undefined) {
    await tune(options, options.tune);
    return;
  }
  const { protocol, data, factors, seeds, threads, yardsticks } = options;
  const clock = systemClock;
  const rows = evaluateProtocol({ protocol, data, factors, seeds, threads, yardsticks, clock });
  for await (const row of rows) {
    if (options.json) printJson(row);
    else print(rowLine(row));
  }
}

function rowLine(row: ResultRow): string {
  const { headline } = PROTOCOLS[row.protocol];
  const isPopularity = row.model.startsWith('popularity');
  const figures = headline.map(
    (name) => `${name} ${row.means[name].toFixed(isPopularity ? 6 : 4)}`,
  );
  const name = row.masked ? row.model : `${row.model} (known items not masked)`;
  const spread = row.seeds > 1 ? `, ${row.seeds} seeds ± ${row.seedDeviation.toFixed(4)}` : '';
  const time = isPopularity ? '' : `  fit ${row.fitSeconds.toFixed(1)} s`;
  return `${name}${spread}: ${figures.join('  ')}${time}${comparison(row)}`;
}

function comparison({ against }: ResultRow): string {
  if (!against) return '';
  const sign = against.difference < 0 ? '−' : '+';
  const difference = `${sign}${Math.abs(against.difference).toFixed(4)}`;
  return `  against ${against.model} ${difference} ± ${against.standardError.toFixed(4)}`;
}

async function tune(options: EvaluateOptions, trials: number): Promise<void> {
  const protocol = PROTOCOLS[options.protocol];
  const set = protocol.loadValidation(options.data);
  const metric = protocol.headline[0]!;
  for (const factorCount of options.factors ?? FACTOR_COUNTS[options.protocol]) {
    const search = tuneAls(set, {
      space: searchSpace(options.protocol, factorCount),
      metric,
      trials,
      seed: 1,
      modelSeeds: Math.min(2, options.seeds),
      threads: options.threads,
    });
    for await (const trial of search) {
      if (options.json) printJson(trial);
      else print(`${trialLine(trial)}: ${metric} ${trial.quality.toFixed(4)}`);
    }
  }
}

function trialLine({ settings }: TuningTrial): string {
  const { rule, epochs, halfLifeDays } = settings;
  const life = halfLifeDays === undefined ? '' : `, half-life ${halfLifeDays} days`;
  const alpha0 = rule.unobservedWeight.toPrecision(3);
  const lambda = rule.lambda.toPrecision(3);
  return `${rule.factorCount} factors, α₀ ${alpha0}, λ ${lambda}, ν ${rule.nu}${life}, ${epochs} epochs`;
}
