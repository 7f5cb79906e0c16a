/**
 * ALS over a grid of factors, α and λ on the validation part. Within a factor count each fit starts from the items of
 * the one before, from much regularisation to little, and stops when the lists become no better. What a point reaches
 * that way it may owe to the ones before it, so the best few are fitted again from starts of their own, as the chosen
 * one will be on the whole training part, and the best of those is chosen.
 */
import { computeGramian } from '../als/gramian';
import type { AlsModel, FactorMatrix, SparseRows } from '../als/model';
import { type AlsRule, hkvRule, implicitRule, sparkRule } from '../als/rule';
import { trainAls, trainingBytes } from '../als/train';
import type { Clock } from '../clock';
import { type Factors, listsOfFactors, startItems } from '../evaluation/als-lists';
import type { EvaluationSet } from '../evaluation/evaluation-set';
import { type FittedModel, factorModel, foldedUsers } from './fitted-model';
import { LIST_LENGTH } from './judged-model';
import { EarlyStop, meanOfLists, type TuningOptions, tuningSet } from './tuning';

export const GRID_RULES = { spark: sparkRule, hkv: hkvRule, implicit: implicitRule } as const;

export interface AlsGrid {
  readonly rule: keyof typeof GRID_RULES;
  readonly factors: readonly number[];
  readonly alphas: readonly number[];
  readonly lambdas: readonly number[];
  readonly epochsMax: number;
  /** Epochs at most where a fit starts from its neighbour. */
  readonly warmEpochsMax: number;
  readonly warmStarts: boolean;
}

/** Ranks, α and regParam as the study tried them, and its number of iterations. */
export const STUDY_GRID: AlsGrid = {
  rule: 'spark',
  factors: [100, 150, 200],
  alphas: [0.1, 0.5, 1, 10],
  lambdas: [0.1, 0.5, 0.8, 1],
  epochsMax: 15,
  warmEpochsMax: 6,
  warmStarts: true,
};

/** What the study chose. */
export const STUDY_CHOICE = { factors: 200, alpha: 1, lambda: 0.5, epochs: 15 } as const;

export interface AlsPoint {
  readonly factors: number;
  readonly alpha: number;
  readonly lambda: number;
}

export interface GridResult extends AlsPoint {
  /** Of meanAveragePrecisionAt(100), after the best number of epochs. */
  readonly quality: number;
  readonly epochs: number;
  readonly fitSeconds: number;
}

export interface GridSearch {
  readonly results: readonly GridResult[];
  /** The best of them, each fitted again from a start of its own; best first. */
  readonly finalists: readonly GridResult[];
  readonly best: GridResult;
  /** Epochs that the best point needs from a start of its own, and its quality by epoch. */
  readonly epochs: number;
  readonly curve: readonly (readonly [number, number])[];
  /** Parameters whose best value is the first or last that was tried: the grid may be too small there. */
  readonly edges: readonly GridEdge[];
}

export interface GridEdge {
  readonly parameter: keyof AlsPoint;
  readonly value: number;
  readonly side: 'lowest' | 'highest';
}

/** Fits a point whole, elsewhere than on this machine's threads: no looks at lists meanwhile, no start from another. */
export interface AlsFitter {
  fit(
    plays: SparseRows,
    point: AlsPoint,
    run: { readonly epochs: number; readonly seed: number },
  ): Promise<Factors>;
}

/** Epochs between two looks at the lists. */
const EVERY = 2;

/** Points that are fitted again from starts of their own. */
const FINALISTS = 5;

/** All points of the grid in the order in which they are fitted. */
export async function searchAlsGrid(
  validation: EvaluationSet,
  grid: AlsGrid,
  options: TuningOptions,
): Promise<GridSearch> {
  const set = tuningSet(validation, options);
  const results: GridResult[] = [];
  const points = pointsOf(grid);
  let start: FactorMatrix | undefined;
  for (const point of points) {
    if (point.factors !== results.at(-1)?.factors) start = undefined;
    const epochs = start === undefined ? grid.epochsMax : grid.warmEpochsMax;
    const { stop, seconds } = await fitStopped(set, { grid, point, epochs, start }, options);
    const { best } = stop;
    results.push({
      ...point,
      quality: best!.quality,
      epochs: best!.epoch,
      fitSeconds: seconds,
    });
    start = grid.warmStarts ? best!.model.itemFactors : undefined;
    options.onProgress(
      `ALS ${results.length} of ${points.length}: ${describePoint(point)}: ${best!.quality.toFixed(4)}`,
    );
  }
  return { results, ...(await chooseFinalist(set, grid, results, options)) };
}

async function chooseFinalist(
  set: EvaluationSet,
  grid: AlsGrid,
  results: readonly GridResult[],
  options: TuningOptions,
): Promise<Omit<GridSearch, 'results'>> {
  const points = bestFirst(results).slice(0, FINALISTS);
  const fits: { readonly result: GridResult; readonly curve: GridSearch['curve'] }[] = [];
  for (const { factors, alpha, lambda } of points) {
    const point = { factors, alpha, lambda };
    const fit = { grid, point, epochs: grid.epochsMax };
    const { stop, seconds } = await fitStopped(set, fit, options);
    const { quality, epoch } = stop.best!;
    const result = { ...point, quality, epochs: epoch, fitSeconds: seconds };
    fits.push({ result, curve: stop.curve });
    options.onProgress(
      `ALS anew, ${fits.length} of ${points.length}: ${describePoint(point)}: ${quality.toFixed(4)}`,
    );
  }
  fits.sort((a, b) => b.result.quality - a.result.quality);
  const { result: best, curve } = fits[0]!;
  const finalists = fits.map(({ result }) => result);
  return { finalists, best, epochs: best.epochs, curve, edges: edgesOf(best, grid) };
}

