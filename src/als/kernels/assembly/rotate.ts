/**
 * rows ← rows·Q in place. Scores do not change when users and items are rotated together; in the eigenbasis of
 * the Gramian its product with a vector is a scaling (background: Takács et al. 2011 pay 2d² per step for it).
 *
 * Q lies in panels of 8 columns ([panel][k][8]), so the inner loop reads it in order.
 */

const GROUP = 32;

/** `count` rows of `order` floats; `scratch`: GROUP × order floats. */
export function rotateRows(rows: usize, count: i32, order: i32, panels: usize, scratch: usize): void {
  const rowBytes = (<usize>order) << 2;
  for (let first = 0; first < count; first += GROUP) {
    const size = min(GROUP, count - first);
    const start = rows + (<usize>first) * rowBytes;
    memory.copy(scratch, start, (<usize>size) * rowBytes);
    rotateGroup(start, size, rowBytes, panels, scratch);
  }
}

function rotateGroup(rows: usize, size: i32, rowBytes: usize, panels: usize, source: usize): void {
  const panelBytes = rowBytes << 3;
  for (let column: usize = 0, panel = panels; column < rowBytes; column += 32, panel += panelBytes) {
    let r = 0;
    for (; r + 4 <= size; r += 4) {
      const at = (<usize>r) * rowBytes;
      rotateFour(source + at, rows + at + column, rowBytes, panel);
    }
    for (; r < size; r++) {
      const at = (<usize>r) * rowBytes;
      rotateOne(source + at, rows + at + column, rowBytes, panel);
    }
  }
}

// @ts-ignore: decorator
@inline
function rotateFour(source: usize, out: usize, rowBytes: usize, panel: usize): void {
  let c00 = f32x4.splat(0);
  let c01 = f32x4.splat(0);
  let c10 = f32x4.splat(0);
  let c11 = f32x4.splat(0);
  let c20 = f32x4.splat(0);
  let c21 = f32x4.splat(0);
  let c30 = f32x4.splat(0);
  let c31 = f32x4.splat(0);
  const second = source + rowBytes;
  const third = second + rowBytes;
  const fourth = third + rowBytes;
  for (let k: usize = 0; k < rowBytes; k += 4) {
    const q0 = v128.load(panel + (k << 3));
    const q1 = v128.load(panel + (k << 3), 16);
    const s0 = v128.load_splat<f32>(source + k);
    c00 = f32x4.add(c00, f32x4.mul(s0, q0));
    c01 = f32x4.add(c01, f32x4.mul(s0, q1));
    const s1 = v128.load_splat<f32>(second + k);
    c10 = f32x4.add(c10, f32x4.mul(s1, q0));
    c11 = f32x4.add(c11, f32x4.mul(s1, q1));
    const s2 = v128.load_splat<f32>(third + k);
    c20 = f32x4.add(c20, f32x4.mul(s2, q0));
    c21 = f32x4.add(c21, f32x4.mul(s2, q1));
    const s3 = v128.load_splat<f32>(fourth + k);
    c30 = f32x4.add(c30, f32x4.mul(s3, q0));
    c31 = f32x4.add(c31, f32x4.mul(s3, q1));
  }
  v128.store(out, c00);
  v128.store(out, c01, 16);
  v128.store(out + rowBytes, c10);
  v128.store(out + rowBytes, c11, 16);
  v128.store(out + 2 * rowBytes, c20);
  v128.store(out + 2 * rowBytes, c21, 16);
  v128.store(out + 3 * rowBytes, c30);
  v128.store(out + 3 * rowBytes, c31, 16);
}

// @ts-ignore: decorator
@inline
function rotateOne(source: usize, out: usize, rowBytes: usize, panel: usize): void {
  let low = f32x4.splat(0);
  let high = f32x4.splat(0);
  for (let k: usize = 0; k < rowBytes; k += 4) {
    const s = v128.load_splat<f32>(source + k);
    low = f32x4.add(low, f32x4.mul(s, v128.load(panel + (k << 3))));
    high = f32x4.add(high, f32x4.mul(s, v128.load(panel + (k << 3), 16)));
  }
  v128.store(out, low);
  v128.store(out, high, 16);
}
