/**
 * Why an item has its score. x = A⁻¹Σ b_j·y_j is linear in the history, so (HKV 2008, section 5)
 *
 *   score(i) = y_iᵀx = Σ_j b_j·(y_jᵀA⁻¹y_i)
 *
 * and the terms are what each interaction contributes, under the same A as the fold-in's.
 */
import { type FoldIn, singularMatrix } from './fold-in';
import { observedTarget } from './rule';

/**
 * What each interaction of the history contributes to the score of item `target`: as many numbers as the history
 * has items, adding up to the score. Throws MATRIX_SINGULAR.
 */
export function explain(
  foldIn: FoldIn,
  itemIndices: Int32Array,
  plays: Float32Array,
  target: number,
): Float64Array {
  const { workspace, model } = foldIn;
  const staged = workspace.stageUnit(workspace.stage(itemIndices, plays), target);
  const { offsetsAt, weightsAt, targetsAt, outAt, kernels, stride } = workspace;
  const { length, reg } = staged;
  if (kernels.foldIn(offsetsAt, weightsAt, targetsAt, length, reg, false, outAt) < 0) {
    throw singularMatrix(length, reg);
  }
  const influence = workspace.floats(outAt, stride);
  const contributions = new Float64Array(itemIndices.length);
  for (let j = 0; j < contributions.length; j++) {
    const y = workspace.row(itemIndices[j]!);
    let product = 0;
    for (let k = 0; k < stride; k++) product += y[k]! * influence[k]!;
    contributions[j] = observedTarget(model.rule, plays[j]!) * product;
  }
  return contributions;
}

/**
 * For each target, the place in the history of the interaction that contributes most to its score; −1 where the
 * history is empty. About 2·d·(d + history) flop a target. Throws MATRIX_SINGULAR.
 */
export function strongestReasons(
  foldIn: FoldIn,
  itemIndices: Int32Array,
  plays: Float32Array,
  targets: Int32Array,
): Int32Array {
  const reasons = new Int32Array(targets.length).fill(-1);
  if (itemIndices.length === 0 || targets.length === 0) return reasons;
  const { workspace } = foldIn;
  const { kernels, stride, factorsAt, sumsAt } = workspace;
  const staged = workspace.stage(itemIndices, plays);
  const { length, reg } = staged;
  const columnsAt = workspace.stageTargets(staged, targets);
  const { offsetsAt, weightsAt, targetsAt } = workspace;
  if (!kernels.factorNormal(offsetsAt, weightsAt, targetsAt, length, reg)) {
    throw singularMatrix(length, reg);
  }
  const bestAt = sumsAt;
  const indexAt = sumsAt + 32;
  const panelAt = sumsAt + 64;
  const [matrix, inverse] = [kernels.normalAt(), kernels.inverseAt()];
  const index = new Int32Array(workspace.floats(indexAt, 8).buffer, indexAt, 8);
  for (let t = 0; t < targets.length; t += 8) {
    kernels.loadPanel(factorsAt, columnsAt + 4 * t, stride, panelAt);
    kernels.solvePanel(matrix, stride, inverse, panelAt);
    kernels.bestReasons(factorsAt, offsetsAt, targetsAt, length, stride, panelAt, bestAt, indexAt);
    reasons.set(index.subarray(0, Math.min(8, targets.length - t)), t);
  }
  return reasons;
}
