/**
 * What ALS minimises, in float64 and plain code: the yardstick for the trainers and the benches.
 *
 *   L = a0·Σ_{all u,i} s² + Σ_{observed} (w·s² − 2b·s + b) + Σ_u reg_u·‖x_u‖² + Σ_i reg_i·‖y_i‖²,  s = x_uᵀy_i
 *
 * Setting its gradient in x_u to zero gives rule.ts's equation. With HKV's w and b it is Σ c·(p − s)² (their eq. 3).
 */
import { computeGramian } from './gramian';
import { transpose } from './interactions';
import type { FactorMatrix, SparseRows } from './model';
import { type AlsRule, observedTarget, observedWeight, regularization } from './rule';

/** Loss of user and item factors on `interactions` (users × items). */
export function alsLoss(
  interactions: SparseRows,
  rule: AlsRule,
  userFactors: FactorMatrix,
  itemFactors: FactorMatrix,
): number {
  const users = computeGramian(userFactors);
  const items = computeGramian(itemFactors);
  let all = 0;
  for (let k = 0; k < users.length; k++) all += users[k]! * items[k]!;
  return (
    rule.unobservedWeight * all +
    observedLoss(interactions, rule, userFactors, itemFactors) +
    regularizationLoss(interactions, rule, userFactors) +
    regularizationLoss(transpose(interactions), rule, itemFactors)
  );
}

function observedLoss(
  interactions: SparseRows,
  rule: AlsRule,
  userFactors: FactorMatrix,
  itemFactors: FactorMatrix,
): number {
  const d = userFactors.columns;
  const x = userFactors.values;
  const y = itemFactors.values;
  let loss = 0;
  for (let user = 0; user < interactions.rows; user++) {
    for (let k = interactions.starts[user]!; k < interactions.starts[user + 1]!; k++) {
      const item = interactions.indices[k]! * d;
      let score = 0;
      for (let c = 0; c < d; c++) score += x[user * d + c]! * y[item + c]!;
      const plays = interactions.values[k]!;
      const b = observedTarget(rule, plays);
      loss += observedWeight(rule, plays) * score * score - 2 * b * score + b;
    }
  }
  return loss;
}

function regularizationLoss(rows: SparseRows, rule: AlsRule, factors: FactorMatrix): number {
  const d = factors.columns;
  let loss = 0;
  for (let row = 0; row < rows.rows; row++) {
    const interactions = rows.starts[row + 1]! - rows.starts[row]!;
    let square = 0;
    for (let c = row * d; c < (row + 1) * d; c++) square += factors.values[c]! ** 2;
    if (square > 0) loss += regularization(rule, interactions, rows.columns) * square;
  }
  return loss;
}
