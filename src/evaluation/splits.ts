/** How events are parted into what is learnt from and what is held out. */
import { type Events, pairKey, selectEvents } from './events';

export interface Split {
  readonly train: Events;
  readonly test: Events;
}

/** Global split by time: training is what happened before `time`. The only split without leaks. */
export function splitByTime(events: Events, time: number): Split {
  return {
    train: selectEvents(events, (e) => events.times[e]! < time),
    test: selectEvents(events, (e) => events.times[e]! >= time),
  };
}

/** The time of the event at position ⌊share · n⌋ of the sorted times. */
export function timeAtShare(events: Events, share: number): number {
  const sorted = events.times.slice().sort();
  return sorted[Math.floor(share * sorted.length)]!;
}

/**
 * Random split of distinct (user, item) pairs without a generator: a pair is held out if FNV-1a of the
 * text `<prefix>user:item` modulo `parts` is 0. All events of a pair are on one side.
 */
export function splitPairs(events: Events, parts: number, prefix = ''): Split {
  const heldOut = new Map<number, boolean>();
  const isHeldOut = (e: number): boolean => {
    const key = pairKey(events.users[e]!, events.items[e]!);
    let held = heldOut.get(key);
    if (held === undefined) {
      held = fnv1a(`${prefix}${events.users[e]}:${events.items[e]}`) % parts === 0;
      heldOut.set(key, held);
    }
    return held;
  };
  return {
    train: selectEvents(events, (e) => !isHeldOut(e)),
    test: selectEvents(events, isHeldOut),
  };
}

/** A split that is given: pairs of `test` are taken out of `events`. */
export function splitGiven(events: Events, test: Events): Split {
  const keys = new Set<number>();
  for (let e = 0; e < test.users.length; e++) keys.add(pairKey(test.users[e]!, test.items[e]!));
  const isTest = (e: number) => keys.has(pairKey(events.users[e]!, events.items[e]!));
  return { train: selectEvents(events, (e) => !isTest(e)), test };
}

/** FNV-1a, 32 bit, of ASCII text (Fowler, Noll, Vo; draft-eastlake-fnv). */
export function fnv1a(text: string): number {
  let hash = 0x811c9dc5;
  for (let c = 0; c < text.length; c++) {
    hash ^= text.charCodeAt(c);
    hash = Math.imul(hash, 0x01000193);
  }
  return hash >>> 0;
}
