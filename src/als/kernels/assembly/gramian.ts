/**
 * YᵀY of factor rows: float32 inside a block of rows, float64 across blocks. (A float32 sum over 60,000 rows is
 * wrong in the fourth digit; over a block of 128 it is not, and the wider sum costs nothing.)
 */
import { highDoubles, lowDoubles } from './lanes';
import { rankUpdate } from './rank-update';

const BLOCK_BYTES: usize = 32768;

/**
 * out (order × order doubles, upper triangle) += Σ rows. `scratch`: order × order floats.
 */
export function addGramian(rows: usize, count: i32, order: i32, out: usize, scratch: usize): void {
  const rowBytes = (<usize>order) << 2;
  const block = max(16, min(256, <i32>(BLOCK_BYTES / rowBytes)));
  for (let first = 0; first < count; first += block) {
    memory.fill(scratch, 0, rowBytes * <usize>order);
    const start = rows + (<usize>first) * rowBytes;
    rankUpdate(start, start, min(block, count - first), rowBytes, scratch, rowBytes, order);
    addToDoubles(scratch, out, <usize>order * <usize>order);
  }
}

function addToDoubles(from: usize, out: usize, length: usize): void {
  for (let k: usize = 0; k < length; k += 4) {
    const values = v128.load(from + (k << 2));
    const to = out + (k << 3);
    v128.store(to, f64x2.add(v128.load(to), lowDoubles(values)));
    v128.store(to, f64x2.add(v128.load(to, 16), highDoubles(values)), 16);
  }
}

/** target += source, `length` doubles (an even number). */
export function addDoubles(target: usize, source: usize, length: i32): void {
  const end = target + ((<usize>length) << 3);
  for (; target < end; target += 16, source += 16) {
    v128.store(target, f64x2.add(v128.load(target), v128.load(source)));
  }
}

/** Copies the upper triangle of order × order doubles to the lower. */
export function mirror(matrix: usize, order: i32): void {
  for (let i = 0; i < order; i++) {
    for (let j = i + 1; j < order; j++) {
      store<f64>(matrix + ((<usize>(j * order + i)) << 3), load<f64>(matrix + ((<usize>(i * order + j)) << 3)));
    }
  }
}

/** out[k] += Σ_rows weight·row[k]², `order` doubles: the diagonal of a weighted Gramian. */
export function addWeightedSquares(rows: usize, weights: usize, count: i32, order: i32, out: usize): void {
  const rowBytes = (<usize>order) << 2;
  for (let r = 0; r < count; r++) {
    const weight = f64x2.splat(<f64>load<f32>(weights + ((<usize>r) << 2)));
    const row = rows + (<usize>r) * rowBytes;
    for (let k: usize = 0; k < rowBytes; k += 16) {
      const values = v128.load(row + k);
      const squares = f32x4.mul(values, values);
      const to = out + (k << 1);
      v128.store(to, f64x2.add(v128.load(to), f64x2.mul(weight, lowDoubles(squares))));
      v128.store(to, f64x2.add(v128.load(to, 16), f64x2.mul(weight, highDoubles(squares))), 16);
    }
  }
}
