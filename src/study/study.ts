/**
 * A study as steps behind one another, each kept by what it was made from: split, the models, their evaluation. What
 * goes before it (where the table comes from) and after it (the report) is the caller's.
 */
import type { Clock } from '../clock';
import { type AlsFitter, fitAls, ruleOf, STUDY_CHOICE } from './als-grid';
import { type AucCauses, findAucCauses } from './auc-causes';
import { type Evaluation, evaluateModels } from './evaluate-study';
import type { FilterRule } from './filter-pairs';
import { type GrowthModel, type GrowthPoint, measureGrowth } from './growth';
import type { InteractionTable } from './interaction-table';
import { fitStudyLightFm, lightFmCandidates, STUDY_LIGHT_FM } from './light-fm-candidates';
import {
  type AlsStep,
  type BaselineStep,
  type LightFmStep,
  type ModelRun,
  type ModelStep,
  runAls,
  runBaselines,
  runLightFm,
  runYardsticks,
  type YardstickStep,
} from './model-steps';
import type { CachedStep, Step, StepCache } from './step-cache';
import type { StudySettings } from './study-settings';
import { type SplitFigures, type SplitName, type StudySplit, splitTable } from './study-split';
import type { TuningOptions } from './tuning';

export const MODEL_STEPS = ['baseline', 'als', 'lightfm', 'yardsticks'] as const;
export type ModelStepName = (typeof MODEL_STEPS)[number];

export interface StudyParts {
  readonly cache: StepCache;
  readonly settings: StudySettings;
  /** Key of the step that made the table. */
  readonly tableKey: string;
  readonly table: () => Promise<InteractionTable>;
  /** How many users an item needs, and what it was made of, for the keys. */
  readonly itemUsersMin: FilterRule['itemUsersMin'];
  readonly filterSettings: unknown;
  readonly threads: number;
  readonly clock: Clock;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress: (line: string) => void;
  /** Where ALS is fitted, if not on threads of this machine; opened for as long as it is used. */
  readonly fitter?: NamedFitter | undefined;
  /** Steps to run even where their results are kept. */
  readonly isFresh: (step: string) => boolean;
}

export interface NamedFitter {
  readonly name: string;
  use<T>(work: (fitter: AlsFitter) => Promise<T>): Promise<T>;
}

export interface SplitStep {
  readonly test: SplitFigures;
  readonly validation: SplitFigures;
}

export interface GrowthStep {
  readonly points: readonly GrowthPoint[];
}

export class Study {
  readonly #splits = new Map<string, Promise<StudySplit>>();
  readonly #steps = new Map<string, Promise<CachedStep<unknown>>>();
  #table: Promise<InteractionTable> | undefined;

  constructor(private readonly parts: StudyParts) {}

  table(): Promise<InteractionTable> {
    this.#table ??= this.parts.table();
    return this.#table;
  }

  split(name: SplitName): Promise<CachedStep<SplitStep>> {
    return this.#step({
      name: `split-${name}`,
      settings: this.#splitSettings(name),
      inputs: [this.parts.tableKey],
      run: async () => ({
        json: {
          test: (await this.#parted(name, 'test')).figures,
          validation: (await this.#parted(name, 'validation')).figures,
        },
      }),
    });
  }

  baseline(name: SplitName): Promise<CachedStep<BaselineStep>> {
    const { betas } = this.parts.settings;
    return this.#modelStep(name, 'baseline', { betas }, (run) => runBaselines(run, betas));
  }

