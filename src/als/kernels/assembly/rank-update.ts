/**
 * C += AᵀB on the upper triangle, the one dense kernel under the Gramian, the normal matrix and (as C −= AᵀA, four
 * rows at a time) the Cholesky factorisation. A tile of 4 × 8 sums lives in registers; rows of A and B are read in order.
 *
 * A and B: `count` rows of `rowBytes`; C: `order` × `order` (a multiple of 4) with rows of
 * `outRowBytes`.
 */

// @ts-ignore: decorator
@inline
function tile(
  a: usize,
  b: usize,
  count: i32,
  rowBytes: usize,
  out: usize,
  outRowBytes: usize,
  subtract: bool,
): void {
  let c00 = f32x4.splat(0);
  let c01 = f32x4.splat(0);
  let c10 = f32x4.splat(0);
  let c11 = f32x4.splat(0);
  let c20 = f32x4.splat(0);
  let c21 = f32x4.splat(0);
  let c30 = f32x4.splat(0);
  let c31 = f32x4.splat(0);
  for (let k = 0; k < count; k++) {
    const b0 = v128.load(b);
    const b1 = v128.load(b, 16);
    const a0 = v128.load_splat<f32>(a);
    c00 = f32x4.add(c00, f32x4.mul(a0, b0));
    c01 = f32x4.add(c01, f32x4.mul(a0, b1));
    const a1 = v128.load_splat<f32>(a, 4);
    c10 = f32x4.add(c10, f32x4.mul(a1, b0));
    c11 = f32x4.add(c11, f32x4.mul(a1, b1));
    const a2 = v128.load_splat<f32>(a, 8);
    c20 = f32x4.add(c20, f32x4.mul(a2, b0));
    c21 = f32x4.add(c21, f32x4.mul(a2, b1));
    const a3 = v128.load_splat<f32>(a, 12);
    c30 = f32x4.add(c30, f32x4.mul(a3, b0));
    c31 = f32x4.add(c31, f32x4.mul(a3, b1));
    a += rowBytes;
    b += rowBytes;
  }
  merge(out, c00, c01, subtract);
  merge(out + outRowBytes, c10, c11, subtract);
  merge(out + 2 * outRowBytes, c20, c21, subtract);
  merge(out + 3 * outRowBytes, c30, c31, subtract);
}

// @ts-ignore: decorator
@inline
function merge(out: usize, low: v128, high: v128, subtract: bool): void {
  if (subtract) {
    v128.store(out, f32x4.sub(v128.load(out), low));
    v128.store(out, f32x4.sub(v128.load(out, 16), high), 16);
  } else {
    v128.store(out, f32x4.add(v128.load(out), low));
    v128.store(out, f32x4.add(v128.load(out, 16), high), 16);
  }
}

/** Half a tile, 4 × 4: where the other half lies below the diagonal, or right of the matrix. */
// @ts-ignore: decorator
@inline
function narrowTile(
  a: usize,
  b: usize,
  count: i32,
  rowBytes: usize,
  out: usize,
  outRowBytes: usize,
  subtract: bool,
): void {
  let c0 = f32x4.splat(0);
  let c1 = f32x4.splat(0);
  let c2 = f32x4.splat(0);
  let c3 = f32x4.splat(0);
  for (let k = 0; k < count; k++) {
    const right = v128.load(b);
    c0 = f32x4.add(c0, f32x4.mul(v128.load_splat<f32>(a), right));
    c1 = f32x4.add(c1, f32x4.mul(v128.load_splat<f32>(a, 4), right));
    c2 = f32x4.add(c2, f32x4.mul(v128.load_splat<f32>(a, 8), right));
    c3 = f32x4.add(c3, f32x4.mul(v128.load_splat<f32>(a, 12), right));
    a += rowBytes;
    b += rowBytes;
  }
  mergeFour(out, c0, subtract);
  mergeFour(out + outRowBytes, c1, subtract);
  mergeFour(out + 2 * outRowBytes, c2, subtract);
  mergeFour(out + 3 * outRowBytes, c3, subtract);
}

// @ts-ignore: decorator
@inline
function mergeFour(out: usize, values: v128, subtract: bool): void {
  const old = v128.load(out);
  v128.store(out, subtract ? f32x4.sub(old, values) : f32x4.add(old, values));
}

/** Four rows of C from `i` (a multiple of 4), from the diagonal to the right. */
// @ts-ignore: decorator
@inline
function tilesOfFourRows(
  a: usize,
  b: usize,
  count: i32,
  rowBytes: usize,
  out: usize,
  outRowBytes: usize,
  i: i32,
  order: i32,
  subtract: bool,
): void {
  const left = a + ((<usize>i) << 2);
  const row = out + (<usize>i) * outRowBytes;
  let j = i;
  if (i & 4) {
    const at = (<usize>i) << 2;
    narrowTile(left, b + at, count, rowBytes, row + at, outRowBytes, subtract);
    j += 4;
  }
  for (; j + 8 <= order; j += 8) {
    const at = (<usize>j) << 2;
    tile(left, b + at, count, rowBytes, row + at, outRowBytes, subtract);
  }
  if (j < order) {
    const at = (<usize>j) << 2;
    narrowTile(left, b + at, count, rowBytes, row + at, outRowBytes, subtract);
  }
}

export function rankUpdate(
  a: usize,
  b: usize,
  count: i32,
  rowBytes: usize,
  out: usize,
  outRowBytes: usize,
  order: i32,
): void {
  for (let i = 0; i < order; i += 4) {
    tilesOfFourRows(a, b, count, rowBytes, out, outRowBytes, i, order, false);
  }
}

/** Rows i … i+3 of C −= (rows 0 … i−1 of C)ᵀ(the same), from the diagonal to the right: what lies above is done. */
export function downdateByRowsAbove(matrix: usize, i: i32, rowBytes: usize, order: i32): void {
  tilesOfFourRows(matrix, matrix, i, rowBytes, matrix, rowBytes, i, order, true);
}
