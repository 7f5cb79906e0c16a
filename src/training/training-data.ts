/**
 * What a retrain learns from: one entry a (user, item) pair, items and users by index, with times for a temporal
 * split. Held in typed arrays: 24 bytes a pair, and 8 a repeated play.
 */
import { buildSparseRows } from '../als/interactions';
import type { SparseRows } from '../als/model';

export interface TrainingData {
  readonly userIds: readonly string[];
  /** Ascending. */
  readonly itemIds: readonly string[];
  readonly pairs: TrainingPairs;
  /** Newest play of all, Unix seconds. */
  readonly newestSeconds: number;
  /** Plays of all pairs. */
  readonly plays: number;
}

/** Parallel arrays, one entry a pair. */
export interface TrainingPairs {
  readonly users: Int32Array;
  readonly items: Int32Array;
  readonly plays: Float32Array;
  /** Unix seconds of the first play. */
  readonly firstSeconds: Float64Array;
  /** Times of the plays of pairs with more than one, as far as they are known; Unix seconds, ascending. */
  readonly repeats: ReadonlyMap<number, readonly number[]>;
}

/** All pairs as users × items. */
export function allInteractions(data: TrainingData): SparseRows {
  const { users, items, plays } = data.pairs;
  return buildSparseRows(data.userIds.length, data.itemIds.length, { users, items, plays });
}

/** What models are compared on. */
export interface Holdout {
  /** Plays before `splitSeconds`; of evaluated users at least. */
  readonly known: SparseRows;
  /** Held-out items of each evaluated user (a row of `known`), those first heard at or after `splitSeconds`. */
  readonly targets: readonly { readonly user: number; readonly items: Int32Array }[];
  readonly splitSeconds: number;
  /** Users of each item before `splitSeconds`. */
  readonly itemUsers: Int32Array;
}

export interface SplitOptions {
  /** Share of the pairs, newest by their first play, that is held out. */
  readonly holdoutShare: number;
  /** Items before the split that a user needs to be evaluated. */
  readonly itemsMin: number;
  /** Evaluated users are thinned out evenly to so many. */
  readonly usersMax: number;
}

/** Splits by one point in time for everybody: nothing of the future is learnt from. `known` is of all users. */
export function splitByTime(data: TrainingData, options: SplitOptions): Holdout {
  const splitSeconds = splitTime(data.pairs.firstSeconds, options.holdoutShare);
  const before: { users: number[]; items: number[]; plays: number[] } = {
    users: [],
    items: [],
    plays: [],
  };
  const held = new Map<number, number[]>();
  const { users, items, firstSeconds } = data.pairs;
  for (let pair = 0; pair < users.length; pair++) {
    if (firstSeconds[pair]! < splitSeconds) {
      before.users.push(users[pair]!);
      before.items.push(items[pair]!);
      before.plays.push(playsBefore(data.pairs, pair, splitSeconds));
    } else {
      const list = held.get(users[pair]!) ?? [];
      list.push(items[pair]!);
      held.set(users[pair]!, list);
    }
  }
  const known = buildSparseRows(data.userIds.length, data.itemIds.length, before);
  const itemUsers = new Int32Array(known.columns);
  for (const item of known.indices) itemUsers[item]! += 1;
  return { known, targets: evaluated(held, known, options), splitSeconds, itemUsers };
}

function splitTime(firstSeconds: Float64Array, holdoutShare: number): number {
  const sorted = Float64Array.from(firstSeconds).sort();
  return sorted[Math.floor(sorted.length * (1 - holdoutShare))] ?? Number.POSITIVE_INFINITY;
}

function playsBefore({ plays, repeats }: TrainingPairs, pair: number, seconds: number): number {
  const times = repeats.get(pair);
  if (times === undefined) return plays[pair]!;
  const later = times.filter((time) => time >= seconds).length;
  return plays[pair]! - later;
}

function evaluated(
  held: ReadonlyMap<number, number[]>,
  known: SparseRows,
  { itemsMin, usersMax }: SplitOptions,
): Holdout['targets'] {
  const size = (user: number) => known.starts[user + 1]! - known.starts[user]!;
  const users = [...held.keys()].filter((user) => size(user) >= itemsMin).sort((a, b) => a - b);
  const every = Math.max(1, users.length / usersMax);
  const chosen = Array.from(
    { length: Math.min(users.length, usersMax) },
    (_, place) => users[Math.floor(place * every)]!,
  );
  return chosen.map((user) => ({ user, items: Int32Array.from(held.get(user)!).sort() }));
}