  als(name: SplitName): Promise<CachedStep<AlsStep>> {
    const { als } = this.parts.settings;
    const { fitter } = this.parts;
    const settings = fitter ? { ...als, trainer: fitter.name } : als;
    return this.#modelStep(name, 'als', settings, (run) =>
      fitter ? fitter.use((one) => runAls(run, als, one)) : runAls(run, als),
    );
  }

  lightfm(name: SplitName): Promise<CachedStep<LightFmStep>> {
    const { lightFmComponents, lightFmEpochsMax } = this.parts.settings;
    const candidates = lightFmCandidates(lightFmComponents, lightFmEpochsMax);
    return this.#modelStep(name, 'lightfm', candidates, async (run) => {
      const table = await this.table();
      return runLightFm(run, candidates, (split) => artistsOf(table, split));
    });
  }

  yardsticks(name: SplitName): Promise<CachedStep<YardstickStep>> {
    return this.#modelStep(name, 'yardsticks', {}, (run) => runYardsticks(run));
  }

  async evaluate(
    name: SplitName,
    models: readonly ModelStepName[] = MODEL_STEPS,
  ): Promise<CachedStep<Evaluation>> {
    const steps: CachedStep<ModelStep>[] = [];
    for (const model of MODEL_STEPS)
      if (models.includes(model)) steps.push(await this[model](name));
    const { seed, bootstrapSamples } = this.parts.settings;
    return this.#step({
      name: `evaluate-${name}`,
      settings: { seed, bootstrapSamples },
      inputs: steps.map(({ key }) => key),
      run: async () => ({
        json: await evaluateModels(await this.#parted(name, 'test'), steps, {
          seed,
          bootstrapSamples,
          onProgress: this.parts.onProgress,
        }),
      }),
    });
  }

  /** Fit time, memory and quality by the number of users. */
  async growth(name: SplitName): Promise<CachedStep<GrowthStep>> {
    const { growthShares, als, lightFmComponents } = this.parts.settings;
    const split = await this.split(name);
    const point = { ...STUDY_CHOICE, factors: Math.max(...als.factors) };
    const settings = { growthShares, rule: als.rule, point, lightFmComponents };
    return this.#step({
      name: `growth-${name}`,
      settings: { ...settings, ...this.#judgeSettings() },
      inputs: [split.key],
      run: async () => {
        const { threads, clock } = this.parts;
        const { warm } = await this.#parted(name, 'test');
        const models = this.#growthModels(als.rule, point, threads);
        const options = { ...this.#tuning(), shares: growthShares, clock };
        return { json: { points: await measureGrowth(warm, models, options) } };
      },
    });
  }

  async aucCauses(name: SplitName): Promise<CachedStep<AucCauses>> {
    const split = await this.split(name);
    return this.#step({
      name: `auc-${name}`,
      settings: this.#judgeSettings(),
      inputs: [split.key],
      run: async () => {
        const table = await this.table();
        const { warm: set } = await this.#parted(name, 'test');
        const { trainShare, aucUsersMax } = this.parts.settings;
        const options = { ...this.#tuning(), trainShare, aucUsersMax };
        return { json: await findAucCauses({ table, set }, this.#rule(), options) };
      },
    });
  }

  #growthModels(
    rule: StudySettings['als']['rule'],
    point: { readonly factors: number; readonly alpha: number; readonly lambda: number },
    threads: number,
  ): GrowthModel[] {
    const { seed } = this.parts.settings;
    const { signal } = this.parts;
    const [, warp] = lightFmCandidates(this.parts.settings.lightFmComponents, 10);
    const run = { seed, threads, signal };
    return [
      {
        name: `ALS, ${point.factors} factors, ${STUDY_CHOICE.epochs} epochs`,
        fit: (set) => fitAls(set, ruleOf({ rule }, point), { ...run, epochs: STUDY_CHOICE.epochs }),
      },
      {
        name: `${warp!.name}, 10 epochs`,
        fit: (set) => fitStudyLightFm(set, warp!.options, { ...run, epochs: 10 }),
      },
      {
        name: STUDY_LIGHT_FM.name,
        fit: (set) => fitStudyLightFm(set, STUDY_LIGHT_FM.options, { ...run, epochs: 10 }),
      },
    ];
  }

  async #modelStep<R extends ModelStep>(
    split: SplitName,
    step: ModelStepName,
    settings: unknown,
    run: (run: ModelRun) => ReturnType<Step<R>['run']>,
  ): Promise<CachedStep<R>> {
    const { key } = await this.split(split);
    return this.#step({
      name: `${step}-${split}`,
      settings: { settings, ...this.#judgeSettings() },
      inputs: [key],
      run: async () => {
        const { seed, aucUsersMax } = this.parts.settings;
        return run({
          test: await this.#parted(split, 'test'),
          validation: await this.#parted(split, 'validation'),
          judging: { seed, aucUsersMax },
          tuning: this.#tuning(),
          clock: this.parts.clock,
        });
      },
    });
  }

  /** One step at a time, and each once. */
  #step<R>(step: Step<R>): Promise<CachedStep<R>> {
    const { cache, isFresh, onProgress, signal } = this.parts;
    const known = this.#steps.get(step.name);
    if (known !== undefined) return known as Promise<CachedStep<R>>;
    const run = (folder: string) => {
      signal?.throwIfAborted();
      onProgress(`${step.name} …`);
      return step.run(folder);
    };
    const result = cache.step({ ...step, run }, isFresh(step.name));
    this.#steps.set(step.name, result);
    return result;
  }

  #parted(name: SplitName, part: 'test' | 'validation'): Promise<StudySplit> {
    const id = `${name} ${part}`;
    const known = this.#splits.get(id);
    if (known !== undefined) return known;
    const { trainShare, coldShare, seed } = this.parts.settings;
    const made = this.table().then((table) =>
      splitTable(table, { name, trainShare, coldShare, seed }, this.#rule(), part),
    );
    this.#splits.set(id, made);
    return made;
  }

  #rule(): FilterRule {
    const { itemUsersMin, settings } = this.parts;
    return { itemUsersMin, userItemsMin: settings.userItemsMin };
  }

  #splitSettings(name: SplitName) {
    const { trainShare, coldShare, seed, userItemsMin } = this.parts.settings;
    const { filterSettings } = this.parts;
    return { name, trainShare, coldShare, seed, userItemsMin, filterSettings };
  }

  #judgeSettings() {
    const { seed, aucUsersMax, tuningUsersMax } = this.parts.settings;
    return { seed, aucUsersMax, tuningUsersMax, threads: this.parts.threads };
  }

  #tuning(): TuningOptions {
    const { settings, threads, signal, onProgress } = this.parts;
    const { tuningUsersMax, seed } = settings;
    return { tuningUsersMax, seed, threads, signal, onProgress };
  }
}

/** The artist of each item of a split as a number; −1: unnamed. undefined where none has a name. */
function artistsOf({ items }: InteractionTable, { warm }: StudySplit): Int32Array | undefined {
  const numbers = new Map<string, number>();
  const groups = warm.itemIds.map((item) => {
    const artist = items[item]!.artist.trim().toLowerCase();
    if (artist === '') return -1;
    if (!numbers.has(artist)) numbers.set(artist, numbers.size);
    return numbers.get(artist)!;
  });
  return numbers.size > 0 ? groups : undefined;
}
