/**
 * What is kept of a fitted model: lists of all evaluated users, known items left out and not, and the AUC of a sample
 * of them. Metrics follow from these alone, so that every model is judged by the same code, and again without a fit.
 */
import type { EvaluationSet } from '../evaluation/evaluation-set';
import { auc } from '../evaluation/metrics/auc';
import { knownItems } from '../evaluation/ranked-lists';
import { mulberry32 } from '../random';
import type { FittedModel, SetKind } from './fitted-model';
import type { CachedStep, StoredArray } from './step-cache';
import type { StudySplit } from './study-split';

export const LIST_LENGTH = 100;
export const SET_KINDS = ['warm', 'cold'] as const;
export const MASKINGS = ['masked', 'open'] as const;
/** masked: what the user has played in training is left out. */
export type Masking = (typeof MASKINGS)[number];

/** What a step says of each of its models. */
export interface ModelRecord {
  readonly name: string;
  readonly family: 'popularity' | 'als' | 'lightfm' | 'yardstick';
  /** Part of the names of its arrays. */
  readonly id: string;
  readonly settings: Readonly<Record<string, number | string>>;
  readonly fitSeconds: number;
  /** Of what the fit works on and its result; undefined where it is next to nothing. */
  readonly bytes?: number | undefined;
}

export interface JudgeOptions {
  /** Users of a set for whom the whole catalogue is scored for the AUC. */
  readonly aucUsersMax: number;
  readonly seed: number;
}

/** Name → values: `<id>.<set>.<masking>` the lists, `….auc` one value a sampled user. */
export async function judge(
  id: string,
  model: FittedModel,
  split: Pick<StudySplit, SetKind>,
  options: JudgeOptions,
): Promise<Record<string, StoredArray>> {
  const arrays: Record<string, StoredArray> = {};
  for (const kind of SET_KINDS)
    for (const masking of MASKINGS) {
      const set = split[kind];
      const name = `${id}.${kind}.${masking}`;
      const masked = masking === 'masked';
      const lists = await model.lists(set, kind, { n: LIST_LENGTH, masked });
      arrays[name] = Int32Array.from(lists.items);
      arrays[`${name}.auc`] = aucOfUsers(set, model.scorer(set, kind), masked, options);
    }
  return arrays;
}

/** Positions in `set.users` of a sample that is the same for every model. */
export function sampledUsers(set: EvaluationSet, max: number, seed: number): Int32Array {
  const all = Int32Array.from(set.users.keys());
  if (all.length <= max) return all;
  const random = mulberry32(seed);
  for (let at = 0; at < max; at++) {
    const other = at + random.below(all.length - at);
    [all[at], all[other]] = [all[other]!, all[at]!];
  }
  return all.slice(0, max).sort();
}

/** The same set with only some of its evaluated users. */
export function withUsers(set: EvaluationSet, positions: Int32Array): EvaluationSet {
  return {
    ...set,
    users: positions.map((at) => set.users[at]!),
    targets: Array.from(positions, (at) => set.targets[at]!),
  };
}

export function aucOfUsers(
  set: EvaluationSet,
  score: (row: number, scores: Float32Array) => void,
  masked: boolean,
  { aucUsersMax, seed }: JudgeOptions,
): Float64Array {
  const scores = new Float32Array(set.plays.columns);
  const values: number[] = [];
  for (const at of sampledUsers(set, aucUsersMax, seed)) {
    const row = set.users[at]!;
    score(row, scores);
    values.push(
      aucOf(scores, set.targets[at]!, masked ? new Set(knownItems(set, row)) : undefined),
    );
  }
  return Float64Array.from(values);
}

/** Every item that is no target counts against the targets, known ones only where they may be listed. */
export function aucOf(
  scores: Float32Array,
  targets: ReadonlySet<number>,
  known: ReadonlySet<number> | undefined,
): number {
  const isOther = new Uint8Array(scores.length).fill(1);
  for (const item of known ?? []) isOther[item] = 0;
  for (const item of targets) isOther[item] = 0;
  const others = new Float32Array(scores.length);
  let count = 0;
  for (let item = 0; item < scores.length; item++)
    if (isOther[item] === 1) others[count++] = scores[item]!;
  return auc(
    Float32Array.from(targets, (item) => scores[item]!),
    others.subarray(0, count),
  );
}

export interface KeptJudgement {
  readonly items: Int32Array;
  readonly auc: Float64Array;
}

export async function readJudgement(
  step: CachedStep<unknown>,
  id: string,
  kind: SetKind,
  masking: Masking,
): Promise<KeptJudgement> {
  const name = `${id}.${kind}.${masking}`;
  return {
    items: await step.array(name, Int32Array),
    auc: await step.array(`${name}.auc`, Float64Array),
  };
}
