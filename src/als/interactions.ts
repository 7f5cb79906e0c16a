/**
 * Interactions as compressed sparse rows, in shared memory so that worker threads read them without a copy.
 */
import assert from 'node:assert';
import type { SparseRows } from './model';

/** Parallel arrays: entry k says that `users[k]` played `items[k]` `plays[k]` times. */
export interface Triples {
  readonly users: ArrayLike<number>;
  readonly items: ArrayLike<number>;
  readonly plays: ArrayLike<number>;
}

/**
 * Users × items. The same pair given more than once is one interaction with the sum of its plays. Entries of a row
 * are in ascending order of item.
 */
export function buildSparseRows(users: number, items: number, triples: Triples): SparseRows {
  const entries = triples.users.length;
  assert(
    triples.items.length === entries && triples.plays.length === entries,
    'triples differ in length',
  );
  // Sorting by item, then stably by user, is two counting sorts: linear, and rows come out ordered.
  const byItem = scatter(items, triples.items, triples.users, triples.plays);
  assert(byItem.inRange(users), `a user index is not below ${users}`);
  const byUser = transposeOf(byItem.rows, users);
  return mergeRepeats(byUser);
}

/** Items × users of users × items. Entries of a row are in ascending order. */
export function transpose(matrix: SparseRows): SparseRows {
  return transposeOf(matrix, matrix.columns);
}

/** Empty rows × columns, of `entries` entries. */
export function allocateSparseRows(rows: number, columns: number, entries: number): SparseRows {
  return {
    rows,
    columns,
    starts: new Uint32Array(new SharedArrayBuffer(4 * (rows + 1))),
    indices: new Int32Array(new SharedArrayBuffer(4 * entries)),
    values: new Float32Array(new SharedArrayBuffer(4 * entries)),
  };
}

function scatter(
  rows: number,
  rowOf: ArrayLike<number>,
  columnOf: ArrayLike<number>,
  playsOf: ArrayLike<number>,
): { rows: SparseRows; inRange(columns: number): boolean } {
  const result = allocateSparseRows(rows, 0, rowOf.length);
  for (let k = 0; k < rowOf.length; k++) {
    const row = rowOf[k]!;
    assert(row >= 0 && row < rows, `item index ${row} is not below ${rows}`);
    result.starts[row + 1]! += 1;
  }
  for (let row = 0; row < rows; row++) result.starts[row + 1]! += result.starts[row]!;
  const next = result.starts.slice(0, rows);
  for (let k = 0; k < rowOf.length; k++) {
    const at = next[rowOf[k]!]!++;
    result.indices[at] = columnOf[k]!;
    result.values[at] = playsOf[k]!;
  }
  const inRange = (columns: number): boolean => {
    for (const column of result.indices) if (column < 0 || column >= columns) return false;
    return true;
  };
  return { rows: result, inRange };
}

function transposeOf(matrix: SparseRows, columns: number): SparseRows {
  const { rows, starts, indices, values } = matrix;
  const result = allocateSparseRows(columns, rows, indices.length);
  for (let k = 0; k < indices.length; k++) result.starts[indices[k]! + 1]! += 1;
  for (let c = 0; c < columns; c++) result.starts[c + 1]! += result.starts[c]!;
  const next = result.starts.slice(0, columns);
  for (let row = 0; row < rows; row++) {
    const end = starts[row + 1]!;
    for (let k = starts[row]!; k < end; k++) {
      const at = next[indices[k]!]!++;
      result.indices[at] = row;
      result.values[at] = values[k]!;
    }
  }
  return result;
}

function mergeRepeats(matrix: SparseRows): SparseRows {
  const { rows, columns, starts, indices, values } = matrix;
  let repeats = 0;
  for (let row = 0; row < rows; row++) {
    for (let k = starts[row]! + 1; k < starts[row + 1]!; k++) {
      if (indices[k] === indices[k - 1]) repeats += 1;
    }
  }
  if (repeats === 0) return matrix;
  const merged = allocateSparseRows(rows, columns, indices.length - repeats);
  let at = 0;
  for (let row = 0; row < rows; row++) {
    const first = at;
    for (let k = starts[row]!; k < starts[row + 1]!; k++) {
      if (at > first && merged.indices[at - 1] === indices[k]) {
        merged.values[at - 1]! += values[k]!;
      } else {
        merged.indices[at] = indices[k]!;
        merged.values[at] = values[k]!;
        at += 1;
      }
    }
    merged.starts[row + 1] = at;
  }
  return merged;
}
