/**
 * RP3β (Paudel et al. 2016): the probability of a walk item → user → item, each step raised to α, with
 * the popularity of the reached item damped by β. A cheap and strong yardstick.
 *
 *   similarity(i, j) = Σ over users of (1/|i|)^α · (1/|u|)^α / |j|^β
 */
import { transpose } from '../../als/interactions';
import type { SparseRows } from '../../als/model';
import { mapValues, nearestItems, neighbourRecommender } from './item-neighbours';
import type { ItemRecommender } from './item-recommender';

export interface Rp3BetaOptions {
  readonly alpha: number;
  readonly beta: number;
  /** Neighbours kept of each item. */
  readonly k: number;
}

export function trainRp3Beta(
  plays: SparseRows,
  { alpha, beta, k }: Rp3BetaOptions,
): ItemRecommender {
  const byItem = transpose(plays);
  const itemUsers = degrees(byItem);
  const userItems = degrees(plays);
  const left = mapValues(byItem, (_, item) => itemUsers[item]! ** -alpha);
  const right = mapValues(plays, (_, user) => userItems[user]! ** -alpha);
  const finish = (sum: number, _: number, other: number) => sum / itemUsers[other]! ** beta;
  return neighbourRecommender(nearestItems({ left, right, k, includeSelf: false, finish }));
}

function degrees({ rows, starts }: SparseRows): Float64Array {
  return new Float64Array(rows).map((_, row) => starts[row + 1]! - starts[row]!);
}
