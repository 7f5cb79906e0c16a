/**
 * A half step of ALS by preconditioned conjugate gradients, in the eigenbasis of the fixed side's Gramian:
 *
 *   A = D + Σ w_j·y_j·y_jᵀ,  D = a0·Λ + reg,  b = Σ b_j·y_j,  b_j = w_j + targetOffset
 *
 * (Takács, Pilászy, Tikk, RecSys 2011, for CG on implicit ALS; the rotation makes the Gramian's product a scaling
 * and gives a preconditioner for nothing.) Never forms A. A row costs about 4·stride·(steps + ½) flop an interaction.
 *
 * The loss comes from the same numbers: xᵀAx − 2bᵀx at the start is −xᵀr − bᵀx, and a step lowers it by alpha·rᵀz.
 *
 * Rows of interactions are padded to groups of 4 with the offset of an all-zero factor row.
 */
import { sumEach, sumLanes } from './lanes';

let rowBytes: usize = 0;
let fixed: usize = 0;
let diagonal: usize = 0;
let spread: usize = 0;
let scratch: usize = 0;
let targetOffset: f32 = 0;
let relaxation: f32 = 1;

/**
 * What all rows of a half step share. `diagonalAt`: a0·Λ; `spreadAt`: mean square of the fixed rows per
 * coordinate, as the interactions meet them (the preconditioner's guess of the data term);
 * `scratchAt`: 6 rows of floats; `relax`: how far past its old place a row goes, 1 being the optimum.
 */
export function beginHalfStep(
  stride: i32,
  fixedRows: usize,
  diagonalAt: usize,
  spreadAt: usize,
  scratchAt: usize,
  offset: f32,
  relax: f32,
): void {
  rowBytes = (<usize>stride) << 2;
  fixed = fixedRows;
  diagonal = diagonalAt;
  spread = spreadAt;
  scratch = scratchAt;
  targetOffset = offset;
  relaxation = relax;
}

/**
 * Improves rows first … first+count in place; returns Σ (xᵀAx − 2bᵀx). `starts`: where each row's interactions
 * begin; `offsets`: byte offsets of fixed rows; `weights`: w; `regs`: reg of each row, negative for empty rows.
 */
export function halfStep(
  rows: usize,
  first: i32,
  count: i32,
  starts: usize,
  offsets: usize,
  weights: usize,
  regs: usize,
  steps: i32,
): f64 {
  let loss: f64 = 0;
  for (let r = first; r < first + count; r++) {
    const at = (<usize>r) << 2;
    const begin = load<u32>(starts + at);
    const length = <i32>(load<u32>(starts + at, 4) - begin);
    const row = rows + (<usize>r) * rowBytes;
    if (length == 0) {
      memory.fill(row, 0, rowBytes);
      continue;
    }
    const skip = (<usize>begin) << 2;
    loss += solveRow(row, offsets + skip, weights + skip, length, load<f32>(regs + at), steps);
  }
  return loss;
}

