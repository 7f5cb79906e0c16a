/** Trains in this machine's memory, on worker threads, from the reigning generation's factors. */
import { isDeepStrictEqual } from 'node:util';
import type { AlsRule } from '../../src/als/rule';
import { trainModel, type WarmStart } from '../../src/training/model-search';
import { allInteractions, type Holdout, splitByTime } from '../../src/training/training-data';
import type { ServingModel } from './serving-model';
import { type Snapshot, takeSnapshot } from './snapshot';
import type { Trainer, TrainerOptions, TrainingRun } from './trainer';

export const workerThreadsTrainer: Trainer = {
  name: 'worker-threads',
  open: async (options) => runOn(await takeSnapshot(options), options),
};

function runOn(snapshot: Snapshot, options: TrainerOptions): TrainingRun {
  const { data, tracks, threshold, usersIn, positions } = snapshot;
  let holdout: Holdout | undefined;
  return {
    set: {
      tracks,
      threshold,
      usersIn,
      positions,
      interactions: data.pairs.users.length,
      plays: data.plays,
      newestSeconds: data.newestSeconds,
    },
    ruleFor: (rule) => rule,
    split: async (split) => {
      holdout = splitByTime(data, split);
      return holdout;
    },
    candidate: async (rule) => (await trainModel(holdout!.known, rule, options)).als,
    refit: async (rule) => {
      const warm = startFrom(options.reigning, data.itemIds, rule);
      const { als, factors } = await trainModel(allInteractions(data), rule, {
        ...options,
        ...warm,
      });
      return { als, userGramian: factors.userGramian };
    },
    close: async () => undefined,
  };
}

/** Factors of the reigning model, so that lists change only where the data did; another rule is a cause as well. */
export function startFrom(
  reigning: Pick<ServingModel, 'als' | 'whole' | 'itemOf'> | undefined,
  itemIds: readonly string[],
  rule: AlsRule,
): { warmStart?: WarmStart; tolerance?: number } {
  if (reigning === undefined || reigning.als.rule.factorCount !== rule.factorCount) return {};
  const { columns, values } = reigning.whole().itemFactors;
  const rows = new Float32Array(itemIds.length * columns);
  itemIds.forEach((trackId, row) => {
    const item = reigning.itemOf(trackId);
    if (item !== undefined)
      rows.set(values.subarray(item * columns, (item + 1) * columns), row * columns);
  });
  const itemFactors = { rows: itemIds.length, columns, values: rows };
  const isSameRule = isDeepStrictEqual(rule, reigning.als.rule);
  return { warmStart: { itemFactors }, ...(isSameRule ? {} : { tolerance: 0 }) };
}
