/**
 * Factors of an item that came after the training: the batch half step of the items' side for one row, over the users
 * who have it, with the users' Gramian that the model carries.
 */
import { FoldIn } from './fold-in';
import type { FactorMatrix, Gramian } from './model';
import type { AlsRule } from './rule';

export interface UserSide {
  readonly rule: AlsRule;
  /** XᵀX of the users that the model was trained on. */
  readonly userGramian: Gramian;
  /** How many those were. */
  readonly users: number;
}

/**
 * y of (a0·XᵀX + Σ w·x·xᵀ + reg·I)·y = Σ b·x over the item's users: row u of `userFactors` with `plays[u]`.  Throws MATRIX_SINGULAR.
 */
export function solveNewItem(
  { rule, userGramian, users }: UserSide,
  userFactors: FactorMatrix,
  plays: Float32Array,
): Float32Array {
  // The frequency-scaled rules count all users, not only those given here.
  const kappa = userFactors.rows === 0 ? 0 : (rule.kappa * users) / userFactors.rows;
  const foldIn = new FoldIn({
    rule: { ...rule, kappa },
    itemFactors: userFactors,
    itemGramian: userGramian,
  });
  return foldIn.solve(Int32Array.from(plays.keys()), plays);
}
