/** `segue study` as a program: which steps run, from which files, into which folder. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { threshold } from '../../../streams/control/threshold';
import type { Clock } from '../../clock';
import type { Settings } from '../../config';
import { SegueError } from '../../errors';
import type { Logger } from '../../logger';
import { readTable } from '../../study/interaction-table';
import type { ModelStep } from '../../study/model-steps';
import { type CachedStep, hashFile, StepCache } from '../../study/step-cache';
import { MODEL_STEPS, type ModelStepName, type NamedFitter, Study } from '../../study/study';
import type { StudySettings } from '../../study/study-settings';
import type { ListenFiles, SendProgress } from '../listen-sending';
import { type PreprocessFigures, preprocess } from './preprocess';

export const STEP_NAMES = [
  'preprocess',
  'split',
  ...MODEL_STEPS,
  'growth',
  'evaluate',
  'report',
] as const;
export type StepName = (typeof STEP_NAMES)[number];

export type FilterSettings = Pick<
  Settings,
  'filterRule' | 'topShare' | 'listenersMin' | 'tracksMin'
>;

export interface StudyRun {
  readonly input: ListenFiles;
  /** Results of steps go to its folder `cache`, the report to itself. */
  readonly out: string;
  /** These, and what they need; the models that are evaluated are those among them, all where there are none. */
  readonly steps: readonly StepName[];
  readonly isFresh: boolean;
  readonly settings: StudySettings;
  readonly filter: FilterSettings;
  readonly threads: number;
  readonly fitter?: NamedFitter | undefined;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly onReading: (progress: SendProgress) => void;
  readonly onProgress: (line: string) => void;
  /** Told of each step that is done. */
  readonly onStep: (step: DoneStep) => void;
  readonly signal?: AbortSignal | undefined;
}

export interface DoneStep {
  readonly step: string;
  readonly wasCached: boolean;
  readonly seconds: number;
  readonly folder: string;
}

/** All that a report is made from. */
export interface StudyOutcome {
  readonly preprocess: CachedStep<PreprocessFigures>;
  readonly study: Study;
  readonly models: readonly ModelStepName[];
}

/** Throws INPUT_UNREADABLE, SETTING_INVALID, TRAINING_IMPOSSIBLE where the filter leaves nothing. */
export async function runStudy(run: StudyRun): Promise<StudyOutcome> {
  const cache = new StepCache(join(run.out, 'cache'));
  const timed = timer(run);
  const preprocessed = await timed('preprocess', preprocessStep(run, cache));
  const wanted = (step: StepName) => run.steps.includes(step);
  const { filterRule: kind, topShare, listenersMin } = run.filter;
  const rule = { kind, topShare, listenersMin };
  const study = new Study({
    ...run,
    cache,
    tableKey: preprocessed.key,
    table: () => readTable(preprocessed.folder),
    itemUsersMin: (usersPerItem) => threshold(usersPerItem, rule).value,
    filterSettings: rule,
    isFresh: (name) => run.isFresh && run.steps.some((step) => name.startsWith(step)),
  });
  const named = MODEL_STEPS.filter(wanted);
  const models = named.length > 0 ? named : MODEL_STEPS;
  const isWhole = wanted('evaluate') || wanted('report');
  for (const split of run.settings.splits) {
    if (run.steps.every((step) => step === 'preprocess')) break;
    const { json } = await timed(`split ${split}`, study.split(split));
    checkSplit(split, json.test);
    for (const model of models)
      if (isWhole || wanted(model))
        await timed<ModelStep>(`${model} ${split}`, study[model](split));
    const isFirst = split === run.settings.splits[0];
    if (isFirst && (wanted('growth') || wanted('report')))
      await timed(`growth ${split}`, study.growth(split));
    if (isFirst && wanted('report') && models.includes('lightfm'))
      await timed(`auc ${split}`, study.aucCauses(split));
    if (isWhole) await timed(`evaluate ${split}`, study.evaluate(split, models));
  }
  return { preprocess: preprocessed, study, models };
}

function checkSplit(
  split: string,
  {
    after,
    warmUsers,
    itemUsersMin,
  }: { after: { users: number; items: number }; warmUsers: number; itemUsersMin: number },
): void {
  if (after.users > 0 && after.items > 0 && warmUsers > 0) return;
  throw new SegueError(
    'TRAINING_IMPOSSIBLE',
    `expected users and tracks after the filter of split ${split}, but ${after.users} users and ${after.items} tracks ` +
      `with at least ${itemUsersMin} listeners are left, ${warmUsers} with held-out tracks; ` +
      'give more listens, or lower --listeners-min or --tracks-min',
  );
}

type Timed = <R>(step: string, work: Promise<CachedStep<R>>) => Promise<CachedStep<R>>;

function timer({ clock, onStep }: StudyRun): Timed {
  return async (step, work) => {
    const startMs = clock.monotonicMs();
    const done = await work;
    const seconds = (clock.monotonicMs() - startMs) / 1000;
    onStep({ step, wasCached: done.wasCached, seconds, folder: done.folder });
    return done;
  };
}

async function preprocessStep(
  run: StudyRun,
  cache: StepCache,
): Promise<CachedStep<PreprocessFigures>> {
  const { input, filter, clock, logger, signal } = run;
  return cache.step(
    {
      name: 'preprocess',
      settings: { ...(await inputIdentity(input)), filter },
      inputs: [],
      run: async (folder) => ({
        json: await preprocess(folder, {
          input,
          settings: filter,
          clock,
          logger,
          onProgress: run.onReading,
          signal,
        }),
      }),
      isUnfinished: () => signal?.aborted === true,
    },
    run.isFresh && run.steps.includes('preprocess'),
  );
}

/** By content, so that a renamed file is the same and a changed one is not. */
async function inputIdentity({ files, ...reading }: ListenFiles): Promise<object> {
  const { msidMapping, tracks, redirects, ...rest } = reading;
  const hashes: string[] = [];
  for (const file of files) hashes.push(await hashOf(file));
  return {
    files: hashes,
    ...rest,
    msidMapping: msidMapping && (await hashOf(msidMapping)),
    tracks: tracks && (await hashOf(tracks)),
    redirects: redirects && (await hashOf(redirects)),
  };
}

async function hashOf(file: string): Promise<string> {
  if (existsSync(file)) return hashFile(file);
  throw new SegueError(
    'INPUT_UNREADABLE',
    `expected a file at ${file}, but there is nothing; a study reads files, as its steps are kept by their content`,
  );
}
