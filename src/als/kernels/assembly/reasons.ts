/**
 * Which interaction speaks most for each of many targets: score(i) = Σ_j b_j·(y_jᵀA⁻¹y_i), and of the terms of
 * each sum the largest is wanted. Targets are handled in panels of 8 columns ([k][8]); A is factored before.
 */

/** panel (order × 8 floats) ← the rows at 8 `offsets`, transposed. */
export function loadPanel(factors: usize, offsets: usize, order: i32, panel: usize): void {
  for (let t = 0; t < 8; t++) {
    const y = factors + <usize>load<u32>(offsets + ((<usize>t) << 2));
    for (let k = 0; k < order; k++) {
      store<f32>(panel + ((<usize>(k * 8 + t)) << 2), load<f32>(y + ((<usize>k) << 2)));
    }
  }
}

/** panel ← A⁻¹·panel, A = UᵀU with `inverse` = 1/U_kk. */
export function solvePanel(matrix: usize, order: i32, inverse: usize, panel: usize): void {
  const rowBytes = (<usize>order) << 2;
  for (let i = 0; i < order; i += 4) {
    forwardFour(matrix + ((<usize>i) << 2), rowBytes, i, inverse + ((<usize>i) << 2), panel);
  }
  for (let i = order - 4; i >= 0; i -= 4) {
    backwardFour(matrix + (<usize>i) * rowBytes, rowBytes, i, order, inverse + ((<usize>i) << 2), panel);
  }
}

/** Rows i … i+3 of Uᵀz = v; `column`: U[0][i]. */
function forwardFour(column: usize, rowBytes: usize, i: i32, inverse: usize, panel: usize): void {
  const out = panel + ((<usize>i) << 5);
  let c00 = v128.load(out);
  let c01 = v128.load(out, 16);
  let c10 = v128.load(out, 32);
  let c11 = v128.load(out, 48);
  let c20 = v128.load(out, 64);
  let c21 = v128.load(out, 80);
  let c30 = v128.load(out, 96);
  let c31 = v128.load(out, 112);
  let u = column;
  for (let z = panel; z < out; z += 32, u += rowBytes) {
    const z0 = v128.load(z);
    const z1 = v128.load(z, 16);
    const u0 = v128.load_splat<f32>(u);
    c00 = f32x4.sub(c00, f32x4.mul(u0, z0));
    c01 = f32x4.sub(c01, f32x4.mul(u0, z1));
    const u1 = v128.load_splat<f32>(u, 4);
    c10 = f32x4.sub(c10, f32x4.mul(u1, z0));
    c11 = f32x4.sub(c11, f32x4.mul(u1, z1));
    const u2 = v128.load_splat<f32>(u, 8);
    c20 = f32x4.sub(c20, f32x4.mul(u2, z0));
    c21 = f32x4.sub(c21, f32x4.mul(u2, z1));
    const u3 = v128.load_splat<f32>(u, 12);
    c30 = f32x4.sub(c30, f32x4.mul(u3, z0));
    c31 = f32x4.sub(c31, f32x4.mul(u3, z1));
  }
  const d0 = v128.load_splat<f32>(inverse);
  c00 = f32x4.mul(c00, d0);
  c01 = f32x4.mul(c01, d0);
  const u01 = v128.load_splat<f32>(u, 4);
  const d1 = v128.load_splat<f32>(inverse, 4);
  c10 = f32x4.mul(d1, f32x4.sub(c10, f32x4.mul(u01, c00)));
  c11 = f32x4.mul(d1, f32x4.sub(c11, f32x4.mul(u01, c01)));
  const u02 = v128.load_splat<f32>(u, 8);
  const u12 = v128.load_splat<f32>(u + rowBytes, 8);
  const d2 = v128.load_splat<f32>(inverse, 8);
  c20 = f32x4.mul(d2, f32x4.sub(f32x4.sub(c20, f32x4.mul(u02, c00)), f32x4.mul(u12, c10)));
  c21 = f32x4.mul(d2, f32x4.sub(f32x4.sub(c21, f32x4.mul(u02, c01)), f32x4.mul(u12, c11)));
  const u03 = v128.load_splat<f32>(u, 12);
  const u13 = v128.load_splat<f32>(u + rowBytes, 12);
  const u23 = v128.load_splat<f32>(u + 2 * rowBytes, 12);
  const d3 = v128.load_splat<f32>(inverse, 12);
  c30 = f32x4.sub(f32x4.sub(c30, f32x4.mul(u03, c00)), f32x4.mul(u13, c10));
  c31 = f32x4.sub(f32x4.sub(c31, f32x4.mul(u03, c01)), f32x4.mul(u13, c11));
  c30 = f32x4.mul(d3, f32x4.sub(c30, f32x4.mul(u23, c20)));
  c31 = f32x4.mul(d3, f32x4.sub(c31, f32x4.mul(u23, c21)));
  v128.store(out, c00);
  v128.store(out, c01, 16);
  v128.store(out, c10, 32);
  v128.store(out, c11, 48);
  v128.store(out, c20, 64);
  v128.store(out, c21, 80);
  v128.store(out, c30, 96);
  v128.store(out, c31, 112);
}