function bestFirst(results: readonly GridResult[]): GridResult[] {
  return [...results].sort((a, b) => b.quality - a.quality);
}

/** The grid by another fitter: every point for all epochs, from a start of its own. */
export async function searchGridBy(
  fitter: AlsFitter,
  validation: EvaluationSet,
  grid: AlsGrid,
  options: TuningOptions & { readonly clock: Clock },
): Promise<GridSearch> {
  const set = tuningSet(validation, options);
  const { seed, threads, clock } = options;
  const epochs = grid.epochsMax;
  const results: GridResult[] = [];
  for (const point of pointsOf(grid)) {
    options.signal?.throwIfAborted();
    const startMs = clock.monotonicMs();
    const factors = await fitter.fit(set.plays, point, { epochs, seed });
    const fitSeconds = (clock.monotonicMs() - startMs) / 1000;
    const lists = await listsOfFactors(set, factors, { n: LIST_LENGTH, masked: true, threads });
    const quality = meanOfLists(set, lists);
    results.push({ ...point, quality, epochs, fitSeconds });
    options.onProgress(`ALS ${results.length}: ${describePoint(point)}: ${quality.toFixed(4)}`);
  }
  const best = bestFirst(results)[0]!;
  return { results, finalists: [best], best, epochs, curve: [], edges: edgesOf(best, grid) };
}

/** A point on the whole training part by another fitter; new users are folded in here. */
export async function fitAlsBy(
  fitter: AlsFitter,
  set: EvaluationSet,
  { grid, point }: { readonly grid: Pick<AlsGrid, 'rule'>; readonly point: AlsPoint },
  run: { readonly epochs: number; readonly seed: number; readonly threads: number },
): Promise<{ readonly model: FittedModel }> {
  const factors = await fitter.fit(set.plays, point, run);
  const { itemFactors } = factors;
  const als = { rule: ruleOf(grid, point), itemFactors, itemGramian: computeGramian(itemFactors) };
  return { model: factorModel(factors, (cold) => foldedUsers(als, cold), run.threads) };
}

export function describePoint({ factors, alpha, lambda }: AlsPoint): string {
  return `${factors} factors, α ${alpha}, λ ${lambda}`;
}

function pointsOf({ factors, alphas, lambdas }: AlsGrid): AlsPoint[] {
  const strongFirst = [...lambdas].sort((a, b) => b - a);
  return factors.flatMap((count) =>
    alphas.flatMap((alpha) => strongFirst.map((lambda) => ({ factors: count, alpha, lambda }))),
  );
}

export function edgesOf(best: AlsPoint, grid: AlsGrid): GridEdge[] {
  const edge = (parameter: keyof AlsPoint, values: readonly number[]): GridEdge[] => {
    const value = best[parameter];
    if (values.length < 2) return [];
    if (value === Math.max(...values)) return [{ parameter, value, side: 'highest' }];
    return value === Math.min(...values) ? [{ parameter, value, side: 'lowest' }] : [];
  };
  return [
    ...edge('factors', grid.factors),
    ...edge('alpha', grid.alphas),
    ...edge('lambda', grid.lambdas),
  ];
}

export function ruleOf(grid: Pick<AlsGrid, 'rule'>, point: AlsPoint): AlsRule {
  const { factors: factorCount, alpha, lambda } = point;
  return GRID_RULES[grid.rule]({ factorCount, alpha, lambda });
}

interface Fit {
  readonly grid: AlsGrid;
  readonly point: AlsPoint;
  readonly epochs: number;
  readonly start?: FactorMatrix | undefined;
}

async function fitStopped(
  set: EvaluationSet,
  { grid, point, epochs, start }: Fit,
  { seed, threads, signal }: TuningOptions,
): Promise<{ stop: EarlyStop<Factors>; seconds: number }> {
  const stop = new EarlyStop<Factors>();
  let seconds = 0;
  await trainAls(set.plays, ruleOf(grid, point), {
    epochs,
    seed,
    threads,
    relaxation: 1,
    warmStart: { itemFactors: start ?? startItems(set.plays.columns, point.factors, seed) },
    ...(signal && { signal }),
    onEpoch: async ({ epoch, elapsedMs, factors }) => {
      if (epoch === 1) seconds = elapsedMs / 1000;
      if (epoch % EVERY !== 0 && epoch !== epochs) return 'continue';
      const now = factors();
      const lists = await listsOfFactors(set, now, { n: LIST_LENGTH, masked: true, threads });
      return stop.take(epoch, meanOfLists(set, lists), () => now);
    },
  });
  return { stop, seconds: seconds * (stop.best?.epoch ?? 1) };
}

export interface FittedAls {
  readonly model: FittedModel;
  readonly bytes: number;
}

/** A point on the whole training part, from a start of its own. */
export async function fitAls(
  set: EvaluationSet,
  rule: AlsRule,
  run: {
    readonly epochs: number;
    readonly seed: number;
    readonly threads: number;
    readonly signal?: AbortSignal | undefined;
  },
): Promise<FittedAls> {
  const { seed, epochs, threads, signal } = run;
  const trained = await trainAls(set.plays, rule, {
    epochs,
    seed,
    threads,
    relaxation: 1,
    warmStart: { itemFactors: startItems(set.plays.columns, rule.factorCount, seed) },
    ...(signal && { signal }),
  });
  const als: AlsModel = {
    rule,
    itemFactors: trained.itemFactors,
    itemGramian: trained.itemGramian,
  };
  return {
    model: factorModel(trained, (cold) => foldedUsers(als, cold), threads),
    bytes: trainingBytes(set.plays, rule, threads),
  };
}
