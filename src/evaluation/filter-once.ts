/**
 * The filter of the protocols: on distinct pairs, items with at least `itemUsersMin` users; on what is
 * left, users with at least `userItemsMin` items. One pass, in this order, so that an item may end
 * below its limit.
 */
import { type Events, pairKey, selectEvents } from './events';

export interface FilterLimits {
  readonly itemUsersMin: number;
  readonly userItemsMin: number;
}

export function filterOnce(events: Events, limits: FilterLimits): Events {
  const byItem = distinctPerKey(events, events.items);
  const kept = selectEvents(events, (e) => byItem.get(events.items[e]!)! >= limits.itemUsersMin);
  const byUser = distinctPerKey(kept, kept.users);
  return selectEvents(kept, (e) => byUser.get(kept.users[e]!)! >= limits.userItemsMin);
}

function distinctPerKey(events: Events, keys: Int32Array): Map<number, number> {
  const seen = new Set<number>();
  const counts = new Map<number, number>();
  for (let e = 0; e < events.users.length; e++) {
    const pair = pairKey(events.users[e]!, events.items[e]!);
    if (seen.has(pair)) continue;
    seen.add(pair);
    counts.set(keys[e]!, (counts.get(keys[e]!) ?? 0) + 1);
  }
  return counts;
}
