/** The matrices that the numerics are measured on: two real ones and a seeded synthetic one. */

import { buildSparseRows } from '../../src/als/interactions';
import type { SparseRows } from '../../src/als/model';
import type { Events } from '../../src/evaluation/events';
import { filterOnce } from '../../src/evaluation/filter-once';
import { readAdjacency, readTimedEvents } from '../../src/evaluation/protocol-files';
import { mulberry32 } from '../../src/random';
import { sharedData } from '../support/shared-data';

const USERS = 60_000;
const ITEMS = 30_000;
const EVENTS = 3_200_000;

/** 3,187,517 distinct pairs, independent of each other, skewed on both sides. */
export function syntheticMatrix(): SparseRows {
  const random = mulberry32(1);
  const users = new Int32Array(EVENTS);
  const items = new Int32Array(EVENTS);
  for (let e = 0; e < EVENTS; e++) {
    const a = random.next();
    const b = random.next();
    users[e] = Math.floor(USERS * a * Math.sqrt(a));
    items[e] = Math.floor(ITEMS * b * b);
  }
  return buildSparseRows(USERS, ITEMS, { users, items, plays: new Float32Array(EVENTS).fill(1) });
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
