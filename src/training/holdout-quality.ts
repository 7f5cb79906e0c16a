/** How well a model foretells held-out items: fold in with what was known, rank everything, compare. */
import { FoldIn } from '../als/fold-in';
import type { AlsModel, SparseRows } from '../als/model';
import { ndcg } from '../evaluation/metrics/ndcg';
import { recall } from '../evaluation/metrics/recall';
import { relevanceOf } from '../evaluation/metrics/relevance';
import { mean, standardErrorOf } from '../evaluation/paired-comparison';
import { TopItems } from '../ranking/top-items';
import type { Holdout } from './training-data';

/** Means over the evaluated users. */
export interface HoldoutQuality {
  readonly recall20: number;
  readonly ndcg20: number;
  /** Standard error of ndcg20. */
  readonly ndcg20Error: number;
  readonly recall100: number;
  readonly users: number;
}

const DEPTH = 100;

/** A row of plays in a model's own items. */
export interface KnownRow {
  readonly items: Int32Array;
  readonly plays: Float32Array;
}

export interface HoldoutModel {
  readonly als: AlsModel;
  /** Item of the data → item of the model; −1: the model does not know it. Absent: the same items. */
  readonly itemOf?: Int32Array;
  /** Item of the model → item of the data; −1: not in the data. */
  readonly dataItemOf?: Int32Array;
}

/** Calls `pause` now and then, so that a caller can let others have their turn. */
export async function holdoutQuality(
  model: HoldoutModel,
  holdout: Holdout,
  pause: () => Promise<void>,
): Promise<HoldoutQuality> {
  const foldIn = new FoldIn(model.als);
  const topItems = new TopItems(model.als.itemFactors);
  return meanQuality(holdout, pause, (user) => {
    const row = knownRow(holdout.known, user, model.itemOf);
    const factors = foldIn.solve(row.items, row.plays);
    const { items } = topItems.top(factors, DEPTH, { exclude: row.items });
    return model.dataItemOf === undefined ? items : items.map((item) => model.dataItemOf![item]!);
  });
}

/** The same for one list for everybody: items of the training part by unique users. */
export async function popularityQuality(
  holdout: Holdout,
  pause: () => Promise<void>,
): Promise<HoldoutQuality> {
  const users = holdout.itemUsers;
  const ranking = Int32Array.from(users.keys()).sort((a, b) => users[b]! - users[a]! || a - b);
  return meanQuality(holdout, pause, (user) => {
    const known = new Set(knownRow(holdout.known, user).items);
    const list: number[] = [];
    for (const item of ranking) {
      if (list.length === DEPTH) break;
      if (!known.has(item)) list.push(item);
    }
    return Int32Array.from(list);
  });
}

async function meanQuality(
  holdout: Holdout,
  pause: () => Promise<void>,
  listOf: (user: number) => Int32Array,
): Promise<HoldoutQuality> {
  const users = holdout.targets.length;
  const [ndcgs, recalls, deepRecalls] = [
    new Float64Array(users),
    new Float64Array(users),
    new Float64Array(users),
  ];
  for (const [place, { user, items }] of holdout.targets.entries()) {
    const relevance = relevanceOf(listOf(user), new Set(items));
    ndcgs[place] = ndcg(relevance, 20);
    recalls[place] = recall(relevance, 20);
    deepRecalls[place] = recall(relevance, DEPTH);
    await pause();
  }
  const meanOf = (values: Float64Array) => (users === 0 ? 0 : mean(values));
  return {
    recall20: meanOf(recalls),
    ndcg20: meanOf(ndcgs),
    ndcg20Error: users < 2 ? 0 : standardErrorOf(ndcgs),
    recall100: meanOf(deepRecalls),
    users,
  };
}

/** What a user had before the split, in a model's items, ascending. */
export function knownRow(
  { starts, indices, values }: SparseRows,
  user: number,
  itemOf?: Int32Array,
): KnownRow {
  const items = indices.subarray(starts[user]!, starts[user + 1]!);
  const plays = values.subarray(starts[user]!, starts[user + 1]!);
  if (itemOf === undefined)
    return { items: Int32Array.from(items), plays: Float32Array.from(plays) };
  const kept = [...items.keys()].filter((at) => itemOf[items[at]!]! >= 0);
  kept.sort((a, b) => itemOf[items[a]!]! - itemOf[items[b]!]!);
  return {
    items: Int32Array.from(kept, (at) => itemOf[items[at]!]!),
    plays: Float32Array.from(kept, (at) => plays[at]!),
  };
}