/** Rows i … i+3 of Ux = z; `row`: U[i][0]. */
function backwardFour(
  row: usize,
  rowBytes: usize,
  i: i32,
  order: i32,
  inverse: usize,
  panel: usize,
): void {
  const out = panel + ((<usize>i) << 5);
  let c00 = v128.load(out);
  let c01 = v128.load(out, 16);
  let c10 = v128.load(out, 32);
  let c11 = v128.load(out, 48);
  let c20 = v128.load(out, 64);
  let c21 = v128.load(out, 80);
  let c30 = v128.load(out, 96);
  let c31 = v128.load(out, 112);
  const end = panel + ((<usize>order) << 5);
  let u = row + ((<usize>(i + 4)) << 2);
  const second = rowBytes;
  const third = rowBytes << 1;
  const fourth = third + rowBytes;
  for (let x = out + 128; x < end; x += 32, u += 4) {
    const x0 = v128.load(x);
    const x1 = v128.load(x, 16);
    const u0 = v128.load_splat<f32>(u);
    c00 = f32x4.sub(c00, f32x4.mul(u0, x0));
    c01 = f32x4.sub(c01, f32x4.mul(u0, x1));
    const u1 = v128.load_splat<f32>(u + second);
    c10 = f32x4.sub(c10, f32x4.mul(u1, x0));
    c11 = f32x4.sub(c11, f32x4.mul(u1, x1));
    const u2 = v128.load_splat<f32>(u + third);
    c20 = f32x4.sub(c20, f32x4.mul(u2, x0));
    c21 = f32x4.sub(c21, f32x4.mul(u2, x1));
    const u3 = v128.load_splat<f32>(u + fourth);
    c30 = f32x4.sub(c30, f32x4.mul(u3, x0));
    c31 = f32x4.sub(c31, f32x4.mul(u3, x1));
  }
  const corner = row + ((<usize>i) << 2);
  const d3 = v128.load_splat<f32>(inverse, 12);
  c30 = f32x4.mul(c30, d3);
  c31 = f32x4.mul(c31, d3);
  const u23 = v128.load_splat<f32>(corner + third, 12);
  const d2 = v128.load_splat<f32>(inverse, 8);
  c20 = f32x4.mul(d2, f32x4.sub(c20, f32x4.mul(u23, c30)));
  c21 = f32x4.mul(d2, f32x4.sub(c21, f32x4.mul(u23, c31)));
  const u12 = v128.load_splat<f32>(corner + second, 8);
  const u13 = v128.load_splat<f32>(corner + second, 12);
  const d1 = v128.load_splat<f32>(inverse, 4);
  c10 = f32x4.mul(d1, f32x4.sub(f32x4.sub(c10, f32x4.mul(u12, c20)), f32x4.mul(u13, c30)));
  c11 = f32x4.mul(d1, f32x4.sub(f32x4.sub(c11, f32x4.mul(u12, c21)), f32x4.mul(u13, c31)));
  const u01 = v128.load_splat<f32>(corner, 4);
  const u02 = v128.load_splat<f32>(corner, 8);
  const u03 = v128.load_splat<f32>(corner, 12);
  const d0 = v128.load_splat<f32>(inverse);
  c00 = f32x4.sub(f32x4.sub(c00, f32x4.mul(u01, c10)), f32x4.mul(u02, c20));
  c01 = f32x4.sub(f32x4.sub(c01, f32x4.mul(u01, c11)), f32x4.mul(u02, c21));
  c00 = f32x4.mul(d0, f32x4.sub(c00, f32x4.mul(u03, c30)));
  c01 = f32x4.mul(d0, f32x4.sub(c01, f32x4.mul(u03, c31)));
  v128.store(out, c00);
  v128.store(out, c01, 16);
  v128.store(out, c10, 32);
  v128.store(out, c11, 48);
  v128.store(out, c20, 64);
  v128.store(out, c21, 80);
  v128.store(out, c30, 96);
  v128.store(out, c31, 112);
}

