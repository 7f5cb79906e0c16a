/**
 * What every model of a study can do once it has learnt: lists and scores for users it has learnt from, and for new
 * ones from their history alone. Lists of all models are made, and judged, by the same code.
 */
import { FoldIn } from '../als/fold-in';
import type { AlsModel, FactorMatrix } from '../als/model';
import { type Factors, listsOfFactors } from '../evaluation/als-lists';
import type { EvaluationSet } from '../evaluation/evaluation-set';
import { rankByScore } from '../evaluation/popularity';
import {
  type ListOptions,
  listsOfRanking,
  listsOfScores,
  type RankedLists,
} from '../evaluation/ranked-lists';
import type { ItemRecommender } from '../evaluation/recommenders/item-recommender';

/** Rows of `set.plays` that the model has learnt from, or those of new users. */
export type SetKind = 'warm' | 'cold';

export interface FittedModel {
  lists(set: EvaluationSet, kind: SetKind, options: ListOptions): Promise<RankedLists>;
  /** Scores of all items for a row of the set, into `scores`. */
  scorer(set: EvaluationSet, kind: SetKind): (row: number, scores: Float32Array) => void;
}

/** The same ranking for everybody. */
export function popularModel(scores: Float32Array): FittedModel {
  const ranking = rankByScore(scores);
  return {
    lists: async (set, _kind, options) => listsOfRanking(set, ranking, options),
    scorer: () => (_row, into) => into.set(scores),
  };
}

/** Users and items as factors. `coldUsers` makes the rows of new users from their history. */
export function factorModel(
  factors: Factors,
  coldUsers: (set: EvaluationSet) => FactorMatrix,
  threads: number,
): FittedModel {
  const of = (set: EvaluationSet, kind: SetKind): Factors =>
    kind === 'warm' ? factors : { ...factors, userFactors: coldUsers(set) };
  return {
    lists: (set, kind, options) => listsOfFactors(set, of(set, kind), { ...options, threads }),
    scorer: (set, kind) => {
      const { userFactors, itemFactors } = of(set, kind);
      return (row, into) => innerProducts(userFactors, row, itemFactors, into);
    },
  };
}

function innerProducts(
  users: FactorMatrix,
  row: number,
  { rows, columns, values }: FactorMatrix,
  into: Float32Array,
): void {
  const user = users.values.subarray(row * columns, (row + 1) * columns);
  for (let item = 0, at = 0; item < rows; item++) {
    let sum = 0;
    for (let k = 0; k < columns; k++, at++) sum += user[k]! * values[at]!;
    into[item] = sum;
  }
}

/** Each row of new users folded into the model, exactly as live listeners are. */
export function foldedUsers(model: AlsModel, { plays }: EvaluationSet): FactorMatrix {
  const columns = model.rule.factorCount;
  const values = new Float32Array(plays.rows * columns);
  const foldIn = new FoldIn(model);
  for (let row = 0; row < plays.rows; row++) {
    const [from, to] = [plays.starts[row]!, plays.starts[row + 1]!];
    const items = plays.indices.slice(from, to);
    foldIn.solve(
      items,
      plays.values.slice(from, to),
      values.subarray(row * columns, (row + 1) * columns),
    );
  }
  return { rows: plays.rows, columns, values };
}

/** Scores from a history: new users are as good as others. */
export function itemModel(recommender: ItemRecommender): FittedModel {
  const scorer =
    ({ plays }: EvaluationSet) =>
    (row: number, into: Float32Array) => {
      into.fill(0);
      const [from, to] = [plays.starts[row]!, plays.starts[row + 1]!];
      recommender.score(plays.indices.subarray(from, to), plays.values.subarray(from, to), into);
    };
  return {
    lists: async (set, _kind, options) => listsOfScores(set, scorer(set), options),
    scorer,
  };
}
