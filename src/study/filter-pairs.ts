/**
 * The study's filter on a part of the pairs: items by their distinct users, then users by the items that are left.
 * One pass in this order, as the study did.
 */
import type { InteractionTable } from './interaction-table';

/** Value → how many things have it. */
export type Histogram = ReadonlyMap<number, number>;

export interface FilterRule {
  /** From how many items have how many users, the users that an item needs. */
  readonly itemUsersMin: (usersPerItem: Histogram) => number;
  readonly userItemsMin: number;
}

export interface PairFilter {
  readonly itemUsersMin: number;
  /** 1 where kept. */
  readonly items: Uint8Array;
  readonly users: Uint8Array;
  /** Of the part, before and after; things without a pair do not count. */
  readonly usersPerItem: Histogram;
  readonly itemsPerUser: Histogram;
  readonly usersPerKeptItem: Histogram;
  readonly keptItemsPerKeptUser: Histogram;
  readonly keptPairs: number;
}

/** Learnt from the pairs that are `isIn`. */
export function learnFilter(
  table: InteractionTable,
  isIn: (pair: number, user: number) => boolean,
  rule: FilterRule,
): PairFilter {
  const users = table.userIds.length;
  const everything = countPairs(table, isIn);
  const usersPerItem = histogramOf(everything.byItem);
  const itemUsersMin = rule.itemUsersMin(usersPerItem);
  const items = everything.byItem.map((count) => Number(count > 0 && count >= itemUsersMin));
  const keptItems = Uint8Array.from(items);
  const left = countPairs(
    table,
    (pair, user) => isIn(pair, user) && keptItems[table.pairItems[pair]!] === 1,
  );
  const keptUsers = Uint8Array.from({ length: users }, (_, user) =>
    Number(left.byUser[user]! >= Math.max(1, rule.userItemsMin)),
  );
  const kept = countPairs(
    table,
    (pair, user) =>
      isIn(pair, user) && keptItems[table.pairItems[pair]!] === 1 && keptUsers[user] === 1,
  );
  return {
    itemUsersMin,
    items: keptItems,
    users: keptUsers,
    usersPerItem,
    itemsPerUser: histogramOf(everything.byUser),
    usersPerKeptItem: histogramOf(kept.byItem),
    keptItemsPerKeptUser: histogramOf(kept.byUser),
    keptPairs: kept.byUser.reduce((sum, count) => sum + count, 0),
  };
}

function countPairs(
  { userStarts, pairItems, items }: InteractionTable,
  isIn: (pair: number, user: number) => boolean,
): { readonly byItem: Uint32Array; readonly byUser: Uint32Array } {
  const byItem = new Uint32Array(items.length);
  const byUser = new Uint32Array(userStarts.length - 1);
  for (let user = 0; user < byUser.length; user++)
    for (let pair = userStarts[user]!; pair < userStarts[user + 1]!; pair++) {
      if (!isIn(pair, user)) continue;
      byItem[pairItems[pair]!]!++;
      byUser[user]!++;
    }
  return { byItem, byUser };
}

/** Zeros are left out. */
export function histogramOf(counts: Uint32Array): Histogram {
  const histogram = new Map<number, number>();
  for (const count of counts) if (count > 0) histogram.set(count, (histogram.get(count) ?? 0) + 1);
  return histogram;
}
