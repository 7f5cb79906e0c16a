/**
 * Observed interactions as columns: who, what, when. Ids are whole numbers as a file gives them; what
 * follows a split and a filter is indexed in ascending order of these ids.
 */

export interface Events {
  readonly users: Int32Array;
  readonly items: Int32Array;
  /** Unix seconds; empty where the data have no times. */
  readonly times: Float64Array;
}

export function selectEvents(events: Events, keep: (event: number) => boolean): Events {
  const kept: number[] = [];
  for (let e = 0; e < events.users.length; e++) if (keep(e)) kept.push(e);
  return {
    users: Int32Array.from(kept, (e) => events.users[e]!),
    items: Int32Array.from(kept, (e) => events.items[e]!),
    times:
      events.times.length > 0 ? Float64Array.from(kept, (e) => events.times[e]!) : events.times,
  };
}

/** One number for a pair, exact for ids below 2²⁶ and 2²⁷. */
export function pairKey(user: number, item: number): number {
  return user * 2 ** 27 + item;
}
