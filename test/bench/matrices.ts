/** The matrices that the numerics are measured on: two real ones and a seeded synthetic one. */

import { buildSparseRows } from '../../src/als/interactions';
import type { SparseRows } from '../../src/als/model';
import type { Events } from '../../src/evaluation/events';
import { filterOnce } from '../../src/evaluation/filter-once';
import { readAdjacency, readTimedEvents } from '../../src/evaluation/protocol-files';
import { mulberry32 } from '../../src/random';
import { sharedData } from '../support/shared-data';

/** 3,187,517 distinct pairs. */
export function syntheticMatrix(): SparseRows {
  return skewedMatrix({ users: 60_000, items: 30_000, pairs: 3_200_000 });
}

/** Draws so many pairs, independent of each other, skewed on both sides; the same ones every time. */
export function skewedMatrix(size: {
  readonly users: number;
  readonly items: number;
  readonly pairs: number;
}): SparseRows {
  const random = mulberry32(1);
  const users = new Int32Array(size.pairs);
  const items = new Int32Array(size.pairs);
  for (let e = 0; e < size.pairs; e++) {
    const a = random.next();
    const b = random.next();
    users[e] = Math.floor(size.users * a * Math.sqrt(a));
    items[e] = Math.floor(size.items * b * b);
  }
  const plays = new Float32Array(size.pairs).fill(1);
  return buildSparseRows(size.users, size.items, { users, items, plays });
}

/** 30Music sample: songs with 10 listeners, then users with 10 songs; plays are counts. */
export function musicMatrix(): SparseRows | undefined {
  const folder = sharedData('30music-sample10');
  if (folder === undefined) return undefined;
  const limits = { itemUsersMin: 10, userItemsMin: 10 };
  return matrixOf(filterOnce(readTimedEvents(folder), limits));
}

/** Gowalla's training pairs. */
export function gowallaMatrix(): SparseRows | undefined {
  const folder = sharedData('gowalla-lightgcn');
  return folder === undefined ? undefined : matrixOf(readAdjacency(folder, 'train.txt.gz'));
}

/** Ids become dense numbers in ascending order. */
function matrixOf(events: Events): SparseRows {
  const users = denseIndices(events.users);
  const items = denseIndices(events.items);
  const plays = new Float32Array(events.users.length).fill(1);
  return buildSparseRows(users.count, items.count, {
    users: users.indices,
    items: items.indices,
    plays,
  });
}

function denseIndices(ids: Int32Array): { count: number; indices: Int32Array } {
  const distinct = [...new Set(ids)].sort((a, b) => a - b);
  const place = new Map(distinct.map((id, index) => [id, index]));
  return { count: distinct.length, indices: ids.map((id) => place.get(id)!) };
}
