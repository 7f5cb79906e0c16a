/**
 * A = UᵀU in place on the upper triangle, and the two triangular solves, four rows at a time. Each four rows are first
 * reduced by all rows above them at once (so sums stay in registers, and an entry is loaded and stored once), then
 * among themselves. Rows of U are contiguous: both solves read them in order.
 */
import { sumEach } from './lanes';
import { downdateByRowsAbove } from './rank-update';

/**
 * `matrix`: `order` rows (a multiple of 4) of floats, as long as the next multiple of 8, upper triangle read; `inverse`: order floats, receives
 * 1/U_kk. False where a pivot is not positive. What lies below the diagonal is left as it is.
 */
export function cholesky(matrix: usize, order: i32, inverse: usize): bool {
  const rowBytes = paddedBytes(order);
  for (let i = 0; i < order; i += 4) {
    const at = (<usize>i) << 2;
    const corner = matrix + (<usize>i) * rowBytes + at;
    downdateByRowsAbove(matrix, i, rowBytes, order);
    if (!factorCorner(corner, rowBytes, inverse + at)) return false;
    reduceRight(corner, rowBytes, inverse + at, ((<usize>(order - i)) << 2));
  }
  return true;
}

// @ts-ignore: decorator
@inline
function paddedBytes(order: i32): usize {
  return (<usize>((order + 7) & ~7)) << 2;
}

/** 4 × 4 at the diagonal. */
// @ts-ignore: decorator
@inline
function factorCorner(corner: usize, rowBytes: usize, inverse: usize): bool {
  const second = corner + rowBytes;
  const third = second + rowBytes;
  const fourth = third + rowBytes;
  const p0 = load<f32>(corner);
  const d0: f32 = <f32>1 / sqrt<f32>(p0);
  const u01 = load<f32>(corner, 4) * d0;
  const u02 = load<f32>(corner, 8) * d0;
  const u03 = load<f32>(corner, 12) * d0;
  const p1 = load<f32>(second, 4) - u01 * u01;
  const d1: f32 = <f32>1 / sqrt<f32>(p1);
  const u12 = (load<f32>(second, 8) - u01 * u02) * d1;
  const u13 = (load<f32>(second, 12) - u01 * u03) * d1;
  const p2 = load<f32>(third, 8) - u02 * u02 - u12 * u12;
  const d2: f32 = <f32>1 / sqrt<f32>(p2);
  const u23 = (load<f32>(third, 12) - u02 * u03 - u12 * u13) * d2;
  const p3 = load<f32>(fourth, 12) - u03 * u03 - u13 * u13 - u23 * u23;
  const d3: f32 = <f32>1 / sqrt<f32>(p3);
  store<f32>(corner, u01, 4);
  store<f32>(corner, u02, 8);
  store<f32>(corner, u03, 12);
  store<f32>(second, u12, 8);
  store<f32>(second, u13, 12);
  store<f32>(third, u23, 12);
  store<f32>(inverse, d0);
  store<f32>(inverse, d1, 4);
  store<f32>(inverse, d2, 8);
  store<f32>(inverse, d3, 12);
  return p0 > 0 && p1 > 0 && p2 > 0 && p3 > 0;
}

/** Right of the corner: `rest` bytes from the corner's own start. */
// @ts-ignore: decorator
@inline
function reduceRight(corner: usize, rowBytes: usize, inverse: usize, rest: usize): void {
  const second = corner + rowBytes;
  const third = second + rowBytes;
  const fourth = third + rowBytes;
  const d0 = v128.load_splat<f32>(inverse);
  const d1 = v128.load_splat<f32>(inverse, 4);
  const d2 = v128.load_splat<f32>(inverse, 8);
  const d3 = v128.load_splat<f32>(inverse, 12);
  for (let k: usize = 16; k < rest; k += 16) {
    const r0 = f32x4.mul(d0, v128.load(corner + k));
    v128.store(corner + k, r0);
    let r1 = v128.load(second + k);
    r1 = f32x4.sub(r1, f32x4.mul(v128.load_splat<f32>(corner, 4), r0));
    r1 = f32x4.mul(d1, r1);
    v128.store(second + k, r1);
    let r2 = v128.load(third + k);
    r2 = f32x4.sub(r2, f32x4.mul(v128.load_splat<f32>(corner, 8), r0));
    r2 = f32x4.sub(r2, f32x4.mul(v128.load_splat<f32>(second, 8), r1));
    r2 = f32x4.mul(d2, r2);
    v128.store(third + k, r2);
    let r3 = v128.load(fourth + k);
    r3 = f32x4.sub(r3, f32x4.mul(v128.load_splat<f32>(corner, 12), r0));
    r3 = f32x4.sub(r3, f32x4.mul(v128.load_splat<f32>(second, 12), r1));
    r3 = f32x4.sub(r3, f32x4.mul(v128.load_splat<f32>(third, 12), r2));
    v128.store(fourth + k, f32x4.mul(d3, r3));
  }
}

