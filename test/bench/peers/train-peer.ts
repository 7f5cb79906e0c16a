/** Trains one of the peers on a matrix in a folder of its own, and reads its factors back. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { FactorMatrix, SparseRows } from '../../../src/als/model';
import { runPeer } from './peer-python';

export interface PeerTraining {
  readonly library: 'implicit' | 'irspack';
  readonly factors: number;
  readonly epochs: number;
  readonly threads: number;
  readonly seed: number;
  /** The library's own: lambda and alpha, or lambda, alpha0 and nu. */
  readonly settings: Readonly<Record<string, number>>;
}

export interface PeerFactors {
  /** Of all epochs. */
  readonly seconds: number;
  readonly userFactors: FactorMatrix;
  readonly itemFactors: FactorMatrix;
}

/** Writes the matrix as train_peer.py reads it; once a folder. */
export function writeMatrix(folder: string, matrix: SparseRows): void {
  writeFileSync(join(folder, 'starts'), bytesOf(matrix.starts));
  writeFileSync(join(folder, 'indices'), bytesOf(matrix.indices));
  writeFileSync(join(folder, 'plays'), bytesOf(matrix.values));
}

function bytesOf(array: Uint32Array | Int32Array | Float32Array): Uint8Array {
  return new Uint8Array(array.buffer, array.byteOffset, array.byteLength);
}

/** `folder`: holds what `writeMatrix` wrote of `matrix`. */
export function trainPeer(
  python: string,
  folder: string,
  matrix: SparseRows,
  { settings, ...training }: PeerTraining,
): PeerFactors {
  const { rows: users, columns: items } = matrix;
  const file = join(folder, 'task.json');
  writeFileSync(file, JSON.stringify({ ...settings, ...training, folder, users, items }));
  const { seconds } = runPeer<{ seconds: number[] }>(python, 'train_peer.py', file);
  const factors = (name: string, rows: number): FactorMatrix => {
    const bytes = readFileSync(join(folder, name));
    const columns = training.factors;
    return {
      rows,
      columns,
      values: new Float32Array(bytes.buffer, bytes.byteOffset, rows * columns),
    };
  };
  return {
    seconds: seconds.reduce((sum, value) => sum + value, 0),
    userFactors: factors('users', users),
    itemFactors: factors('items', items),
  };
}
