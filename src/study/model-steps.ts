/**
 * The steps of a study that fit models: each chooses settings on the validation part, fits on the whole training part,
 * and keeps lists and AUCs of everybody who is judged.
 */
import type { Clock } from '../clock';
import {
  type AlsFitter,
  type AlsGrid,
  type AlsPoint,
  describePoint,
  fitAls,
  fitAlsBy,
  type GridSearch,
  ruleOf,
  STUDY_CHOICE,
  searchAlsGrid,
  searchGridBy,
} from './als-grid';
import { baselines } from './baselines';
import { type FittedModel, itemModel } from './fitted-model';
import { type JudgeOptions, judge, type ModelRecord } from './judged-model';
import {
  fitStudyLightFm,
  groupFeatures,
  type LightFmCandidate,
  type TunedLightFm,
  tuneLightFm,
} from './light-fm-candidates';
import type { StepResult, StoredArray } from './step-cache';
import type { StudySplit } from './study-split';
import { type TuningOptions, tuningQuality, tuningSet } from './tuning';
import { tuneYardstick, YARDSTICK_MODELS } from './yardsticks';

export interface ModelRun {
  readonly test: StudySplit;
  readonly validation: StudySplit;
  readonly judging: JudgeOptions;
  readonly tuning: TuningOptions;
  readonly clock: Clock;
}

/** What each step of models says, beside its arrays. */
export interface ModelStep {
  readonly models: readonly ModelRecord[];
}

export interface BaselineStep extends ModelStep {
  /** On the validation part. */
  readonly grid: readonly { readonly name: string; readonly quality: number }[];
}

/** Collects the models of a step. */
class Fits {
  readonly models: ModelRecord[] = [];
  readonly arrays: Record<string, StoredArray> = {};

  constructor(private readonly run: ModelRun) {}

  async add(
    record: Omit<ModelRecord, 'fitSeconds' | 'bytes'>,
    make: () => Promise<{ readonly model: FittedModel; readonly bytes?: number }>,
  ): Promise<void> {
    const { clock, tuning, test, judging } = this.run;
    tuning.signal?.throwIfAborted();
    const startMs = clock.monotonicMs();
    const { model, bytes } = await make();
    const fitSeconds = (clock.monotonicMs() - startMs) / 1000;
    this.models.push({ ...record, fitSeconds, bytes });
    Object.assign(this.arrays, await judge(record.id, model, test, judging));
    tuning.onProgress(`${record.name}: fitted in ${fitSeconds.toFixed(1)} s`);
  }
}

export async function runBaselines(
  run: ModelRun,
  betas: readonly number[],
): Promise<StepResult<BaselineStep>> {
  const fits = new Fits(run);
  const set = tuningSet(run.validation.warm, run.tuning);
  const grid: { name: string; quality: number }[] = [];
  const untilOf = ({ figures }: StudySplit) => figures.splitTime;
  const onValidation = baselines(betas, untilOf(run.validation));
  for (const { name, model } of onValidation)
    grid.push({ name, quality: await tuningQuality(model(set), set) });
  for (const { id, name, settings, model } of baselines(betas, untilOf(run.test)))
    await fits.add({ id, name, settings, family: 'popularity' }, async () => ({
      model: model(run.test.warm),
    }));
  return { json: { models: fits.models, grid }, arrays: fits.arrays };
}

export interface AlsStep extends ModelStep {
  readonly search: GridSearch;
}

/** `fitter`: elsewhere than on this machine's threads. */
export async function runAls(
  run: ModelRun,
  grid: AlsGrid,
  fitter?: AlsFitter,
): Promise<StepResult<AlsStep>> {
  const tuning = { ...run.tuning, clock: run.clock };
  const search = fitter
    ? await searchGridBy(fitter, run.validation.warm, grid, tuning)
    : await searchAlsGrid(run.validation.warm, grid, tuning);
  const fits = new Fits(run);
  const add = (id: string, name: string, point: AlsPoint, epochs: number) =>
    fits.add(
      {
        id,
        name: `${name} (${describePoint(point)})`,
        family: 'als',
        settings: {
          rule: grid.rule,
          factors: point.factors,
          alpha: point.alpha,
          lambda: point.lambda,
          epochs,
        },
      },
      () =>
        fitter
          ? fitAlsBy(fitter, run.test.warm, { grid, point }, { ...run.tuning, epochs })
          : fitAls(run.test.warm, ruleOf(grid, point), { ...run.tuning, epochs }),
    );
  await add('als-best', 'ALS, best of the grid', search.best, search.epochs);
  if (grid.factors.includes(STUDY_CHOICE.factors))
    await add('als-study', "ALS, the study's choice", STUDY_CHOICE, STUDY_CHOICE.epochs);
  return { json: { models: fits.models, search }, arrays: fits.arrays };
}

export interface LightFmStep extends ModelStep {
  readonly tuned: Readonly<Record<string, TunedLightFm>>;
}

export async function runLightFm(
  run: ModelRun,
  candidates: readonly LightFmCandidate[],
  groupsOf: (split: StudySplit) => Int32Array | undefined,
): Promise<StepResult<LightFmStep>> {
  const fits = new Fits(run);
  const tuned: Record<string, TunedLightFm> = {};
  for (const candidate of candidates) {
    const features = (split: StudySplit) => {
      const groups = candidate.withArtists ? groupsOf(split) : undefined;
      return groups && groupFeatures(groups);
    };
    const itemFeatures = features(run.test);
    // Without names there are no artists to learn from.
    if (candidate.withArtists && itemFeatures === undefined) continue;
    const { id, name, options } = candidate;
    const found = await tuneLightFm(run.validation.warm, candidate, {
      ...run.tuning,
      itemFeatures: features(run.validation),
    });
    tuned[id] = found;
    const settings = { ...(options as Record<string, number | string>), epochs: found.epochs };
    const { threads, seed, signal } = run.tuning;
    const fit = { epochs: found.epochs, threads, seed, signal, itemFeatures };
    await fits.add({ id, name, settings, family: 'lightfm' }, () =>
      fitStudyLightFm(run.test.warm, options, fit),
    );
  }
  return { json: { models: fits.models, tuned }, arrays: fits.arrays };
}

export interface YardstickStep extends ModelStep {
  /** Those left out, with the reason. */
  readonly leftOut: readonly string[];
}

export async function runYardsticks(run: ModelRun): Promise<StepResult<YardstickStep>> {
  const fits = new Fits(run);
  const leftOut: string[] = [];
  const items = run.test.warm.plays.columns;
  for (const yardstick of YARDSTICK_MODELS) {
    const { id, name, itemsMax = Number.POSITIVE_INFINITY } = yardstick;
    if (items > itemsMax) {
      leftOut.push(`${name}: ${items} items, at most ${itemsMax}`);
      continue;
    }
    const { settings } = await tuneYardstick(run.validation.warm, yardstick, run.tuning);
    await fits.add({ id, name, settings, family: 'yardstick' }, async () => ({
      model: itemModel(await yardstick.train(run.test.warm, settings, run.tuning.threads)),
    }));
  }
  return { json: { models: fits.models, leftOut }, arrays: fits.arrays };
}
