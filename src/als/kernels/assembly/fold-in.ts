/**
 * One row solved exactly, from its whole history, the fixed side given:
 *
 *   A x = Σ b_j·y_j,   A = a0·G + reg·I + Σ w_j·y_j·y_jᵀ
 *
 * A float32 factorisation, then refinement: the residual is taken in float64 from the interactions themselves,
 * so the answer is exact to float32 whatever the factorisation lost. Two factorisations:
 *
 * - long history: A itself (n·d² + d³/3 flop);
 * - history shorter than d, G diagonal (the model's own basis): with D = a0·Λ + reg and ŷ_j = √w_j·D^−½·y_j,
 *   K = I + ŶŶᵀ of order n (n²·d + n³/3), by the matrix inversion lemma.
 *
 * History arrives as byte offsets of factor rows, weights w and targets b, padded to groups of 8 with entries of weight
 * and target 0.
 */
import { cholesky, solve } from './cholesky';
import { factorNormal } from './fold-in-normal';
import { applyShort, factorShort, startShort } from './fold-in-short';
import { residualOfGramian, residualOfHistory, roundResidual } from './fold-in-residual';
import {
  gramian,
  inverse,
  normal,
  order,
  residual,
  rowBytes,
  solution,
  step,
  used,
} from './fold-in-space';

export { beginFoldIn, foldInWorkBytes } from './fold-in-space';
export { factorNormal, inverseAt, normalAt, solveNormal } from './fold-in-normal';

/** Refinement halves nothing away slowly: 8 rounds are reached only by matrices beyond float32. */
const ROUNDS_MAX = 8;

/**
 * Solves for a history of `length`; writes `order` floats at `out`. Returns the refinement rounds, or −1 where the
 * matrix is not positive definite in float32.
 */
export function foldIn(
  offsets: usize,
  weights: usize,
  targets: usize,
  length: i32,
  reg: f64,
  short: bool,
  out: usize,
): i32 {
  if (short) {
    if (!factorShort(offsets, weights, length, reg)) return -1;
    startShort(weights, targets, length);
  } else {
    if (!factorNormal(offsets, weights, targets, length, reg)) return -1;
    solve(normal, order, inverse, step);
  }
  memory.fill(solution, 0, 2 * rowBytes);
  let rounds = 0;
  while (true) {
    const change = addStep();
    if (!(change > 1e-7)) break;
    if (rounds > 0 && change <= 1e-3) break;
    if (rounds == ROUNDS_MAX) return -1;
    rounds++;
    residualOfHistory(offsets, weights, targets, length, reg);
    if (short) applyShort();
    else solve(normal, order, inverse, step);
  }
  for (let k = 0; k < order; k++) {
    store<f32>(out + ((<usize>k) << 2), <f32>load<f64>(solution + ((<usize>k) << 3)));
  }
  return rounds;
}

/** solution += step; returns ‖step‖ / ‖solution‖. */
function addStep(): f64 {
  let changes = f64x2.splat(0);
  let values = f64x2.splat(0);
  for (let k: usize = 0; k < <usize>order; k += 2) {
    const at = solution + (k << 3);
    const change = f64x2.promote_low_f32x4(v128.load64_zero(step + (k << 2)));
    const value = f64x2.add(v128.load(at), change);
    v128.store(at, value);
    changes = f64x2.add(changes, f64x2.mul(change, change));
    values = f64x2.add(values, f64x2.mul(value, value));
  }
  const stepSquare = f64x2.extract_lane(changes, 0) + f64x2.extract_lane(changes, 1);
  const square = f64x2.extract_lane(values, 0) + f64x2.extract_lane(values, 1);
  return square > 0 ? sqrt<f64>(stepSquare / square) : stepSquare;
}

/**
 * A history that is kept as a sum: `matrix` = Σ w·y·yᵀ (order × order doubles, full), `rhs` = Σ b·y (doubles).
 */
export function foldInSums(matrix: usize, rhs: usize, reg: f64, out: usize): i32 {
  for (let i = 0; i < order; i++) {
    const row = normal + (<usize>i) * rowBytes;
    const at = (<usize>i) * 2 * rowBytes;
    for (let j = i & ~7; j < order; j++) {
      const column = (<usize>j) << 3;
      const value = load<f64>(gramian + at + column) + load<f64>(matrix + at + column);
      store<f32>(row + ((<usize>j) << 2), <f32>(i == j ? value + (i < used ? reg : 1) : value));
    }
    store<f32>(step + ((<usize>i) << 2), <f32>load<f64>(rhs + ((<usize>i) << 3)));
  }
  if (!cholesky(normal, order, inverse)) return -1;
  solve(normal, order, inverse, step);
  memory.fill(solution, 0, 2 * rowBytes);
  let rounds = 0;
  while (true) {
    const change = addStep();
    if (!(change > 1e-7)) break;
    if (rounds > 0 && change <= 1e-3) break;
    if (rounds == ROUNDS_MAX) return -1;
    rounds++;
    residualOfGramian(reg);
    for (let i = 0; i < order; i++) {
      const row = matrix + (<usize>i) * 2 * rowBytes;
      let sum = load<f64>(residual + ((<usize>i) << 3)) + load<f64>(rhs + ((<usize>i) << 3));
      for (let j = 0; j < order; j++) {
        const column = (<usize>j) << 3;
        sum -= load<f64>(row + column) * load<f64>(solution + column);
      }
      store<f64>(residual + ((<usize>i) << 3), sum);
    }
    roundResidual();
    solve(normal, order, inverse, step);
  }
  for (let k = 0; k < order; k++) {
    store<f32>(out + ((<usize>k) << 2), <f32>load<f64>(solution + ((<usize>k) << 3)));
  }
  return rounds;
}
