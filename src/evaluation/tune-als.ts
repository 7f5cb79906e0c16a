/**
 * A bounded random search for ALS settings on a validation set, on the ranking metric that is reported
 * (never on the loss), with the number of epochs found on the way. Random search covers few important
 * dimensions among many better than a grid (Bergstra and Bengio 2012), and a seed repeats it.
 */
import type { AlsRule } from '../als/rule';
import { rendleRule } from '../als/rule';
import { mulberry32, type Random } from '../random';
import { type AlsSettings, listsOfFactors, trainOn } from './als-lists';
import type { EvaluationSet } from './evaluation-set';
import { METRICS, type MetricName, qualityOf } from './list-quality';

export interface AlsSearchSpace {
  readonly factorCount: number;
  readonly scale: AlsRule['scale'];
  /** Drawn log-uniformly between the two. */
  readonly alpha0: readonly [number, number];
  /** λ·(n + α₀·N)^ν of a mean user, log-uniform: comparable between exponents, as λ is not. */
  readonly regularization: readonly [number, number];
  readonly nu: readonly number[];
  /** undefined: plays do not age. */
  readonly halfLifeDays: readonly (number | undefined)[];
  readonly epochsMax: number;
}

export interface TuningTrial {
  readonly trial: number;
  readonly settings: AlsSettings;
  /** Mean over the seeds of the metric after the best number of epochs (settings.epochs). */
  readonly quality: number;
  readonly byEpoch: readonly number[];
}

export interface TuningOptions {
  readonly space: AlsSearchSpace;
  readonly metric: MetricName;
  readonly trials: number;
  /** Of the search; models are trained with seeds 1 … modelSeeds. */
  readonly seed: number;
  readonly modelSeeds: number;
  readonly threads: number;
  readonly signal?: AbortSignal | undefined;
}

export async function* tuneAls(
  set: EvaluationSet,
  options: TuningOptions,
): AsyncGenerator<TuningTrial> {
  const random = mulberry32(options.seed);
  for (let trial = 1; trial <= options.trials; trial++) {
    const drawn = draw(set, options.space, random);
    const byEpoch = await qualityByEpoch(set, drawn, options);
    const quality = Math.max(...byEpoch);
    const settings = { ...drawn, epochs: byEpoch.indexOf(quality) + 1 };
    yield { trial, settings, quality, byEpoch };
  }
}

function draw(set: EvaluationSet, space: AlsSearchSpace, random: Random): AlsSettings {
  const { plays } = set;
  const { factorCount, scale, epochsMax } = space;
  const alpha0 = logUniform(random, space.alpha0);
  const nu = oneOf(random, space.nu);
  const halfLifeDays = oneOf(random, space.halfLifeDays);
  const mean = plays.indices.length / plays.rows + alpha0 * plays.columns;
  const lambda = logUniform(random, space.regularization) / mean ** nu;
  return {
    rule: { ...rendleRule({ factorCount, alpha0, lambda, nu }), scale },
    epochs: epochsMax,
    ...(halfLifeDays !== undefined && { halfLifeDays }),
  };
}

async function qualityByEpoch(
  set: EvaluationSet,
  settings: AlsSettings,
  { metric, modelSeeds, threads, signal }: TuningOptions,
): Promise<number[]> {
  const sums = new Array<number>(settings.epochs).fill(0);
  // Beyond the cut-off of the metric a list need not go.
  const n = Number(/@(\d+)/.exec(metric)?.[1] ?? 100);
  for (let seed = 1; seed <= modelSeeds; seed++)
    await trainOn(set, settings, {
      seed,
      threads,
      signal,
      onEpoch: async (epoch, factors) => {
        const lists = await listsOfFactors(set, factors(), { n, masked: true, threads });
        sums[epoch - 1]! += qualityOf(set, lists).means[metric] / modelSeeds;
        return 'continue';
      },
    });
  return sums;
}

function logUniform(random: Random, [low, high]: readonly [number, number]): number {
  return low * (high / low) ** random.next();
}

function oneOf<T>(random: Random, values: readonly T[]): T {
  return values[random.below(values.length)]!;
}

/** For a metric's name given by a person. */
export function isMetric(name: string): name is MetricName {
  return name in METRICS;
}