/**
 * best[t], index[t] ← the largest b_j·(y_jᵀ·panel[t]) over the history and where it is, for the 8 targets of a panel.
 * `offsets` and `targets` hold `length` entries and are readable up to the next multiple of 4.
 */
export function bestReasons(
  factors: usize,
  offsets: usize,
  targets: usize,
  length: i32,
  order: i32,
  panel: usize,
  best: usize,
  index: usize,
): void {
  let best0 = f32x4.splat(-Infinity);
  let best1 = f32x4.splat(-Infinity);
  let index0 = i32x4.splat(-1);
  let index1 = i32x4.splat(-1);
  const end = panel + ((<usize>order) << 5);
  for (let j = 0; j < length; j += 4) {
    const at = (<usize>j) << 2;
    const rest = length - j;
    let y0 = factors + <usize>load<u32>(offsets + at);
    let y1 = rest > 1 ? factors + <usize>load<u32>(offsets + at, 4) : y0;
    let y2 = rest > 2 ? factors + <usize>load<u32>(offsets + at, 8) : y0;
    let y3 = rest > 3 ? factors + <usize>load<u32>(offsets + at, 12) : y0;
    let c00 = f32x4.splat(0);
    let c01 = f32x4.splat(0);
    let c10 = f32x4.splat(0);
    let c11 = f32x4.splat(0);
    let c20 = f32x4.splat(0);
    let c21 = f32x4.splat(0);
    let c30 = f32x4.splat(0);
    let c31 = f32x4.splat(0);
    for (let v = panel; v < end; v += 32, y0 += 4, y1 += 4, y2 += 4, y3 += 4) {
      const v0 = v128.load(v);
      const v1 = v128.load(v, 16);
      const s0 = v128.load_splat<f32>(y0);
      c00 = f32x4.add(c00, f32x4.mul(s0, v0));
      c01 = f32x4.add(c01, f32x4.mul(s0, v1));
      const s1 = v128.load_splat<f32>(y1);
      c10 = f32x4.add(c10, f32x4.mul(s1, v0));
      c11 = f32x4.add(c11, f32x4.mul(s1, v1));
      const s2 = v128.load_splat<f32>(y2);
      c20 = f32x4.add(c20, f32x4.mul(s2, v0));
      c21 = f32x4.add(c21, f32x4.mul(s2, v1));
      const s3 = v128.load_splat<f32>(y3);
      c30 = f32x4.add(c30, f32x4.mul(s3, v0));
      c31 = f32x4.add(c31, f32x4.mul(s3, v1));
    }
    for (let i = 0; i < 4; i++) {
      if (i >= rest) break;
      const b = v128.load_splat<f32>(targets + at + ((<usize>i) << 2));
      const low = f32x4.mul(b, i == 0 ? c00 : i == 1 ? c10 : i == 2 ? c20 : c30);
      const high = f32x4.mul(b, i == 0 ? c01 : i == 1 ? c11 : i == 2 ? c21 : c31);
      const here = i32x4.splat(j + i);
      const more0 = f32x4.gt(low, best0);
      const more1 = f32x4.gt(high, best1);
      best0 = v128.bitselect(low, best0, more0);
      best1 = v128.bitselect(high, best1, more1);
      index0 = v128.bitselect(here, index0, more0);
      index1 = v128.bitselect(here, index1, more1);
    }
  }
  v128.store(best, best0);
  v128.store(best, best1, 16);
  v128.store(index, index0);
  v128.store(index, index1, 16);
}
