/** YᵀY in float64: computed once a model by the kernels, and kept up to date by rank-1 changes of single rows. */
import { copyIn } from './factor-rows';
import { Arena } from './kernels/arena';
import { allocateMemory, instantiateKernels, strideOf } from './kernels/kernels';
import type { FactorMatrix, Gramian } from './model';

const CHUNK_BYTES = 1 << 20;

/** YᵀY, d × d, of rows × d factors. Streams the rows through 1 MiB of kernel memory. */
export function computeGramian(factors: FactorMatrix): Gramian {
  const stride = strideOf(factors.columns);
  const chunkRows = Math.max(1, Math.floor(CHUNK_BYTES / (4 * stride)));
  const arena = new Arena();
  const rowsAt = arena.take(4 * stride * chunkRows);
  const sumsAt = arena.take(8 * stride * stride);
  const scratchAt = arena.take(4 * stride * stride);
  const memory = allocateMemory(arena.bytes);
  const kernels = instantiateKernels(memory);
  const rows = new Float32Array(memory.buffer, rowsAt, chunkRows * stride);
  for (let first = 0; first < factors.rows; first += chunkRows) {
    const count = Math.min(chunkRows, factors.rows - first);
    copyIn(factors, rows, stride, first, count);
    kernels.addGramian(rowsAt, count, stride, sumsAt, scratchAt);
  }
  kernels.mirror(sumsAt, stride);
  return unpad(new Float64Array(memory.buffer, sumsAt, stride * stride), stride, factors.columns);
}

/** G += weight·y·yᵀ in place: +1 for a row that is new, −1 for one that is taken away. */
export function updateGramian(gramian: Gramian, row: Float32Array, weight: 1 | -1): void {
  const d = row.length;
  for (let i = 0; i < d; i++) {
    const scaled = weight * row[i]!;
    for (let j = 0; j < d; j++) gramian[i * d + j]! += scaled * row[j]!;
  }
}

/** The leading d × d corner of a stride × stride matrix. */
export function unpad(padded: Float64Array, stride: number, d: number): Float64Array {
  const result = new Float64Array(d * d);
  for (let i = 0; i < d; i++) {
    result.set(padded.subarray(i * stride, i * stride + d), i * d);
  }
  return result;
}

/** A d × d matrix as the leading corner of a stride × stride one, times `factor`. */
export function pad(
  matrix: Float64Array,
  d: number,
  target: Float64Array,
  stride: number,
  factor: number,
): void {
  for (let i = 0; i < d; i++) {
    for (let j = 0; j < d; j++) target[i * stride + j] = factor * matrix[i * d + j]!;
  }
}
