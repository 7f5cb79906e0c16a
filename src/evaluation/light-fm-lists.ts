/** LightFM under a protocol: binary interactions, training, lists of the evaluated users. */
import { LightFm } from '../lightfm/light-fm';
import type { LightFmOptions } from '../lightfm/light-fm-options';
import { type Factors, listsOfFactors } from './als-lists';
import type { EvaluationSet } from './evaluation-set';
import type { ListOptions, RankedLists } from './ranked-lists';

export interface LightFmRun {
  readonly epochs: number;
  readonly threads: number;
  readonly signal?: AbortSignal | undefined;
}

/** Plays count as likes, however many they are. */
export function fitLightFm(
  set: EvaluationSet,
  options: Partial<LightFmOptions>,
  { epochs, threads, signal }: LightFmRun,
): Promise<LightFm> {
  return new LightFm(options).fit(set.plays, { epochs, threads, signal });
}

/** Exact lists, on worker threads. */
export function listsOfLightFm(
  set: EvaluationSet,
  model: { rankingFactors(): Factors },
  options: ListOptions & { readonly threads: number },
): Promise<RankedLists> {
  return listsOfFactors(set, model.rankingFactors(), options);
}
