/** The normal matrix of a history, built and factored: n·d² + d³/3 flop. */
import { cholesky, solve } from './cholesky';
import {
  CHUNK,
  factors,
  gathered,
  gramian,
  inverse,
  normal,
  order,
  rowBytes,
  step,
  touch,
  used,
  weighted,
} from './fold-in-space';
import { rankUpdate } from './rank-update';

/**
 * Builds A and the right-hand side, and factors A. Leaves the factorisation for `solveNormal`.
 */
export function factorNormal(
  offsets: usize,
  weights: usize,
  targets: usize,
  length: i32,
  reg: f64,
): bool {
  for (let i = 0; i < order; i++) {
    const row = normal + (<usize>i) * rowBytes;
    const from = gramian + (<usize>i) * 2 * rowBytes;
    for (let j = i & ~7; j < order; j++) {
      store<f32>(row + ((<usize>j) << 2), <f32>load<f64>(from + ((<usize>j) << 3)));
    }
    const diagonal = load<f64>(from + ((<usize>i) << 3)) + (i < used ? reg : 1);
    store<f32>(row + ((<usize>i) << 2), <f32>diagonal);
  }
  memory.fill(step, 0, rowBytes);
  for (let first = 0; first < length; first += CHUNK) {
    const at = (<usize>first) << 2;
    const size = min(CHUNK, length - first);
    touch(offsets + at, size);
    gather(offsets + at, weights + at, targets + at, size);
    rankUpdate(weighted, gathered, size, rowBytes, normal, rowBytes, order);
  }
  return cholesky(normal, order, inverse);
}

/** Copies factor rows and their weighted forms side by side, and adds the right-hand side. */
function gather(offsets: usize, weights: usize, targets: usize, size: i32): void {
  for (let j = 0; j < size; j++) {
    const at = (<usize>j) << 2;
    const y = factors + <usize>load<u32>(offsets + at);
    const w = v128.load_splat<f32>(weights + at);
    const b = v128.load_splat<f32>(targets + at);
    const plain = gathered + (<usize>j) * rowBytes;
    const scaled = weighted + (<usize>j) * rowBytes;
    for (let k: usize = 0; k < rowBytes; k += 16) {
      const values = v128.load(y + k);
      v128.store(plain + k, values);
      v128.store(scaled + k, f32x4.mul(w, values));
      v128.store(step + k, f32x4.add(v128.load(step + k), f32x4.mul(b, values)));
    }
  }
}

/** Where `factorNormal` leaves U (order × order floats). */
export function normalAt(): usize {
  return normal;
}

/** Where `factorNormal` leaves 1/U_kk. */
export function inverseAt(): usize {
  return inverse;
}

/** x ← A⁻¹x in float32, after `factorNormal`. */
export function solveNormal(x: usize): void {
  solve(normal, order, inverse, x);
}
