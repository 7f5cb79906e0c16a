/**
 * How much of people's lists changes with a retrain: the same users, with the same history, folded into the model that
 * serves and into the one that is to replace it. Quality aside, a change that nobody asked for is a cost.
 */
import { FoldIn } from '../als/fold-in';
import { TopItems } from '../ranking/top-items';
import { type HoldoutModel, knownRow } from './holdout-quality';
import type { Holdout } from './training-data';

export const CHURN_DEPTH = 20;

export interface Churn {
  /** Share of the places of all lists whose item is not on the other list. */
  readonly entries: number;
  /** Share of the users whose list has other items in any place. */
  readonly users: number;
  /** Users whose lists were compared. */
  readonly compared: number;
}

export interface ChurnOptions {
  /** Evaluated users are thinned out evenly to so many. */
  readonly usersMax: number;
  readonly pause: () => Promise<void>;
}

/** Over the best 20 of the evaluated users, without what they know. An item that the data does not have is no match. */
export async function listChurn(
  before: HoldoutModel,
  after: HoldoutModel,
  { known, targets }: Pick<Holdout, 'known' | 'targets'>,
  { usersMax, pause }: ChurnOptions,
): Promise<Churn> {
  const [bestBefore, bestAfter] = [lister(before, known), lister(after, known)];
  const compared = Math.min(usersMax, targets.length);
  let [places, changed, usersChanged] = [0, 0, 0];
  for (let place = 0; place < compared; place++) {
    const { user } = targets[Math.floor((place * targets.length) / compared)]!;
    const old = new Set(bestBefore(user));
    const list = bestAfter(user);
    const other = list.reduce((count, item) => count + (old.has(item) ? 0 : 1), 0);
    places += list.length;
    changed += other;
    usersChanged += Number(other > 0);
    await pause();
  }
  return {
    entries: changed / Math.max(1, places),
    users: usersChanged / Math.max(1, compared),
    compared,
  };
}

/** Answers a user's list in items of the data; −1 where the data does not have one. */
function lister(model: HoldoutModel, known: Holdout['known']): (user: number) => Int32Array {
  const foldIn = new FoldIn(model.als);
  const topItems = new TopItems(model.als.itemFactors);
  return (user) => {
    const row = knownRow(known, user, model.itemOf);
    const factors = foldIn.solve(row.items, row.plays);
    const { items } = topItems.top(factors, CHURN_DEPTH, { exclude: row.items });
    return model.dataItemOf === undefined ? items : items.map((item) => model.dataItemOf![item]!);
  };
}
