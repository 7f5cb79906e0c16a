/** Moves factor rows between `FactorMatrix` (packed) and a kernel's memory (rows padded to whole groups of 8). */
import type { FactorMatrix } from './model';

/** rows × columns zeros, in shared memory. */
export function allocateFactors(rows: number, columns: number): FactorMatrix {
  return { rows, columns, values: new Float32Array(new SharedArrayBuffer(4 * rows * columns)) };
}

/** Copies rows first … first+count of `matrix` to `target`, which has `stride` floats a row and zeros in between. */
export function copyIn(
  matrix: FactorMatrix,
  target: Float32Array,
  stride: number,
  first = 0,
  count: number = matrix.rows - first,
): void {
  const { columns, values } = matrix;
  if (stride === columns) {
    target.set(values.subarray(first * columns, (first + count) * columns));
    return;
  }
  for (let r = 0; r < count; r++) {
    const from = (first + r) * columns;
    target.set(values.subarray(from, from + columns), r * stride);
  }
}

/** The reverse of `copyIn`, into a new matrix. */
export function copyOut(
  source: Float32Array,
  stride: number,
  rows: number,
  columns: number,
): FactorMatrix {
  const matrix = allocateFactors(rows, columns);
  if (stride === columns) {
    matrix.values.set(source.subarray(0, rows * columns));
    return matrix;
  }
  for (let r = 0; r < rows; r++) {
    matrix.values.set(source.subarray(r * stride, r * stride + columns), r * columns);
  }
  return matrix;
}
