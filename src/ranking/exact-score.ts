/**
 * The score of an item for a user: the inner product summed in float64 in the order of the factors and rounded once
 * to float32, so that everybody who recomputes it gets the same bits.
 */
import type { FactorMatrix } from '../als/model';

export function exactScore(factors: FactorMatrix, item: number, user: Float32Array): number {
  const { columns, values } = factors;
  const start = item * columns;
  let sum = 0;
  for (let k = 0; k < columns; k++) sum += user[k]! * values[start + k]!;
  return Math.fround(sum);
}

/** Floats of a cache line. */
const LINE = 16;

/** Asks for all rows before the first is needed: scattered in memory, each would be waited for by itself. */
function touch(factors: FactorMatrix, items: Int32Array): number {
  const { columns, values } = factors;
  let sum = 0;
  for (let c = 0; c < items.length; c++) {
    const start = items[c]! * columns;
    for (let k = 0; k < columns; k += LINE) sum += values[start + k]!;
  }
  return sum;
}

/** Of many items. Four sums at a time: each is a chain of additions. */
export function exactScores(
  factors: FactorMatrix,
  items: Int32Array,
  user: Float32Array,
): Float32Array {
  const { columns, values } = factors;
  const scores = new Float32Array(items.length);
  // Kept for a moment, or the compiler would leave the reading out.
  if (scores.length > 0) scores[0] = touch(factors, items);
  let c = 0;
  for (; c + 4 <= items.length; c += 4) {
    const first = items[c]! * columns;
    const second = items[c + 1]! * columns;
    const third = items[c + 2]! * columns;
    const fourth = items[c + 3]! * columns;
    let sum0 = 0;
    let sum1 = 0;
    let sum2 = 0;
    let sum3 = 0;
    for (let k = 0; k < columns; k++) {
      const factor = user[k]!;
      sum0 += factor * values[first + k]!;
      sum1 += factor * values[second + k]!;
      sum2 += factor * values[third + k]!;
      sum3 += factor * values[fourth + k]!;
    }
    scores[c] = sum0;
    scores[c + 1] = sum1;
    scores[c + 2] = sum2;
    scores[c + 3] = sum3;
  }
  for (; c < items.length; c++) scores[c] = exactScore(factors, items[c]!, user);
  return scores;
}
