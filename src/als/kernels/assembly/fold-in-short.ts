/**
 * A history shorter than d where G is diagonal: by the matrix inversion lemma a matrix of order n is factored instead,
 * K = I + ŶŶᵀ with ŷ_j = √w_j·D^−½·y_j and D = a0·Λ + reg.
 */
import { cholesky, solve } from './cholesky';
import {
  factors,
  gramian,
  inverse,
  order,
  root,
  rowBytes,
  small,
  smallStep,
  step,
  touch,
  transposed,
  used,
} from './fold-in-space';
import { addScaled, dot } from './lanes';
import { rankUpdate } from './rank-update';

let smallOrder: i32 = 0;
let smallBytes: usize = 0;

/** Ŷᵀ (order rows of n floats) and K = I + ŶŶᵀ, factored. */
export function factorShort(offsets: usize, weights: usize, length: i32, reg: f64): bool {
  for (let k = 0; k < order; k++) {
    const value = load<f64>(gramian + ((<usize>(k * order + k)) << 3)) + reg;
    store<f32>(root + ((<usize>k) << 2), k < used && value > 0 ? <f32>(1.0 / sqrt<f64>(value)) : 0);
    if (k < used && !(value > 0)) return false;
  }
  touch(offsets, length);
  smallOrder = (length + 3) & ~3;
  smallBytes = (<usize>((length + 7) & ~7)) << 2;
  if (smallBytes > (<usize>smallOrder) << 2) memory.fill(transposed, 0, smallBytes * <usize>order);
  for (let j = 0; j < smallOrder; j += 4) {
    const at = (<usize>j) << 2;
    transposeFour(
      factors + <usize>load<u32>(offsets + at),
      factors + <usize>load<u32>(offsets + at, 4),
      factors + <usize>load<u32>(offsets + at, 8),
      factors + <usize>load<u32>(offsets + at, 12),
      f32x4.sqrt(v128.load(weights + at)),
      transposed + at,
      smallBytes,
    );
  }
  memory.fill(small, 0, smallBytes * <usize>smallOrder);
  for (let k = 0; k < smallOrder; k++) {
    store<f32>(small + (<usize>k) * smallBytes + ((<usize>k) << 2), 1);
  }
  rankUpdate(transposed, transposed, order, smallBytes, small, smallBytes, smallOrder);
  return cholesky(small, smallOrder, inverse);
}

// @ts-ignore: decorator
@inline
function transposeFour(
  y0: usize,
  y1: usize,
  y2: usize,
  y3: usize,
  scale: v128,
  out: usize,
  outBytes: usize,
): void {
  for (let k: usize = 0; k < rowBytes; k += 16) {
    const d = v128.load(root + k);
    const a = f32x4.mul(v128.load(y0 + k), d);
    const b = f32x4.mul(v128.load(y1 + k), d);
    const c = f32x4.mul(v128.load(y2 + k), d);
    const e = f32x4.mul(v128.load(y3 + k), d);
    const abLow = v128.shuffle<f32>(a, b, 0, 4, 1, 5);
    const abHigh = v128.shuffle<f32>(a, b, 2, 6, 3, 7);
    const ceLow = v128.shuffle<f32>(c, e, 0, 4, 1, 5);
    const ceHigh = v128.shuffle<f32>(c, e, 2, 6, 3, 7);
    v128.store(out, f32x4.mul(scale, v128.shuffle<f32>(abLow, ceLow, 0, 1, 4, 5)));
    v128.store(out + outBytes, f32x4.mul(scale, v128.shuffle<f32>(abLow, ceLow, 2, 3, 6, 7)));
    v128.store(out + 2 * outBytes, f32x4.mul(scale, v128.shuffle<f32>(abHigh, ceHigh, 0, 1, 4, 5)));
    v128.store(out + 3 * outBytes, f32x4.mul(scale, v128.shuffle<f32>(abHigh, ceHigh, 2, 3, 6, 7)));
    out += 4 * outBytes;
  }
}

/** step ← D^−½Ŷᵀv with K v = b/√w. */
export function startShort(weights: usize, targets: usize, length: i32): void {
  memory.fill(smallStep, 0, smallBytes);
  for (let j = 0; j < length; j++) {
    const at = (<usize>j) << 2;
    store<f32>(smallStep + at, load<f32>(targets + at) / sqrt<f32>(load<f32>(weights + at)));
  }
  solve(small, smallOrder, inverse, smallStep);
  for (let k: usize = 0; k < <usize>order; k++) {
    const sum = dot(transposed + k * smallBytes, smallStep, smallBytes);
    store<f32>(step + (k << 2), load<f32>(root + (k << 2)) * sum);
  }
}

/** step ← A⁻¹·step = D^−½(g − ŶᵀK⁻¹Ŷg), g = D^−½·step. */
export function applyShort(): void {
  memory.fill(smallStep, 0, smallBytes);
  for (let k: usize = 0; k < <usize>order; k++) {
    const g: f32 = load<f32>(step + (k << 2)) * load<f32>(root + (k << 2));
    store<f32>(step + (k << 2), g);
    addScaled(smallStep, g, transposed + k * smallBytes, smallBytes);
  }
  solve(small, smallOrder, inverse, smallStep);
  for (let k: usize = 0; k < <usize>order; k++) {
    const at = step + (k << 2);
    const sum = dot(transposed + k * smallBytes, smallStep, smallBytes);
    store<f32>(at, load<f32>(root + (k << 2)) * (load<f32>(at) - sum));
  }
}