/** x ← A⁻¹x, from `cholesky`'s results. */
export function solve(matrix: usize, order: i32, inverse: usize, x: usize): void {
  const rowBytes = paddedBytes(order);
  const end = (<usize>order) << 2;
  for (let at: usize = 0; at < end; at += 16) forwardFour(matrix + at, rowBytes, inverse + at, x, x + at);
  for (let at: usize = end; at > 0; ) {
    at -= 16;
    backwardFour(matrix + (at >> 2) * rowBytes, rowBytes, inverse + at, x, at, end);
  }
}

/** Four of Uᵀz = x; `column`: four columns of U from row 0, `out`: where in x they stand. */
// @ts-ignore: decorator
@inline
function forwardFour(column: usize, rowBytes: usize, inverse: usize, x: usize, out: usize): void {
  let u = column;
  let even = v128.load(out);
  let odd = f32x4.splat(0);
  for (let z = x; z < out; z += 16, u += 4 * rowBytes) {
    even = f32x4.sub(even, f32x4.mul(v128.load_splat<f32>(z), v128.load(u)));
    odd = f32x4.add(odd, f32x4.mul(v128.load_splat<f32>(z, 4), v128.load(u + rowBytes)));
    even = f32x4.sub(even, f32x4.mul(v128.load_splat<f32>(z, 8), v128.load(u + 2 * rowBytes)));
    odd = f32x4.add(odd, f32x4.mul(v128.load_splat<f32>(z, 12), v128.load(u + 3 * rowBytes)));
  }
  const rest = f32x4.sub(even, odd);
  const second = u + rowBytes;
  const z0 = f32x4.extract_lane(rest, 0) * load<f32>(inverse);
  const z1 = (f32x4.extract_lane(rest, 1) - z0 * load<f32>(u, 4)) * load<f32>(inverse, 4);
  const r2 = f32x4.extract_lane(rest, 2) - z0 * load<f32>(u, 8) - z1 * load<f32>(second, 8);
  const z2 = r2 * load<f32>(inverse, 8);
  const r3 = f32x4.extract_lane(rest, 3) - z0 * load<f32>(u, 12) - z1 * load<f32>(second, 12);
  const z3 = (r3 - z2 * load<f32>(second + rowBytes, 12)) * load<f32>(inverse, 12);
  v128.store(out, fourOf(z0, z1, z2, z3));
}

/** Four of Ux = z, those at byte `at`; `row`: their first row of U. From the right, so that the newest x come last. */
// @ts-ignore: decorator
@inline
function backwardFour(row: usize, rowBytes: usize, inverse: usize, x: usize, at: usize, end: usize): void {
  const second = row + rowBytes;
  const third = second + rowBytes;
  const fourth = third + rowBytes;
  let c0 = f32x4.splat(0);
  let c1 = f32x4.splat(0);
  let c2 = f32x4.splat(0);
  let c3 = f32x4.splat(0);
  for (let k: usize = end - 16; k > at; k -= 16) {
    const values = v128.load(x + k);
    c0 = f32x4.add(c0, f32x4.mul(values, v128.load(row + k)));
    c1 = f32x4.add(c1, f32x4.mul(values, v128.load(second + k)));
    c2 = f32x4.add(c2, f32x4.mul(values, v128.load(third + k)));
    c3 = f32x4.add(c3, f32x4.mul(values, v128.load(fourth + k)));
  }
  const rest = f32x4.sub(v128.load(x + at), sumEach(c0, c1, c2, c3));
  const x3 = f32x4.extract_lane(rest, 3) * load<f32>(inverse, 12);
  const x2 = (f32x4.extract_lane(rest, 2) - x3 * load<f32>(third + at, 12)) * load<f32>(inverse, 8);
  const r1 = f32x4.extract_lane(rest, 1) - x3 * load<f32>(second + at, 12) - x2 * load<f32>(second + at, 8);
  const x1 = r1 * load<f32>(inverse, 4);
  const r0 = f32x4.extract_lane(rest, 0) - x3 * load<f32>(row + at, 12) - x2 * load<f32>(row + at, 8);
  const x0 = (r0 - x1 * load<f32>(row + at, 4)) * load<f32>(inverse);
  v128.store(x + at, fourOf(x0, x1, x2, x3));
}

/** Stored as one: four stores are not forwarded to the load of all four. */
// @ts-ignore: decorator
@inline
function fourOf(a: f32, b: f32, c: f32, d: f32): v128 {
  const pair = f32x4.replace_lane(f32x4.splat(a), 1, b);
  return f32x4.replace_lane(f32x4.replace_lane(pair, 2, c), 3, d);
}
