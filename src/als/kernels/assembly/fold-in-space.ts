/** The work space of the fold-in and what its parts share: one model's fixed side and one history at a time. */

export const CHUNK = 64;

export let order: i32 = 0;
export let rowBytes: usize = 0;
export let used: i32 = 0;
export let factors: usize = 0;
export let gramian: usize = 0;
/** a0·G rounded to floats. */
export let start: usize = 0;
export let normal: usize = 0;
export let inverse: usize = 0;
export let weighted: usize = 0;
export let gathered: usize = 0;
export let solution: usize = 0;
export let residual: usize = 0;
export let step: usize = 0;
export let root: usize = 0;
export let small: usize = 0;
export let transposed: usize = 0;
export let smallStep: usize = 0;
/** Keeps the compiler from leaving `touch` out. */
let touched: u32 = 0;

/** Bytes of work space that `beginFoldIn` lays out. */
export function foldInWorkBytes(stride: i32): usize {
  const row = (<usize>stride) << 2;
  return row * (4 * <usize>stride + 2 * CHUNK + 10);
}

/**
 * `stride`: floats a row, `factorCount` of them used; `gramianAt`: a0·G, stride × stride doubles, full.
 */
export function beginFoldIn(
  stride: i32,
  factorCount: i32,
  factorsAt: usize,
  gramianAt: usize,
  work: usize,
): void {
  order = stride;
  used = factorCount;
  rowBytes = (<usize>stride) << 2;
  factors = factorsAt;
  gramian = gramianAt;
  const square = rowBytes * <usize>stride;
  solution = work;
  residual = solution + 2 * rowBytes;
  inverse = residual + 2 * rowBytes;
  step = inverse + rowBytes;
  root = step + rowBytes;
  smallStep = root + rowBytes;
  weighted = smallStep + rowBytes;
  gathered = weighted + rowBytes * <usize>CHUNK;
  normal = gathered + rowBytes * <usize>CHUNK;
  small = normal + square;
  transposed = small + square;
  start = transposed + square;
  for (let k: usize = 0; k < <usize>stride * <usize>stride; k++) {
    store<f32>(start + (k << 2), <f32>load<f64>(gramian + (k << 3)));
  }
}

/**
 * Reads a word of every cache line of some rows: they are scattered over the whole catalogue, and so many independent
 * loads bring them in several times as fast as the work on them would.
 */
export function touch(offsets: usize, size: i32): void {
  let bits: u32 = 0;
  for (let j = 0; j < size; j++) {
    const y = factors + <usize>load<u32>(offsets + ((<usize>j) << 2));
    for (let k: usize = 0; k < rowBytes; k += 64) bits |= load<u32>(y + k);
  }
  touched = bits;
}
