/** The normal matrix of a history, built and factored: n·d² + d³/3 flop. */
import { cholesky, solve } from './cholesky';
import {
  CHUNK,
  factors,
  gathered,
  inverse,
  normal,
  order,
  rowBytes,
  start,
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
  memory.copy(normal, start, rowBytes * <usize>order);
  for (let i: usize = 0; i < <usize>order; i++) {
    const at = i * rowBytes + (i << 2);
    store<f32>(normal + at, load<f32>(start + at) + <f32>(i < <usize>used ? reg : 1));
  }
  memory.fill(step, 0, rowBytes);
  for (let first = 0; first < length; first += CHUNK) {
    const at = (<usize>first) << 2;
    const size = min(CHUNK, length - first);
    touch(offsets + at, size);
    const isSigned = gather(offsets + at, weights + at, targets + at, size);
    if (isSigned) turnNegative(weights + at, size);
    const left = isSigned ? weighted : gathered;
    rankUpdate(left, gathered, size, rowBytes, normal, rowBytes, order);
  }
  return cholesky(normal, order, inverse);
}

/** Factor rows times √|w|, side by side, and the right-hand side; four rows at a time. True where a w is negative. */
function gather(offsets: usize, weights: usize, targets: usize, size: i32): bool {
  const bytes = rowBytes;
  const sums = step;
  let negative = i32x4.splat(0);
  for (let j = 0; j < size; j += 4) {
    const at = (<usize>j) << 2;
    const y0 = factors + <usize>load<u32>(offsets + at);
    const y1 = factors + <usize>load<u32>(offsets + at, 4);
    const y2 = factors + <usize>load<u32>(offsets + at, 8);
    const y3 = factors + <usize>load<u32>(offsets + at, 12);
    const w = v128.load(weights + at);
    negative = v128.or(negative, f32x4.lt(w, f32x4.splat(0)));
    const roots = f32x4.sqrt(f32x4.abs(w));
    const w0 = v128.shuffle<f32>(roots, roots, 0, 0, 0, 0);
    const w1 = v128.shuffle<f32>(roots, roots, 1, 1, 1, 1);
    const w2 = v128.shuffle<f32>(roots, roots, 2, 2, 2, 2);
    const w3 = v128.shuffle<f32>(roots, roots, 3, 3, 3, 3);
    const b0 = v128.load_splat<f32>(targets + at);
    const b1 = v128.load_splat<f32>(targets + at, 4);
    const b2 = v128.load_splat<f32>(targets + at, 8);
    const b3 = v128.load_splat<f32>(targets + at, 12);
    const out = gathered + (<usize>j) * bytes;
    for (let k: usize = 0; k < bytes; k += 16) {
      const v0 = v128.load(y0 + k);
      const v1 = v128.load(y1 + k);
      const v2 = v128.load(y2 + k);
      const v3 = v128.load(y3 + k);
      v128.store(out + k, f32x4.mul(w0, v0));
      v128.store(out + k + bytes, f32x4.mul(w1, v1));
      v128.store(out + k + 2 * bytes, f32x4.mul(w2, v2));
      v128.store(out + k + 3 * bytes, f32x4.mul(w3, v3));
      const first = f32x4.add(f32x4.mul(b0, v0), f32x4.mul(b1, v1));
      const second = f32x4.add(f32x4.mul(b2, v2), f32x4.mul(b3, v3));
      v128.store(sums + k, f32x4.add(v128.load(sums + k), f32x4.add(first, second)));
    }
  }
  return v128.any_true(negative);
}

/** `weighted` ← the gathered rows, those of negative w with their sign turned. */
function turnNegative(weights: usize, size: i32): void {
  for (let j: usize = 0; j < <usize>size; j++) {
    const sign = f32x4.splat(load<f32>(weights + (j << 2)) < 0 ? -1 : 1);
    const at = j * rowBytes;
    for (let k: usize = 0; k < rowBytes; k += 16) {
      v128.store(weighted + at + k, f32x4.mul(sign, v128.load(gathered + at + k)));
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
