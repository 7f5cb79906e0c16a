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
 * History arrives as byte offsets of factor rows, weights w and targets b; the first two are padded to groups of 4 with
 * entries of weight 0.
 */
import { cholesky, solve } from './cholesky';
import { factorNormal } from './fold-in-normal';
import { applyShort, factorShort, startShort } from './fold-in-short';
import {
  factors,
  gramian,
  inverse,
  normal,
  order,
  residual,
  rowBytes,
  solution,
  step,
  used,
  weighted,
} from './fold-in-space';
import { highDoubles, lowDoubles } from './lanes';

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
  let stepSquare: f64 = 0;
  let square: f64 = 0;
  for (let k: usize = 0; k < <usize>order; k++) {
    const change = <f64>load<f32>(step + (k << 2));
    const value = load<f64>(solution + (k << 3)) + change;
    store<f64>(solution + (k << 3), value);
    stepSquare += change * change;
    square += value * value;
  }
  return square > 0 ? sqrt<f64>(stepSquare / square) : stepSquare;
}

/** residual = Σ (b − w·yᵀx)·y − reg·x − a0·G·x in float64; also rounded into `step`. */
function residualOfHistory(
  offsets: usize,
  weights: usize,
  targets: usize,
  length: i32,
  reg: f64,
): void {
  residualOfGramian(reg);
  // The row is converted once; the second pass reads it as doubles.
  const doubles = weighted;
  for (let j = 0; j < length; j++) {
    const at = (<usize>j) << 2;
    const y = factors + <usize>load<u32>(offsets + at);
    let even = f64x2.splat(0);
    let odd = f64x2.splat(0);
    for (let k: usize = 0; k < rowBytes; k += 16) {
      const values = v128.load(y + k);
      const low = lowDoubles(values);
      const high = highDoubles(values);
      const to = k << 1;
      v128.store(doubles + to, low);
      v128.store(doubles + to, high, 16);
      even = f64x2.add(even, f64x2.mul(low, v128.load(solution + to)));
      odd = f64x2.add(odd, f64x2.mul(high, v128.load(solution + to, 16)));
    }
    even = f64x2.add(even, odd);
    const product = f64x2.extract_lane(even, 0) + f64x2.extract_lane(even, 1);
    const c = <f64>load<f32>(targets + at) - <f64>load<f32>(weights + at) * product;
    const cs = f64x2.splat(c);
    for (let k: usize = 0; k < rowBytes << 1; k += 32) {
      const r = residual + k;
      v128.store(r, f64x2.add(v128.load(r), f64x2.mul(cs, v128.load(doubles + k))));
      v128.store(r, f64x2.add(v128.load(r, 16), f64x2.mul(cs, v128.load(doubles + k, 16))), 16);
    }
  }
  roundResidual();
}

function residualOfGramian(reg: f64): void {
  const bytes = rowBytes << 1;
  for (let i = 0; i < order; i++) {
    const row = gramian + (<usize>i) * bytes;
    let even = f64x2.splat(0);
    let odd = f64x2.splat(0);
    for (let k: usize = 0; k < bytes; k += 32) {
      even = f64x2.add(even, f64x2.mul(v128.load(row + k), v128.load(solution + k)));
      odd = f64x2.add(odd, f64x2.mul(v128.load(row + k, 16), v128.load(solution + k, 16)));
    }
    even = f64x2.add(even, odd);
    const product = f64x2.extract_lane(even, 0) + f64x2.extract_lane(even, 1);
    const at = (<usize>i) << 3;
    store<f64>(residual + at, -product - reg * load<f64>(solution + at));
  }
}

function roundResidual(): void {
  for (let k: usize = 0; k < <usize>order; k++) {
    store<f32>(step + (k << 2), <f32>load<f64>(residual + (k << 3)));
  }
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
