/**
 * Every count of the study from raw listens, by plain maps and sorts. Shares no code with the streams, so that an
 * agreement means something.
 */

export interface RawListen {
  readonly user: string;
  readonly track: string;
  readonly seconds: number;
}

export interface OracleCounts {
  readonly listens: number;
  readonly users: number;
  readonly tracks: number;
  readonly pairs: number;
  readonly maxUniqueListeners: number;
  /** Track → users who heard it. */
  readonly listeners: ReadonlyMap<string, number>;
  /** User → track → plays. */
  readonly plays: ReadonlyMap<string, ReadonlyMap<string, number>>;
  readonly table1: readonly number[];
  readonly table2: readonly number[];
}

const TABLE_1 = [0, 5, 10, 20, 30, 40, 50, Number.POSITIVE_INFINITY];
const TABLE_2 = [0, 10, 25, 50, 100, 500, Number.POSITIVE_INFINITY];

export function oracleCounts(listens: readonly RawListen[]): OracleCounts {
  const seen = new Set<string>();
  const plays = new Map<string, Map<string, number>>();
  for (const { user, track, seconds } of listens) {
    const id = `${user} ${track} ${seconds}`;
    if (seen.has(id)) continue;
    seen.add(id);
    if (!plays.has(user)) plays.set(user, new Map());
    const row = plays.get(user)!;
    row.set(track, (row.get(track) ?? 0) + 1);
  }
  const listeners = new Map<string, number>();
  for (const row of plays.values()) {
    for (const track of row.keys()) listeners.set(track, (listeners.get(track) ?? 0) + 1);
  }
  const perUser = [...plays.values()].map((row) => row.size);
  return {
    listens: seen.size,
    users: plays.size,
    tracks: listeners.size,
    pairs: perUser.reduce((sum, size) => sum + size, 0),
    maxUniqueListeners: Math.max(...listeners.values()),
    listeners,
    plays,
    table1: counted([...listeners.values()], TABLE_1),
    table2: counted(perUser, TABLE_2),
  };
}

function counted(values: readonly number[], bounds: readonly number[]): number[] {
  return bounds
    .slice(1)
    .map((to, bin) => values.filter((value) => value >= bounds[bin]! && value < to).length);
}

/** Smallest number of listeners such that tracks with at least so many are at most `share` of all. */
export function oracleShareThreshold(
  listeners: ReadonlyMap<string, number>,
  share: number,
): number {
  const counts = [...listeners.values()];
  const room = Math.floor(counts.length * share);
  for (let threshold = 1; ; threshold++) {
    if (counts.filter((count) => count >= threshold).length <= room) return threshold;
  }
}

/** Tracks with at least `threshold` listeners, and users with at least `tracksMin` of those. */
export function oracleFilter(
  { listeners, plays }: OracleCounts,
  threshold: number,
  tracksMin: number,
): { readonly tracksIn: Set<string>; readonly usersIn: Set<string> } {
  const tracksIn = new Set(
    [...listeners].filter(([, count]) => count >= threshold).map(([track]) => track),
  );
  const usersIn = new Set(
    [...plays]
      .filter(
        ([, row]) => [...row.keys()].filter((track) => tracksIn.has(track)).length >= tracksMin,
      )
      .map(([user]) => user),
  );
  return { tracksIn, usersIn };
}
