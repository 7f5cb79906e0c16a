/** A bounded search: a few rules are trained on the older part and judged by ranking the held-out part. */
import type { AlsModel, SparseRows } from '../als/model';
import type { AlsRule } from '../als/rule';
import { type TrainedFactors, trainAls } from '../als/train';
import type { TrainingOptions } from '../als/training-options';
import { type HoldoutQuality, holdoutQuality } from './holdout-quality';
import type { Holdout } from './training-data';

export type WarmStart = NonNullable<TrainingOptions['warmStart']>;

export interface SearchOptions {
  readonly rules: readonly AlsRule[];
  /** Trains on the older part. */
  readonly train: (rule: AlsRule) => Promise<AlsModel>;
  readonly pause: () => Promise<void>;
  readonly onProgress: (line: string) => void;
}

export interface ModelTraining extends Pick<TrainingOptions, 'epochs' | 'seed' | 'threads'> {
  readonly warmStart?: WarmStart;
  /** Of a warm start; see TrainingOptions. */
  readonly tolerance?: number;
  readonly signal?: AbortSignal | undefined;
}

export interface SearchResult {
  readonly rule: AlsRule;
  readonly model: AlsModel;
  readonly quality: HoldoutQuality;
}

/** The rule with the best NDCG@20; the first of equals. */
export async function searchRule(holdout: Holdout, options: SearchOptions): Promise<SearchResult> {
  let best: SearchResult | undefined;
  for (const rule of options.rules) {
    const model = await options.train(rule);
    const quality = await holdoutQuality({ als: model }, holdout, options.pause);
    options.onProgress(`${describeRule(rule)}: NDCG@20 ${quality.ndcg20.toFixed(4)}`);
    if (best === undefined || quality.ndcg20 > best.quality.ndcg20) best = { rule, model, quality };
  }
  return best!;
}

/** Trains one model beside a stream that goes on; with a warm start, from factors that are good already. */
export async function trainModel(
  interactions: SparseRows,
  rule: AlsRule,
  { epochs, seed, threads, warmStart, tolerance = 0, signal }: ModelTraining,
): Promise<{ readonly als: AlsModel; readonly factors: TrainedFactors }> {
  const factors = await trainAls(interactions, rule, {
    epochs,
    seed,
    threads,
    isBackground: true,
    ...(warmStart === undefined ? {} : { warmStart, tolerance }),
    ...(signal === undefined ? {} : { signal }),
  });
  const als: AlsModel = {
    rule,
    itemFactors: factors.itemFactors,
    itemGramian: factors.itemGramian,
  };
  return { als, factors };
}

export function describeRule({ alpha, lambda, scale, nu }: AlsRule): string {
  return `alpha ${alpha} (${scale}), lambda ${lambda}${nu === 0 ? '' : `, nu ${nu}`}`;
}