function solveRow(x: usize, offsets: usize, weights: usize, length: i32, reg: f32, steps: i32): f64 {
  const residual = scratch;
  const direction = scratch + rowBytes;
  const image = scratch + 2 * rowBytes;
  const d = scratch + 3 * rowBytes;
  const inverse = scratch + 4 * rowBytes;
  const before = scratch + 5 * rowBytes;
  const isNew = isZero(x);
  memory.copy(before, x, rowBytes);

  prepare(d, inverse, reg, weights, length);
  memory.fill(residual, 0, rowBytes);
  let bx: f32 = 0;
  if (isNew) addTargets(residual, offsets, weights, length);
  else bx = residualOfData(x, residual, offsets, weights, length);
  let rho: f64 = 0;
  let loss: f64 = 0;
  {
    let rhoSums = f32x4.splat(0);
    let xr = f32x4.splat(0);
    for (let k: usize = 0; k < rowBytes; k += 16) {
      const xs = v128.load(x + k);
      const r = f32x4.sub(v128.load(residual + k), f32x4.mul(v128.load(d + k), xs));
      const z = f32x4.mul(v128.load(inverse + k), r);
      v128.store(residual + k, r);
      v128.store(direction + k, z);
      rhoSums = f32x4.add(rhoSums, f32x4.mul(r, z));
      xr = f32x4.add(xr, f32x4.mul(xs, r));
    }
    rho = <f64>sumLanes(rhoSums);
    loss = -<f64>sumLanes(xr) - <f64>bx;
  }

  for (let step = 1; step <= steps; step++) {
    if (!(rho > 0)) break;
    const last = step == steps;
    let curvature: f64;
    if (last) {
      curvature = <f64>curvatureOfData(direction, offsets, weights, length);
    } else {
      memory.fill(image, 0, rowBytes);
      curvature = <f64>imageOfData(direction, image, offsets, weights, length);
    }
    let dSums = f32x4.splat(0);
    for (let k: usize = 0; k < rowBytes; k += 16) {
      const p = v128.load(direction + k);
      dSums = f32x4.add(dSums, f32x4.mul(f32x4.mul(v128.load(d + k), p), p));
    }
    curvature += <f64>sumLanes(dSums);
    if (!(curvature > 0)) break;
    const alpha = rho / curvature;
    loss -= alpha * rho;
    const alphas = f32x4.splat(<f32>alpha);
    if (last) {
      for (let k: usize = 0; k < rowBytes; k += 16) {
        v128.store(x + k, f32x4.add(v128.load(x + k), f32x4.mul(alphas, v128.load(direction + k))));
      }
      break;
    }
    let rhoSums = f32x4.splat(0);
    for (let k: usize = 0; k < rowBytes; k += 16) {
      const p = v128.load(direction + k);
      v128.store(x + k, f32x4.add(v128.load(x + k), f32x4.mul(alphas, p)));
      const q = f32x4.add(v128.load(image + k), f32x4.mul(v128.load(d + k), p));
      const r = f32x4.sub(v128.load(residual + k), f32x4.mul(alphas, q));
      v128.store(residual + k, r);
      rhoSums = f32x4.add(rhoSums, f32x4.mul(f32x4.mul(v128.load(inverse + k), r), r));
    }
    const next = <f64>sumLanes(rhoSums);
    const betas = f32x4.splat(<f32>(next / rho));
    rho = next;
    for (let k: usize = 0; k < rowBytes; k += 16) {
      const z = f32x4.mul(v128.load(inverse + k), v128.load(residual + k));
      v128.store(direction + k, f32x4.add(z, f32x4.mul(betas, v128.load(direction + k))));
    }
  }
  // A row that comes from nowhere has no way to overshoot or to shorten.
  if (relaxation != 1 && !isNew) relax(x, before);
  return loss;
}

function relax(x: usize, before: usize): void {
  const more = f32x4.splat(relaxation - 1);
  for (let k: usize = 0; k < rowBytes; k += 16) {
    const now = v128.load(x + k);
    v128.store(x + k, f32x4.add(now, f32x4.mul(more, f32x4.sub(now, v128.load(before + k)))));
  }
}

// @ts-ignore: decorator
@inline
function prepare(d: usize, inverse: usize, reg: f32, weights: usize, length: i32): void {
  let sums = f32x4.splat(0);
  for (let j = 0; j < length; j += 4) {
    sums = f32x4.add(sums, v128.load(weights + ((<usize>j) << 2)));
  }
  const total = f32x4.splat(max<f32>(0, sumLanes(sums)));
  const regs = f32x4.splat(reg);
  const one = f32x4.splat(1);
  const tiny = f32x4.splat(1e-30);
  for (let k: usize = 0; k < rowBytes; k += 16) {
    const values = f32x4.add(v128.load(diagonal + k), regs);
    v128.store(d + k, values);
    const guess = f32x4.add(values, f32x4.mul(total, v128.load(spread + k)));
    v128.store(inverse + k, f32x4.div(one, f32x4.max(guess, tiny)));
  }
}

// @ts-ignore: decorator
@inline
function fourProducts(p: usize, y0: usize, y1: usize, y2: usize, y3: usize): v128 {
  let s0 = f32x4.splat(0);
  let s1 = f32x4.splat(0);
  let s2 = f32x4.splat(0);
  let s3 = f32x4.splat(0);
  for (let k: usize = 0; k < rowBytes; k += 32) {
    const p0 = v128.load(p + k);
    const p1 = v128.load(p + k, 16);
    s0 = f32x4.add(s0, f32x4.mul(p0, v128.load(y0 + k)));
    s1 = f32x4.add(s1, f32x4.mul(p0, v128.load(y1 + k)));
    s2 = f32x4.add(s2, f32x4.mul(p0, v128.load(y2 + k)));
    s3 = f32x4.add(s3, f32x4.mul(p0, v128.load(y3 + k)));
    s0 = f32x4.add(s0, f32x4.mul(p1, v128.load(y0 + k, 16)));
    s1 = f32x4.add(s1, f32x4.mul(p1, v128.load(y1 + k, 16)));
    s2 = f32x4.add(s2, f32x4.mul(p1, v128.load(y2 + k, 16)));
    s3 = f32x4.add(s3, f32x4.mul(p1, v128.load(y3 + k, 16)));
  }
  return sumEach(s0, s1, s2, s3);
}

