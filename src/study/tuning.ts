/** Choosing settings on the validation part: by the study's own metric, over a sample of its users. */
import type { EvaluationSet } from '../evaluation/evaluation-set';
import { averagePrecisionAt } from '../evaluation/metrics/average-precision';
import { relevanceOf } from '../evaluation/metrics/relevance';
import { listOf, type RankedLists } from '../evaluation/ranked-lists';
import type { FittedModel } from './fitted-model';
import { LIST_LENGTH, sampledUsers, withUsers } from './judged-model';

export interface TuningOptions {
  /** Users that a setting is judged by. */
  readonly tuningUsersMax: number;
  readonly seed: number;
  readonly threads: number;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress: (line: string) => void;
}

/** The validation set with its sampled users. */
export function tuningSet(set: EvaluationSet, options: TuningOptions): EvaluationSet {
  return withUsers(set, sampledUsers(set, options.tuningUsersMax, options.seed));
}

/** Mean over the set's users of meanAveragePrecisionAt(100), known items left out. */
export async function tuningQuality(model: FittedModel, set: EvaluationSet): Promise<number> {
  return meanOfLists(set, await model.lists(set, 'warm', { n: LIST_LENGTH, masked: true }));
}

export function meanOfLists(set: EvaluationSet, lists: RankedLists): number {
  const sum = set.targets.reduce(
    (total, targets, user) =>
      total + averagePrecisionAt(relevanceOf(listOf(lists, user), targets), LIST_LENGTH),
    0,
  );
  return sum / Math.max(1, set.targets.length);
}

/** Remembers the best so far, and says when it has not become better twice in a row. */
export class EarlyStop<M> {
  best: { readonly epoch: number; readonly quality: number; readonly model: M } | undefined;
  readonly curve: [epoch: number, quality: number][] = [];
  #worse = 0;

  /** `model` is only asked for where it is the best. */
  take(epoch: number, quality: number, model: () => M): 'continue' | 'stop' {
    this.curve.push([epoch, quality]);
    if (this.best === undefined || quality > this.best.quality) {
      this.best = { epoch, quality, model: model() };
      this.#worse = 0;
      return 'continue';
    }
    return ++this.#worse < 2 ? 'continue' : 'stop';
  }
}
