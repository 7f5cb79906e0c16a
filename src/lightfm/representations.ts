/**
 * What a model says of rows (users or items): the sum of their features' embeddings and biases, by weight. Scores are
 * inner products of these, so ranking needs no features.
 */
import assert from 'node:assert';
import type { FactorMatrix, SparseRows } from '../als/model';
import type { SideState } from './model-state';

export interface Representations {
  readonly embeddings: FactorMatrix;
  readonly biases: Float32Array;
}

/** Of the rows of `features`; without it, of the features themselves, not copied. */
export function representRows(
  { embeddings, biases }: SideState,
  features: SparseRows | undefined,
): Representations {
  if (features === undefined) return { embeddings, biases };
  assert(features.columns <= embeddings.rows, 'features that the model has not learnt');
  const { columns } = embeddings;
  const values = new Float32Array(features.rows * columns);
  const sums = new Float32Array(features.rows);
  for (let row = 0; row < features.rows; row++) {
    const target = values.subarray(row * columns, (row + 1) * columns);
    for (let at = features.starts[row]!; at < features.starts[row + 1]!; at++) {
      const weight = features.values[at]!;
      const feature = features.indices[at]!;
      for (let k = 0; k < columns; k++)
        target[k]! += weight * embeddings.values[feature * columns + k]!;
      sums[row]! += weight * biases[feature]!;
    }
  }
  return { embeddings: { rows: features.rows, columns, values }, biases: sums };
}

/** bᵤ + bᵢ + xᵤ·yᵢ */
export function scoreOf(
  users: Representations,
  user: number,
  items: Representations,
  item: number,
): number {
  const { columns } = users.embeddings;
  let score = users.biases[user]! + items.biases[item]!;
  for (let k = 0; k < columns; k++)
    score +=
      users.embeddings.values[user * columns + k]! * items.embeddings.values[item * columns + k]!;
  return score;
}

/** Factors whose inner products are the scores, less the user's bias, which moves no item before another. */
export function rankingFactors(
  users: Representations,
  items: Representations,
): { readonly userFactors: FactorMatrix; readonly itemFactors: FactorMatrix } {
  return {
    userFactors: withColumn(users.embeddings, new Float32Array(users.biases.length).fill(1)),
    itemFactors: withColumn(items.embeddings, items.biases),
  };
}

function withColumn({ rows, columns, values }: FactorMatrix, column: Float32Array): FactorMatrix {
  const wider = new Float32Array(rows * (columns + 1));
  for (let row = 0; row < rows; row++) {
    wider.set(values.subarray(row * columns, (row + 1) * columns), row * (columns + 1));
    wider[row * (columns + 1) + columns] = column[row]!;
  }
  return { rows, columns: columns + 1, values: wider };
}