// @ts-ignore: decorator
@inline
function addFour(q: usize, c: v128, y0: usize, y1: usize, y2: usize, y3: usize): void {
  const c0 = v128.shuffle<f32>(c, c, 0, 0, 0, 0);
  const c1 = v128.shuffle<f32>(c, c, 1, 1, 1, 1);
  const c2 = v128.shuffle<f32>(c, c, 2, 2, 2, 2);
  const c3 = v128.shuffle<f32>(c, c, 3, 3, 3, 3);
  for (let k: usize = 0; k < rowBytes; k += 16) {
    const low = f32x4.add(
      f32x4.mul(c0, v128.load(y0 + k)),
      f32x4.mul(c1, v128.load(y1 + k)),
    );
    const high = f32x4.add(
      f32x4.mul(c2, v128.load(y2 + k)),
      f32x4.mul(c3, v128.load(y3 + k)),
    );
    v128.store(q + k, f32x4.add(v128.load(q + k), f32x4.add(low, high)));
  }
}

// @ts-ignore: decorator
@inline
function isZero(x: usize): bool {
  let bits = v128.load(x);
  for (let k: usize = 16; k < rowBytes; k += 16) bits = v128.or(bits, v128.load(x + k));
  return !v128.any_true(bits);
}

/** residual += Σ b_j·y_j: the residual of x = 0. */
function addTargets(residual: usize, offsets: usize, weights: usize, length: i32): void {
  const offset = f32x4.splat(targetOffset);
  for (let j = 0; j < length; j += 4) {
    const at = (<usize>j) << 2;
    addFour(
      residual,
      f32x4.add(v128.load(weights + at), offset),
      fixed + <usize>load<u32>(offsets + at),
      fixed + <usize>load<u32>(offsets + at, 4),
      fixed + <usize>load<u32>(offsets + at, 8),
      fixed + <usize>load<u32>(offsets + at, 12),
    );
  }
}

/** residual += Σ (b_j − w_j·(y_jᵀx))·y_j; returns bᵀx. */
function residualOfData(x: usize, residual: usize, offsets: usize, weights: usize, length: i32): f32 {
  const offset = f32x4.splat(targetOffset);
  let bx = f32x4.splat(0);
  for (let j = 0; j < length; j += 4) {
    const at = (<usize>j) << 2;
    const y0 = fixed + <usize>load<u32>(offsets + at);
    const y1 = fixed + <usize>load<u32>(offsets + at, 4);
    const y2 = fixed + <usize>load<u32>(offsets + at, 8);
    const y3 = fixed + <usize>load<u32>(offsets + at, 12);
    const t = fourProducts(x, y0, y1, y2, y3);
    const w = v128.load(weights + at);
    const b = f32x4.add(w, offset);
    bx = f32x4.add(bx, f32x4.mul(b, t));
    addFour(residual, f32x4.sub(b, f32x4.mul(w, t)), y0, y1, y2, y3);
  }
  return sumLanes(bx);
}

/** image += Σ w_j·(y_jᵀp)·y_j; returns Σ w_j·(y_jᵀp)². */
function imageOfData(p: usize, image: usize, offsets: usize, weights: usize, length: i32): f32 {
  let sums = f32x4.splat(0);
  for (let j = 0; j < length; j += 4) {
    const at = (<usize>j) << 2;
    const y0 = fixed + <usize>load<u32>(offsets + at);
    const y1 = fixed + <usize>load<u32>(offsets + at, 4);
    const y2 = fixed + <usize>load<u32>(offsets + at, 8);
    const y3 = fixed + <usize>load<u32>(offsets + at, 12);
    const t = fourProducts(p, y0, y1, y2, y3);
    const wt = f32x4.mul(v128.load(weights + at), t);
    sums = f32x4.add(sums, f32x4.mul(wt, t));
    addFour(image, wt, y0, y1, y2, y3);
  }
  return sumLanes(sums);
}

/** Σ w_j·(y_jᵀp)²: all that the last step needs. */
function curvatureOfData(p: usize, offsets: usize, weights: usize, length: i32): f32 {
  let sums = f32x4.splat(0);
  for (let j = 0; j < length; j += 4) {
    const at = (<usize>j) << 2;
    const y0 = fixed + <usize>load<u32>(offsets + at);
    const y1 = fixed + <usize>load<u32>(offsets + at, 4);
    const y2 = fixed + <usize>load<u32>(offsets + at, 8);
    const y3 = fixed + <usize>load<u32>(offsets + at, 12);
    const t = fourProducts(p, y0, y1, y2, y3);
    sums = f32x4.add(sums, f32x4.mul(f32x4.mul(v128.load(weights + at), t), t));
  }
  return sumLanes(sums);
}
