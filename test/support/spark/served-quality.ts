/** How well items' factors foretell held-out songs as they are served: everybody folded in, known songs left out. */
import { FoldIn } from '../../../src/als/fold-in';
import { computeGramian } from '../../../src/als/gramian';
import { buildSparseRows } from '../../../src/als/interactions';
import type { FactorMatrix, SparseRows } from '../../../src/als/model';
import type { AlsRule } from '../../../src/als/rule';
import { listsOfFactors } from '../../../src/evaluation/als-lists';
import type { EvaluationSet } from '../../../src/evaluation/evaluation-set';
import { qualityOf } from '../../../src/evaluation/list-quality';

export interface SetFilter {
  readonly listenersMin: number;
  readonly tracksMin: number;
}

/** What a retrain learns from: items with enough users, and users with enough of those; the numbers stay. */
export function filteredSet(set: EvaluationSet, filter: SetFilter): EvaluationSet {
  const { rows, columns, starts, indices, values } = set.plays;
  const listeners = new Int32Array(columns);
  for (const item of indices) listeners[item]! += 1;
  const kept: { users: number[]; items: number[]; plays: number[] } = {
    ...{ users: [], items: [], plays: [] },
  };
  for (let user = 0; user < rows; user++) {
    const places: number[] = [];
    for (let at = starts[user]!; at < starts[user + 1]!; at++)
      if (listeners[indices[at]!]! >= filter.listenersMin) places.push(at);
    if (places.length < filter.tracksMin) continue;
    for (const at of places) {
      kept.users.push(user);
      kept.items.push(indices[at]!);
      kept.plays.push(values[at]!);
    }
  }
  const plays = buildSparseRows(rows, columns, kept);
  const judged = [...set.users.keys()].filter((place) => {
    const user = set.users[place]!;
    return plays.starts[user + 1]! > plays.starts[user]!;
  });
  return {
    ...{ ...set, plays, users: Int32Array.from(judged, (place) => set.users[place]!) },
    targets: judged.map((place) => set.targets[place]!),
  };
}

/** Mean NDCG@20 of the evaluated users; rows of `itemFactors` as the set's items, zeros where an item has none. */
export async function servedQuality(
  set: EvaluationSet,
  rule: AlsRule,
  itemFactors: FactorMatrix,
): Promise<number> {
  const userFactors = foldEverybodyIn(set.plays, rule, itemFactors);
  const factors = { userFactors, itemFactors };
  const lists = await listsOfFactors(set, factors, { n: 20, masked: true, threads: 1 });
  return qualityOf(set, lists).means['NDCG@20'];
}

export function foldEverybodyIn(
  { rows, starts, indices, values }: SparseRows,
  rule: AlsRule,
  itemFactors: FactorMatrix,
): FactorMatrix {
  const foldIn = new FoldIn({ rule, itemFactors, itemGramian: computeGramian(itemFactors) });
  const users = new Float32Array(rows * rule.factorCount);
  for (let user = 0; user < rows; user++) {
    const [from, to] = [starts[user]!, starts[user + 1]!];
    if (from === to) continue;
    const own = foldIn.solve(indices.subarray(from, to), values.subarray(from, to));
    users.set(own, user * rule.factorCount);
  }
  return { rows, columns: rule.factorCount, values: users };
}
