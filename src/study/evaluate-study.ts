/** All models of a split by one set of metrics, paired with the best baseline, and by how active their users are. */
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
  /** Warm users, masked: every metric against the best popularity, paired over the users. */
  readonly againstPopularity: Readonly<Record<string, PairedComparison>>;
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
  /** The one that the others are compared with. */
  readonly bestPopularity: string | undefined;
}

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
  const quality = (id: string) => mean(byUser.get(id)![HEADLINE]!);
  const popular = all
    .map(({ record }) => record)
    .filter(({ family }) => family === 'popularity')
    .sort((a, b) => quality(b.id) - quality(a.id))[0];
  const models: EvaluatedModel[] = [];
  for (const { step, record } of all) {
    options.onProgress(`evaluating ${record.name}`);
    const own = byUser.get(record.id)!;
    models.push({
      ...record,
      figures: await figuresOf(split, step, record.id, options),
      againstPopularity: popular ? comparedWith(own, byUser.get(popular.id)!) : {},
      byActivity: byActivity(split, own[HEADLINE]!),
    });
  }
  return { models, bestPopularity: popular?.id };
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
