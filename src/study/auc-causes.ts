/**
 * Why an AUC may fall below one half: the study's LightFM setting on this data, rightly judged, and with each mistake
 * that could have been made. Training items high and held-out items below chance is the picture to be explained.
 */
import type { EvaluationSet } from '../evaluation/evaluation-set';
import { mean } from '../evaluation/paired-comparison';
import { knownItems } from '../evaluation/ranked-lists';
import type { FilterRule } from './filter-pairs';
import { learnFilter } from './filter-pairs';
import type { FittedModel } from './fitted-model';
import type { InteractionTable } from './interaction-table';
import { aucOf, type JudgeOptions, sampledUsers } from './judged-model';
import { fitStudyLightFm, STUDY_LIGHT_FM } from './light-fm-candidates';
import { partInOneOrder } from './parting';
import { assembleParting } from './study-split';
import type { TuningOptions } from './tuning';

export interface AucCause {
  readonly what: string;
  /** Mean over the sampled users. */
  readonly auc: number;
}

export interface AucCauses {
  readonly right: readonly AucCause[];
  readonly mistakes: readonly AucCause[];
}

export async function findAucCauses(
  { table, set }: { readonly table: InteractionTable; readonly set: EvaluationSet },
  rule: FilterRule,
  options: TuningOptions & JudgeOptions & { readonly trainShare: number },
): Promise<AucCauses> {
  const fit = { ...options, epochs: STUDY_LIGHT_FM.epochsMax };
  const { model } = await fitStudyLightFm(set, STUDY_LIGHT_FM.options, fit);
  const early = learnFilter(table, () => true, rule);
  const isIn = (pair: number) => early.items[table.pairItems[pair]!] === 1;
  const parting = partInOneOrder(table, { trainShare: options.trainShare, isIn });
  const ordered = assembleParting(table, parting, early).warm;
  const fromOrder = await fitStudyLightFm(ordered, STUDY_LIGHT_FM.options, fit);
  const renumbered = numberedApart(set);
  return {
    right: [
      { what: 'training items', auc: meanAuc(set, model, { of: 'training' }, options) },
      {
        what: 'held-out items, known ones left out',
        auc: meanAuc(set, model, { of: 'held-out', masked: true }, options),
      },
      {
        what: 'held-out items, known ones counted as wrong',
        auc: meanAuc(set, model, { of: 'held-out' }, options),
      },
    ],
    mistakes: [
      {
        what: 'held-out users and items numbered by themselves, not as in training',
        auc: meanAuc(renumbered, model, { of: 'held-out' }, options),
      },
      {
        what: 'the ranking read from its wrong end',
        auc: 1 - meanAuc(set, model, { of: 'held-out' }, options),
      },
      {
        what: 'pairs split in one order of items for everybody: training items',
        auc: meanAuc(ordered, fromOrder.model, { of: 'training' }, options),
      },
      {
        what: 'pairs split in one order of items for everybody: held-out items',
        auc: meanAuc(ordered, fromOrder.model, { of: 'held-out' }, options),
      },
    ],
  };
}

function meanAuc(
  set: EvaluationSet,
  model: FittedModel,
  asked: { readonly of: 'training' | 'held-out'; readonly masked?: boolean },
  { aucUsersMax, seed }: JudgeOptions,
): number {
  const scores = new Float32Array(set.plays.columns);
  const score = model.scorer(set, 'warm');
  const values: number[] = [];
  for (const at of sampledUsers(set, aucUsersMax, seed)) {
    const row = set.users[at]!;
    score(row, scores);
    const known = new Set(knownItems(set, row));
    const targets = asked.of === 'training' ? known : set.targets[at]!;
    values.push(aucOf(scores, targets, asked.masked ? known : undefined));
  }
  return mean(Float64Array.from(values.filter((value) => !Number.isNaN(value))));
}

/** Users and items of the held-out part as numbers of their own, in order of their ids: categories made twice. */
function numberedApart(set: EvaluationSet): EvaluationSet {
  const items = [...new Set(set.targets.flatMap((targets) => [...targets]))].sort((a, b) => a - b);
  const numberOf = new Map(items.map((item, number) => [item, number]));
  return {
    ...set,
    users: set.users.map((_, at) => at),
    targets: set.targets.map((targets) => new Set([...targets].map((item) => numberOf.get(item)!))),
  };
}
