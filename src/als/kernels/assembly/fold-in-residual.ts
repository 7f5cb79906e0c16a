/** What a solution leaves, in float64: residual = Σ (b − w·yᵀx)·y − reg·x − a0·G·x. */
import { factors, gramian, order, residual, rowBytes, solution, step, weighted } from './fold-in-space';

/** The residual of a staged history; also rounded into `step`. Reads whole groups of 4 interactions. */
export function residualOfHistory(
  offsets: usize,
  weights: usize,
  targets: usize,
  length: i32,
  reg: f64,
): void {
  residualOfGramian(reg);
  for (let j = 0; j < length; j += 4) {
    const at = (<usize>j) << 2;
    addFour(offsets + at, weights + at, targets + at);
  }
  roundResidual();
}

/** Four rows are converted once, into work space; the second pass reads them as doubles. */
// @ts-ignore: decorator
@inline
function addFour(offsets: usize, weights: usize, targets: usize): void {
  let y0 = factors + <usize>load<u32>(offsets);
  let y1 = factors + <usize>load<u32>(offsets, 4);
  let y2 = factors + <usize>load<u32>(offsets, 8);
  let y3 = factors + <usize>load<u32>(offsets, 12);
  let s0 = f64x2.splat(0);
  let s1 = f64x2.splat(0);
  let s2 = f64x2.splat(0);
  let s3 = f64x2.splat(0);
  const bytes = rowBytes << 1;
  const end = solution + bytes;
  let doubles = weighted;
  for (let x = solution; x < end; x += 32, doubles += 128, y0 += 16, y1 += 16, y2 += 16, y3 += 16) {
    const low = v128.load(x);
    const high = v128.load(x, 16);
    let v: v128;
    v = f64x2.promote_low_f32x4(v128.load64_zero(y0));
    v128.store(doubles, v);
    s0 = f64x2.add(s0, f64x2.mul(v, low));
    v = f64x2.promote_low_f32x4(v128.load64_zero(y1));
    v128.store(doubles, v, 16);
    s1 = f64x2.add(s1, f64x2.mul(v, low));
    v = f64x2.promote_low_f32x4(v128.load64_zero(y2));
    v128.store(doubles, v, 32);
    s2 = f64x2.add(s2, f64x2.mul(v, low));
    v = f64x2.promote_low_f32x4(v128.load64_zero(y3));
    v128.store(doubles, v, 48);
    s3 = f64x2.add(s3, f64x2.mul(v, low));
    v = f64x2.promote_low_f32x4(v128.load64_zero(y0, 8));
    v128.store(doubles, v, 64);
    s0 = f64x2.add(s0, f64x2.mul(v, high));
    v = f64x2.promote_low_f32x4(v128.load64_zero(y1, 8));
    v128.store(doubles, v, 80);
    s1 = f64x2.add(s1, f64x2.mul(v, high));
    v = f64x2.promote_low_f32x4(v128.load64_zero(y2, 8));
    v128.store(doubles, v, 96);
    s2 = f64x2.add(s2, f64x2.mul(v, high));
    v = f64x2.promote_low_f32x4(v128.load64_zero(y3, 8));
    v128.store(doubles, v, 112);
    s3 = f64x2.add(s3, f64x2.mul(v, high));
  }
  const c0 = share(s0, weights, targets, 0);
  const c1 = share(s1, weights, targets, 4);
  const c2 = share(s2, weights, targets, 8);
  const c3 = share(s3, weights, targets, 12);
  doubles = weighted;
  const last = residual + bytes;
  for (let r = residual; r < last; r += 32, doubles += 128) {
    addShares(r, doubles, c0, c1, c2, c3);
    addShares(r + 16, doubles + 64, c0, c1, c2, c3);
  }
}

// @ts-ignore: decorator
@inline
function addShares(r: usize, doubles: usize, c0: v128, c1: v128, c2: v128, c3: v128): void {
  const low = f64x2.add(f64x2.mul(c0, v128.load(doubles)), f64x2.mul(c1, v128.load(doubles, 16)));
  const high = f64x2.add(f64x2.mul(c2, v128.load(doubles, 32)), f64x2.mul(c3, v128.load(doubles, 48)));
  v128.store(r, f64x2.add(v128.load(r), f64x2.add(low, high)));
}

/** b − w·yᵀx in both lanes. */
// @ts-ignore: decorator
@inline
function share(sums: v128, weights: usize, targets: usize, at: usize): v128 {
  const product = f64x2.extract_lane(sums, 0) + f64x2.extract_lane(sums, 1);
  return f64x2.splat(<f64>load<f32>(targets + at) - <f64>load<f32>(weights + at) * product);
}

/** residual = −reg·x − a0·G·x, four rows of G at a time. */
export function residualOfGramian(reg: f64): void {
  const bytes = rowBytes << 1;
  const end = solution + bytes;
  for (let i: usize = 0; i < <usize>order; i += 4) {
    let g0 = gramian + i * bytes;
    let s0 = f64x2.splat(0);
    let s1 = f64x2.splat(0);
    let s2 = f64x2.splat(0);
    let s3 = f64x2.splat(0);
    for (let x = solution; x < end; x += 16, g0 += 16) {
      const values = v128.load(x);
      s0 = f64x2.add(s0, f64x2.mul(v128.load(g0), values));
      s1 = f64x2.add(s1, f64x2.mul(v128.load(g0 + bytes), values));
      s2 = f64x2.add(s2, f64x2.mul(v128.load(g0 + 2 * bytes), values));
      s3 = f64x2.add(s3, f64x2.mul(v128.load(g0 + 3 * bytes), values));
    }
    const at = i << 3;
    storeTwo(residual + at, solution + at, s0, s1, reg);
    storeTwo(residual + at + 16, solution + at + 16, s2, s3, reg);
  }
}

// @ts-ignore: decorator
@inline
function storeTwo(out: usize, x: usize, a: v128, b: v128, reg: f64): void {
  const products = f64x2.add(v128.shuffle<f64>(a, b, 0, 2), v128.shuffle<f64>(a, b, 1, 3));
  const shrunk = f64x2.mul(f64x2.splat(reg), v128.load(x));
  v128.store(out, f64x2.neg(f64x2.add(products, shrunk)));
}

export function roundResidual(): void {
  for (let k: usize = 0; k < <usize>order; k += 4) {
    const low = f32x4.demote_f64x2_zero(v128.load(residual + (k << 3)));
    const high = f32x4.demote_f64x2_zero(v128.load(residual + (k << 3), 16));
    v128.store(step + (k << 2), v128.shuffle<f32>(low, high, 0, 1, 4, 5));
  }
}
