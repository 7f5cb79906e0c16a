/** ALS as the equations say it, with ml-matrix in float64: what every solver here is measured against. */
import { EigenvalueDecomposition, Matrix, solve } from 'ml-matrix';
import type { AlsModel, FactorMatrix, SparseRows } from '../../src/als/model';
import { type AlsRule, observedTarget, observedWeight, regularization } from '../../src/als/rule';

/** One row's exact factors. */
export function denseRow(
  rule: AlsRule,
  fixed: FactorMatrix,
  indices: ArrayLike<number>,
  plays: ArrayLike<number>,
): Float64Array {
  const { a, b } = denseSystem(rule, fixed, indices, plays);
  return Float64Array.from(solve(a, b).to1DArray());
}

/** A and b of a row. */
export function denseSystem(
  rule: AlsRule,
  fixed: FactorMatrix,
  indices: ArrayLike<number>,
  plays: ArrayLike<number>,
): { a: Matrix; b: Matrix } {
  const y = toMatrix(fixed);
  const a = y.transpose().mmul(y).mul(rule.unobservedWeight);
  const b = Matrix.zeros(fixed.columns, 1);
  for (let j = 0; j < indices.length; j++) {
    const row = y.getRowVector(indices[j]!).transpose();
    a.add(row.mmul(row.transpose()).mul(observedWeight(rule, plays[j]!)));
    b.add(row.clone().mul(observedTarget(rule, plays[j]!)));
  }
  const reg = regularization(rule, indices.length, fixed.rows);
  a.add(Matrix.eye(fixed.columns).mul(reg));
  return { a, b };
}

/** All rows of a side. */
export function denseHalfStep(
  rule: AlsRule,
  fixed: FactorMatrix,
  interactions: SparseRows,
): FactorMatrix {
  const values = new Float32Array(interactions.rows * fixed.columns);
  for (let r = 0; r < interactions.rows; r++) {
    const [first, end] = [interactions.starts[r]!, interactions.starts[r + 1]!];
    if (first === end) continue;
    const indices = interactions.indices.subarray(first, end);
    const plays = interactions.values.subarray(first, end);
    values.set(denseRow(rule, fixed, indices, plays), r * fixed.columns);
  }
  return { rows: interactions.rows, columns: fixed.columns, values };
}

export function toMatrix(factors: FactorMatrix): Matrix {
  const matrix = new Matrix(factors.rows, factors.columns);
  for (let r = 0; r < factors.rows; r++) {
    for (let c = 0; c < factors.columns; c++) {
      matrix.set(r, c, factors.values[r * factors.columns + c]!);
    }
  }
  return matrix;
}

export function denseGramian(factors: FactorMatrix): Float64Array {
  const y = toMatrix(factors);
  return Float64Array.from(y.transpose().mmul(y).to1DArray());
}

export function denseModel(rule: AlsRule, itemFactors: FactorMatrix): AlsModel {
  return { rule, itemFactors, itemGramian: denseGramian(itemFactors) };
}

/** The same model in the eigenbasis of its Gramian, as the trainers deliver it: the Gramian is (nearly) diagonal. */
export function diagonalModel(rule: AlsRule, itemFactors: FactorMatrix): AlsModel {
  const y = toMatrix(itemFactors);
  const basis = new EigenvalueDecomposition(y.transpose().mmul(y)).eigenvectorMatrix;
  const values = Float32Array.from(y.mmul(basis).to1DArray());
  return denseModel(rule, { ...itemFactors, values });
}

/** ‖a − b‖ / ‖b‖ */
export function relativeDifference(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let difference = 0;
  let size = 0;
  for (let k = 0; k < b.length; k++) {
    difference += (a[k]! - b[k]!) ** 2;
    size += b[k]! ** 2;
  }
  return Math.sqrt(difference / Math.max(size, 1e-300));
}
