/**
 * The study's preprocessing from raw rows, by plain maps: imputation, filter learnt on all rows, every table. Shares no
 * code with the streams nor with the study, so that an agreement means something.
 */
import { oracleCounts, oracleFilter, oracleShareThreshold, type RawListen } from './counts';

export interface RawRow {
  readonly user: string;
  readonly seconds: number;
  readonly mbid?: string | undefined;
  readonly msid?: string | undefined;
}

/** mbid, else the mapping's, else msid; merged mbids are followed. */
export function imputed(
  rows: readonly RawRow[],
  mapping: Readonly<Record<string, string>>,
  redirects: Readonly<Record<string, string>>,
): RawListen[] {
  return rows.map(({ user, seconds, mbid, msid }) => {
    let track = mbid ?? (msid === undefined ? undefined : mapping[msid]) ?? msid!;
    while (redirects[track] !== undefined) track = redirects[track]!;
    return { user, seconds, track };
  });
}

export interface OracleStudy {
  readonly threshold: number;
  readonly tables: Readonly<Record<'before' | 'after', OracleTables>>;
  /** User → track → sorted times. */
  readonly histories: ReadonlyMap<string, ReadonlyMap<string, readonly number[]>>;
}

export interface OracleTables {
  readonly users: number;
  readonly tracks: number;
  readonly pairs: number;
  /** Value → how many have it. */
  readonly listenersOfTracks: ReadonlyMap<number, number>;
  readonly tracksOfUsers: ReadonlyMap<number, number>;
  readonly table1: readonly number[];
  readonly table2: readonly number[];
}

export function oracleStudy(
  listens: readonly RawListen[],
  rule: { readonly topShare: number; readonly listenersMin: number; readonly tracksMin: number },
): OracleStudy {
  const counts = oracleCounts(listens);
  const threshold = Math.min(
    oracleShareThreshold(counts.listeners, rule.topShare),
    rule.listenersMin,
  );
  const { tracksIn, usersIn } = oracleFilter(counts, threshold, rule.tracksMin);
  const isKept = ({ user, track }: RawListen) => tracksIn.has(track) && usersIn.has(user);
  const histories = new Map<string, Map<string, number[]>>();
  for (const { user, track, seconds } of listens) {
    if (!histories.has(user)) histories.set(user, new Map());
    const row = histories.get(user)!;
    if (!row.has(track)) row.set(track, []);
    if (!row.get(track)!.includes(seconds)) row.get(track)!.push(seconds);
  }
  for (const row of histories.values())
    for (const times of row.values()) times.sort((a, b) => a - b);
  return {
    threshold,
    tables: { before: tablesOf(listens), after: tablesOf(listens.filter(isKept)) },
    histories,
  };
}

function tablesOf(listens: readonly RawListen[]): OracleTables {
  const { users, tracks, pairs, listeners, plays, table1, table2 } = oracleCounts(listens);
  return {
    users,
    tracks,
    pairs,
    listenersOfTracks: counted([...listeners.values()]),
    tracksOfUsers: counted([...plays.values()].map((row) => row.size)),
    table1,
    table2,
  };
}

function counted(values: readonly number[]): Map<number, number> {
  const found = new Map<number, number>();
  for (const value of values) found.set(value, (found.get(value) ?? 0) + 1);
  return found;
}
