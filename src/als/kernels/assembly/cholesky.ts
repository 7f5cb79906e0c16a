/**
 * A = UᵀU in place on the upper triangle, and the two triangular solves. Panels of 8 rows; what lies behind a
 * panel is updated by the tile kernel. Rows of U are contiguous, so both solves run along rows.
 */
import { addScaled, dot } from './lanes';
import { rankDowndate } from './rank-update';

const PANEL = 8;
const PANEL_BYTES: usize = 32;

/**
 * `matrix`: `order` rows (a multiple of 4) of floats, as long as the next multiple of 8, upper triangle read; `inverse`: order floats, receives
 * 1/U_kk. False where a pivot is not positive. Inside a panel the entries left of the diagonal become zero.
 */
export function cholesky(matrix: usize, order: i32, inverse: usize): bool {
  const rowBytes = paddedBytes(order);
  for (let first = 0; first < order; first += PANEL) {
    const rest = rowBytes - ((<usize>first) << 2);
    const corner = matrix + (<usize>first) * rowBytes + ((<usize>first) << 2);
    const size = min(PANEL, order - first);
    for (let k = 0; k < size; k++) {
      if (!factorRow(corner, k, size, rowBytes, rest, inverse + ((<usize>(first + k)) << 2))) return false;
    }
    const behind = order - first - PANEL;
    if (behind > 0) {
      const below = corner + (rowBytes << 3) + PANEL_BYTES;
      rankDowndate(corner + PANEL_BYTES, PANEL, rowBytes, below, rowBytes, behind);
    }
  }
  return true;
}

// @ts-ignore: decorator
@inline
function factorRow(
  corner: usize,
  k: i32,
  size: i32,
  rowBytes: usize,
  rest: usize,
  inverse: usize,
): bool {
  const row = corner + (<usize>k) * rowBytes;
  const pivot = load<f32>(row + ((<usize>k) << 2));
  if (!(pivot > 0)) return false;
  const scale: f32 = <f32>1 / sqrt<f32>(pivot);
  store<f32>(inverse, scale);
  for (let j = 0; j < k; j++) store<f32>(row + ((<usize>j) << 2), 0);
  const scales = f32x4.splat(scale);
  for (let at: usize = 0; at < rest; at += 16) {
    v128.store(row + at, f32x4.mul(v128.load(row + at), scales));
  }
  for (let m = k + 1; m < size; m++) {
    addScaled(corner + (<usize>m) * rowBytes, -load<f32>(row + ((<usize>m) << 2)), row, rest);
  }
  return true;
}

// @ts-ignore: decorator
@inline
function paddedBytes(order: i32): usize {
  return (<usize>((order + 7) & ~7)) << 2;
}

/** x ← A⁻¹x, from `cholesky`'s results. */
export function solve(matrix: usize, order: i32, inverse: usize, x: usize): void {
  const rowBytes = paddedBytes(order);
  for (let k = 0; k < order; k++) {
    const panel = ((<usize>(k & ~7)) << 2);
    const at = x + ((<usize>k) << 2);
    const z = load<f32>(at) * load<f32>(inverse + ((<usize>k) << 2));
    addScaled(x + panel, -z, matrix + (<usize>k) * rowBytes + panel, rowBytes - panel);
    store<f32>(at, z);
  }
  for (let k = order - 1; k >= 0; k--) {
    const panel = ((<usize>(k & ~7)) << 2);
    const at = x + ((<usize>k) << 2);
    const z = load<f32>(at);
    store<f32>(at, 0);
    const behind = dot(matrix + (<usize>k) * rowBytes + panel, x + panel, rowBytes - panel);
    store<f32>(at, (z - behind) * load<f32>(inverse + ((<usize>k) << 2)));
  }
}
