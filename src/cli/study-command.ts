/** `segue study FILE…`: the offline study, from files of listens to a report; each step can be run by itself. */
import { availableParallelism } from 'node:os';
import { type Command, InvalidArgumentError, Option } from 'commander';
import { collectReport } from '../app/study/report-data';
import { type DoneStep, runStudy, STEP_NAMES, type StepName } from '../app/study/run-study';
import { sparkFitter } from '../app/study/spark-fitter';
import { writeReport } from '../app/study/write-report';
import { keepAliveWhile, systemClock } from '../clock';
import { type Options, readSettings } from '../config';
import { pinoLogger } from '../logger';
import { GRID_RULES } from '../study/als-grid';
import { DEFAULT_STUDY, type StudySettings } from '../study/study-settings';
import { SPLIT_NAMES, type SplitName } from '../study/study-split';
import { addSettings, print, printJson } from './command-context';
import { positiveInteger, share } from './option-values';
import { addReadingOptions, type ReadingFlags, readingOf } from './reading-options';
import { StudyProgress } from './study-progress';

interface StudyFlags extends Options, ReadingFlags {
  readonly trainer: 'worker-threads' | 'spark';
  readonly out: string;
  readonly steps: readonly StepName[];
  readonly splits: readonly SplitName[];
  readonly fresh?: boolean;
  readonly filterRule: string;
  readonly topShare: string;
  readonly listenersMin: string;
  readonly tracksMin: string;
  readonly trainShare: number;
  readonly coldShare: number;
  readonly seed: number;
  readonly betas: readonly number[];
  readonly alsRule: keyof typeof GRID_RULES;
  readonly factors: readonly number[];
  readonly alphas: readonly number[];
  readonly lambdas: readonly number[];
  readonly epochs: number;
  readonly warmStarts: boolean;
  readonly lightfmComponents: number;
  readonly lightfmEpochs: number;
  readonly tuningUsers: number;
  readonly limit?: number;
  readonly threads: number;
  readonly json?: boolean;
}

/** Beyond four threads what a study fits does not gain on common data. */
const THREADS_MAX = 4;

export function registerStudy(program: Command): void {
  const { als } = DEFAULT_STUDY;
  const command = program
    .command('study <file...>')
    .description('the offline study: preprocessing, splits, baseline, ALS, LightFM, report')
    .option('--out <folder>', 'for the report, and the results of steps', 'segue-study')
    .option(
      '--steps <names>',
      `of ${STEP_NAMES.join(', ')}; what they need comes with them`,
      stepsOf,
      [...STEP_NAMES],
    )
    .option('--splits <names>', `of ${SPLIT_NAMES.join(', ')}`, splitsOf, DEFAULT_STUDY.splits)
    .option('--fresh', 'run the steps named also where their results are kept')
    .addOption(
      new Option('--filter-rule <rule>', 'which tracks are in')
        .choices(['smaller-of', 'share', 'min-listeners'])
        .default('smaller-of'),
    )
    .option('--top-share <share>', 'share of tracks, by unique listeners, that are in', '3%')
    .option('--listeners-min <number>', 'unique listeners with which a track is in', '10')
    .option('--tracks-min <number>', 'tracks that are in which a user needs', '10')
    .option('--train-share <share>', 'of pairs, or of time', share, DEFAULT_STUDY.trainShare)
    .option(
      '--cold-share <share>',
      'of users, by fewest listens, kept apart as new',
      share,
      DEFAULT_STUDY.coldShare,
    )
    .option('--seed <number>', 'of splits, starts, samples', positiveInteger, DEFAULT_STUDY.seed)
    .option(
      '--betas <numbers>',
      'damping of the popularity baseline',
      numbersOf,
      DEFAULT_STUDY.betas,
    )
    .addOption(
      new Option('--als-rule <rule>', 'whose confidence and regularisation')
        .choices(Object.keys(GRID_RULES))
        .default(als.rule),
    )
    .addOption(
      new Option(
        '--trainer <name>',
        'of ALS; Spark looks at no lists meanwhile and starts every point anew',
      )
        .choices(['worker-threads', 'spark'])
        .default('worker-threads'),
    )
    .option('--factors <numbers>', 'of the grid of ALS', numbersOf, als.factors)
    .option('--alphas <numbers>', 'of the grid of ALS', numbersOf, als.alphas)
    .option('--lambdas <numbers>', 'of the grid of ALS', numbersOf, als.lambdas)
    .option(
      '--epochs <number>',
      'of ALS at most; fits stop when lists get no better',
      positiveInteger,
      als.epochsMax,
    )
    .option('--no-warm-starts', 'every point of the grid from a start of its own')
    .option(
      '--lightfm-components <number>',
      'dimensions, beside the 10 of the study',
      positiveInteger,
      DEFAULT_STUDY.lightFmComponents,
    )
    .option('--lightfm-epochs <number>', 'at most', positiveInteger, DEFAULT_STUDY.lightFmEpochsMax)
    .option(
      '--tuning-users <number>',
      'by whom settings are chosen',
      positiveInteger,
      DEFAULT_STUDY.tuningUsersMax,
    )
    .option('--limit <number>', 'read at most so many listens', positiveInteger)
    .option(
      '--threads <number>',
      'worker threads',
      positiveInteger,
      Math.min(THREADS_MAX, availableParallelism()),
    )
    .option('--json', 'one JSON object a line: each step, then the report')
    .action((files: string[], flags: StudyFlags) =>
      untilInterrupted((signal) => study(files, flags, signal)),
    );
  addReadingOptions(command);
  addSettings(command, ['spark-master', 'spark-conf', 'spark-folder']);
}

