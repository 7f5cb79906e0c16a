/** All models of a split by one set of metrics, the best of each kind paired over the users, and by how active these are. */

import { comparePaired, mean, type PairedComparison } from '../evaluation/paired-comparison';
import type { SetKind } from './fitted-model';
import { MASKINGS, type Masking, type ModelRecord, readJudgement, SET_KINDS } from './judged-model';
import type { ModelStep } from './model-steps';
import type { CachedStep } from './step-cache';
import {
  figuresOfLists,
  HEADLINE,
  type ListFigures,
  metricsByUser,
  usersOfItems,
} from './study-metrics';
import type { StudySplit } from './study-split';

export interface EvaluatedModel extends ModelRecord {
  /** By set and masking; missing where the set is empty. */
  readonly figures: Partial<Record<`${SetKind}.${Masking}`, ListFigures>>;
  /** Warm users, masked: the headline metric by groups of equal size of users, from the least active. */
  readonly byActivity: readonly ActivityGroup[];
}

export interface ActivityGroup {
  /** Items in training, smallest and largest of the group. */
  readonly from: number;
  readonly to: number;
  readonly users: number;
  readonly quality: number;
}

export interface Evaluation {
  readonly models: readonly EvaluatedModel[];
  /** Ids of the best of each kind by the headline metric; missing where there is none. */
  readonly best: Readonly<Partial<Record<Contender, string>>>;
  readonly comparisons: readonly ModelComparison[];
}

/** popularity: of all times, as the study had it; recent: of the last days, a harder rival in a split by time. */
export type Contender = 'popularity' | 'recent' | 'als' | 'lightfm' | 'yardstick';

/** Warm users, masked: every metric, one model minus the other, paired over the users. */
export interface ModelComparison {
  readonly of: Contender;
  readonly against: Contender;
  readonly metrics: Readonly<Record<string, PairedComparison>>;
}

const COMPARED: readonly (readonly [of: Contender, against: Contender])[] = [
  ['als', 'popularity'],
  ['als', 'recent'],
  ['als', 'lightfm'],
  ['lightfm', 'popularity'],
];

export interface EvaluateOptions {
  readonly seed: number;
  readonly bootstrapSamples: number;
  readonly onProgress: (line: string) => void;
}

const ACTIVITY_GROUPS = 8;

export async function evaluateModels(
  split: StudySplit,
  steps: readonly CachedStep<ModelStep>[],
  options: EvaluateOptions,
): Promise<Evaluation> {
  const all = steps.flatMap((step) => step.json.models.map((record) => ({ step, record })));
  const byUser = new Map<string, Readonly<Record<string, Float64Array>>>();
  for (const { step, record } of all) {
    const { items } = await readJudgement(step, record.id, 'warm', 'masked');
    byUser.set(record.id, metricsByUser(split.warm, items));
  }
  const best = bestOfEach(
    all.map(({ record }) => record),
    (id) => mean(byUser.get(id)![HEADLINE]!),
  );
  const models: EvaluatedModel[] = [];
  for (const { step, record } of all) {
    options.onProgress(`evaluating ${record.name}`);
    const own = byUser.get(record.id)!;
    models.push({
      ...record,
      figures: await figuresOf(split, step, record.id, options),
      byActivity: byActivity(split, own[HEADLINE]!),
    });
  }
  const comparisons = COMPARED.flatMap(([of, against]) => {
    const [one, other] = [best[of], best[against]];
    if (one === undefined || other === undefined) return [];
    return [{ of, against, metrics: comparedWith(byUser.get(one)!, byUser.get(other)!) }];
  });
  return { models, best, comparisons };
}

function contenderOf({ family, settings }: ModelRecord): Contender {
  return settings['by'] === 'recent-users' ? 'recent' : family;
}

function bestOfEach(
  models: readonly ModelRecord[],
  quality: (id: string) => number,
): Evaluation['best'] {
  const best: Partial<Record<Contender, string>> = {};
  for (const model of models) {
    const known = best[contenderOf(model)];
    if (known === undefined || quality(model.id) > quality(known))
      best[contenderOf(model)] = model.id;
  }
  return best;
}

async function figuresOf(
  split: StudySplit,
  step: CachedStep<ModelStep>,
  id: string,
  { seed, bootstrapSamples }: EvaluateOptions,
): Promise<EvaluatedModel['figures']> {
  const figures: EvaluatedModel['figures'] = {};
  const common = {
    seed,
    bootstrapSamples,
    itemUsers: usersOfItems(split.warm),
    trainUsers: split.warm.plays.rows,
  };
  for (const kind of SET_KINDS)
    for (const masking of MASKINGS) {
      if (split[kind].users.length === 0) continue;
      const judgement = await readJudgement(step, id, kind, masking);
      figures[`${kind}.${masking}`] = figuresOfLists(split[kind], judgement, common);
    }
  return figures;
}

function comparedWith(
  own: Readonly<Record<string, Float64Array>>,
  other: Readonly<Record<string, Float64Array>>,
): Record<string, PairedComparison> {
  return Object.fromEntries(
    Object.entries(own).map(([name, values]) => [name, comparePaired(values, other[name]!)]),
  );
}

function byActivity({ warm }: StudySplit, quality: Float64Array): ActivityGroup[] {
  const { starts } = warm.plays;
  const itemsOf = (at: number) => {
    const row = warm.users[at]!;
    return starts[row + 1]! - starts[row]!;
  };
  const order = [...warm.users.keys()].sort((a, b) => itemsOf(a) - itemsOf(b) || a - b);
  const size = Math.ceil(order.length / ACTIVITY_GROUPS);
  const groups: ActivityGroup[] = [];
  for (let from = 0; from < order.length; from += size) {
    const group = order.slice(from, from + size);
    groups.push({
      from: itemsOf(group[0]!),
      to: itemsOf(group.at(-1)!),
      users: group.length,
      quality: mean(Float64Array.from(group, (at) => quality[at]!)),
    });
  }
  return groups;
}
