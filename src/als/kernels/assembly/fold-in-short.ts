/**
 * A history shorter than d where G is diagonal: by the matrix inversion lemma a matrix of order n is factored instead,
 * K = I + ŶŶᵀ with ŷ_j = √w_j·D^−½·y_j and D = a0·Λ + reg.
 */
import { cholesky, solve } from './cholesky';
import {
  factors,
  inverse,
  order,
  root,
  rowBytes,
  small,
  smallStep,
  start,
  step,
  touch,
  transposed,
  used,
} from './fold-in-space';
import { sumEach } from './lanes';
import { rankUpdate } from './rank-update';

let smallOrder: i32 = 0;
let smallBytes: usize = 0;

/** Ŷᵀ (order rows of n floats) and K = I + ŶŶᵀ, factored. */
export function factorShort(offsets: usize, weights: usize, length: i32, reg: f64): bool {
  if (!rootOfDiagonal(reg)) return false;
  touch(offsets, length);
  smallOrder = (length + 3) & ~3;
  smallBytes = (<usize>((length + 7) & ~7)) << 2;
  for (let j: usize = 0; j < smallBytes >> 2; j += 4) {
    const at = j << 2;
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

/** root ← D^−½, zeros behind the last factor. */
function rootOfDiagonal(reg: f64): bool {
  let positive = true;
  for (let k: usize = 0; k < <usize>used; k++) {
    const value = load<f32>(start + k * (rowBytes + 4)) + <f32>reg;
    positive = positive && value > 0;
    store<f32>(root + (k << 2), value);
  }
  for (let k: usize = 0; k < rowBytes; k += 16) {
    v128.store(root + k, f32x4.div(f32x4.splat(1), f32x4.sqrt(v128.load(root + k))));
  }
  for (let k = used; k < order; k++) store<f32>(root + ((<usize>k) << 2), 0);
  return positive;
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
  const bytes = rowBytes;
  const roots = root;
  for (let k: usize = 0; k < bytes; k += 16) {
    const d = v128.load(roots + k);
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
  memory.fill(step, 0, rowBytes);
  subtractProducts();
  for (let k: usize = 0; k < rowBytes; k += 16) {
    const product = f32x4.neg(v128.load(step + k));
    v128.store(step + k, f32x4.mul(v128.load(root + k), product));
  }
}

/** step ← A⁻¹·step = D^−½(g − ŶᵀK⁻¹Ŷg), g = D^−½·step. */
export function applyShort(): void {
  memory.fill(smallStep, 0, smallBytes);
  for (let k: usize = 0; k < rowBytes; k += 16) {
    v128.store(step + k, f32x4.mul(v128.load(step + k), v128.load(root + k)));
    addFourScaled(smallStep, step + k, transposed + (k >> 2) * smallBytes, smallBytes);
  }
  solve(small, smallOrder, inverse, smallStep);
  subtractProducts();
  for (let k: usize = 0; k < rowBytes; k += 16) {
    v128.store(step + k, f32x4.mul(v128.load(step + k), v128.load(root + k)));
  }
}

/** y += Σ of four rows, each times one of the four factors. */
function addFourScaled(y: usize, factors: usize, rows: usize, bytes: usize): void {
  const f0 = v128.load_splat<f32>(factors);
  const f1 = v128.load_splat<f32>(factors, 4);
  const f2 = v128.load_splat<f32>(factors, 8);
  const f3 = v128.load_splat<f32>(factors, 12);
  for (let k: usize = 0; k < bytes; k += 16) {
    const row = rows + k;
    const first = f32x4.add(f32x4.mul(f0, v128.load(row)), f32x4.mul(f1, v128.load(row + bytes)));
    const third = f32x4.mul(f2, v128.load(row + 2 * bytes));
    const fourth = f32x4.mul(f3, v128.load(row + 3 * bytes));
    const sum = f32x4.add(first, f32x4.add(third, fourth));
    v128.store(y + k, f32x4.add(v128.load(y + k), sum));
  }
}

/** step −= Ŷᵀ·smallStep */
function subtractProducts(): void {
  const bytes = smallBytes;
  const v = smallStep;
  const last = v + bytes;
  let row = transposed;
  const end = step + rowBytes;
  for (let out = step; out < end; out += 16) {
    let c0 = f32x4.splat(0);
    let c1 = f32x4.splat(0);
    let c2 = f32x4.splat(0);
    let c3 = f32x4.splat(0);
    for (let x = v; x < last; x += 16, row += 16) {
      const values = v128.load(x);
      c0 = f32x4.add(c0, f32x4.mul(values, v128.load(row)));
      c1 = f32x4.add(c1, f32x4.mul(values, v128.load(row + bytes)));
      c2 = f32x4.add(c2, f32x4.mul(values, v128.load(row + 2 * bytes)));
      c3 = f32x4.add(c3, f32x4.mul(values, v128.load(row + 3 * bytes)));
    }
    row += 3 * bytes;
    v128.store(out, f32x4.sub(v128.load(out), sumEach(c0, c1, c2, c3)));
  }
}
