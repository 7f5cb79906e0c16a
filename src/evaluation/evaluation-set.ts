/**
 * A split made ready for models: users and items as row numbers, training plays as sparse rows, and
 * for each evaluated user the held-out items that were not in training.
 */
import type { SparseRows } from '../als/model';
import { type Events, pairKey } from './events';
import type { Split } from './splits';

export interface EvaluationSet {
  /** Ids in ascending order; the position is the row. */
  readonly userIds: Int32Array;
  readonly itemIds: Int32Array;
  /** users × items, values = plays. Items ascending within a row. */
  readonly plays: SparseRows;
  /** Training events as rows, in their order; times empty where the data have none. */
  readonly events: Events;
  /** Rows of users with at least one target, ascending. */
  readonly users: Int32Array;
  /** Targets of users[e], as item rows. */
  readonly targets: readonly ReadonlySet<number>[];
}

/** `split.train` is already filtered; held-out events of other users or items are dropped. */
export function buildEvaluationSet(split: Split): EvaluationSet {
  const userIds = sortedDistinct(split.train.users);
  const itemIds = sortedDistinct(split.train.items);
  const userRow = rowsOf(userIds);
  const itemRow = rowsOf(itemIds);
  const events: Events = {
    users: split.train.users.map((id) => userRow.get(id)!),
    items: split.train.items.map((id) => itemRow.get(id)!),
    times: split.train.times,
  };
  const known = new Set<number>();
  for (let e = 0; e < events.users.length; e++)
    known.add(pairKey(events.users[e]!, events.items[e]!));
  const targetsOf = new Map<number, Set<number>>();
  for (let e = 0; e < split.test.users.length; e++) {
    const user = userRow.get(split.test.users[e]!);
    const item = itemRow.get(split.test.items[e]!);
    if (user === undefined || item === undefined || known.has(pairKey(user, item))) continue;
    const targets = targetsOf.get(user);
    if (targets) targets.add(item);
    else targetsOf.set(user, new Set([item]));
  }
  const users = Int32Array.from(targetsOf.keys()).sort();
  return {
    userIds,
    itemIds,
    plays: sumRows(events, userIds.length, itemIds.length, () => 1),
    events,
    users,
    targets: Array.from(users, (user) => targetsOf.get(user)!),
  };
}

/** Sparse rows of the sum over each pair's events of `weightOf(event)`. */
export function sumRows(
  events: Events,
  users: number,
  items: number,
  weightOf: (event: number) => number,
): SparseRows {
  const rows = Array.from({ length: users }, () => new Map<number, number>());
  for (let e = 0; e < events.users.length; e++) {
    const row = rows[events.users[e]!]!;
    row.set(events.items[e]!, (row.get(events.items[e]!) ?? 0) + weightOf(e));
  }
  return toSparseRows(rows, items);
}

function toSparseRows(rows: readonly ReadonlyMap<number, number>[], columns: number): SparseRows {
  const starts = new Uint32Array(new SharedArrayBuffer((rows.length + 1) * 4));
  rows.forEach((row, r) => {
    starts[r + 1] = starts[r]! + row.size;
  });
  const entries = starts[rows.length]!;
  const indices = new Int32Array(new SharedArrayBuffer(entries * 4));
  const values = new Float32Array(new SharedArrayBuffer(entries * 4));
  rows.forEach((row, r) => {
    const sorted = Int32Array.from(row.keys()).sort();
    indices.set(sorted, starts[r]!);
    sorted.forEach((item, at) => {
      values[starts[r]! + at] = row.get(item)!;
    });
  });
  return { rows: rows.length, columns, starts, indices, values };
}

function sortedDistinct(ids: Int32Array): Int32Array {
  return Int32Array.from(new Set(ids)).sort();
}

function rowsOf(ids: Int32Array): Map<number, number> {
  return new Map(Array.from(ids, (id, row) => [id, row]));
}