/** Ctrl-C ends the step that runs; what has been read and done is kept. */
async function untilInterrupted(work: (signal: AbortSignal) => Promise<void>): Promise<void> {
  const interrupted = new AbortController();
  for (const name of ['SIGINT', 'SIGTERM'] as const)
    process.once(name, () => interrupted.abort(new Error('interrupted')));
  try {
    await work(interrupted.signal);
  } catch (error) {
    if (!interrupted.signal.aborted) throw error;
    process.stderr.write('interrupted; the same command goes on where this one was\n');
    process.exitCode = 130;
  }
}

async function study(
  files: readonly string[],
  flags: StudyFlags,
  signal: AbortSignal,
): Promise<void> {
  const progress = new StudyProgress(systemClock, process.stderr);
  const { filterRule, topShare, listenersMin, tracksMin } = readSettings(
    {
      filterRule: flags.filterRule,
      topShare: flags.topShare,
      listenersMin: flags.listenersMin,
      tracksMin: flags.tracksMin,
    },
    {},
  );
  const filter = { filterRule, topShare, listenersMin, tracksMin };
  const steps: DoneStep[] = [];
  const settings = settingsOf(flags, tracksMin);
  const outcome = await keepAliveWhile(
    runStudy({
      input: { files, ...readingOf(flags), limit: flags.limit },
      out: flags.out,
      steps: flags.steps,
      isFresh: flags.fresh === true,
      settings,
      filter,
      threads: flags.threads,
      fitter: flags.trainer === 'spark' ? sparkFitter(flags, flags.out, flags.alsRule) : undefined,
      clock: systemClock,
      logger: pinoLogger({ level: 'warn' }),
      onReading: (reading) => progress.reading(reading),
      onProgress: (line) => progress.line(line),
      onStep: (step) => {
        steps.push(step);
        progress.end();
        tell(step, flags.json === true);
      },
      signal,
    }).finally(() => progress.end()),
  );
  if (!flags.steps.includes('report')) return;
  const { threads } = flags;
  const command = `segue ${process.argv.slice(2).join(' ')}`;
  const nowMs = systemClock.now();
  const report = await collectReport(outcome, { settings, filter, threads, command, nowMs, steps });
  const written = await writeReport(flags.out, report);
  if (flags.json === true) printJson({ report: written });
  else print(`report: ${written.html}, ${written.markdown}, ${written.json}`);
}

function tell(step: DoneStep, asJson: boolean): void {
  if (asJson) printJson(step);
  else
    print(`${step.step}: ${step.wasCached ? 'kept from before' : `${step.seconds.toFixed(1)} s`}`);
}

function settingsOf(flags: StudyFlags, userItemsMin: number): StudySettings {
  return {
    ...DEFAULT_STUDY,
    splits: flags.splits,
    trainShare: flags.trainShare,
    coldShare: flags.coldShare,
    userItemsMin,
    seed: flags.seed,
    betas: flags.betas,
    als: {
      ...DEFAULT_STUDY.als,
      rule: flags.alsRule,
      factors: flags.factors,
      alphas: flags.alphas,
      lambdas: flags.lambdas,
      epochsMax: flags.epochs,
      warmStarts: flags.warmStarts,
    },
    lightFmComponents: flags.lightfmComponents,
    lightFmEpochsMax: flags.lightfmEpochs,
    tuningUsersMax: flags.tuningUsers,
  };
}

function stepsOf(text: string): StepName[] {
  return namesOf(text, STEP_NAMES);
}

function splitsOf(text: string): SplitName[] {
  return namesOf(text, SPLIT_NAMES);
}

function namesOf<N extends string>(text: string, known: readonly N[]): N[] {
  const names = text.split(',').map((name) => name.trim());
  const unknown = names.find((name) => !known.includes(name as N));
  if (unknown !== undefined)
    throw new InvalidArgumentError(`expected some of ${known.join(', ')}, not ${unknown}.`);
  return names as N[];
}

function numbersOf(text: string): number[] {
  const numbers = text.split(',').map(Number);
  if (numbers.length === 0 || numbers.some((number) => !(number >= 0 && number < 1e12)))
    throw new InvalidArgumentError('expected numbers from 0, separated by commas.');
  return numbers;
}
