/** Everything that the application left against what must be left; each difference is a sentence. */

import { oracleFilter, oracleShareThreshold } from '../support/oracle/counts';
import type { Expected } from './expected';
import type { Found } from './found';

const TOP_SHARE = 0.03;
const LISTENERS_MIN = 20;
const EXAMPLES = 5;
const LENGTH_MAX = 200;
const NUL = '\u0000';

export function compare(found: Found, expected: Expected): string[] {
  return [
    ...plays(found, expected),
    ...listeners(found, expected),
    ...changes(found, expected),
    ...sums(found, expected),
    ...filter(found, expected),
    ...deadLetters(found, expected),
    ...positions(found),
    ...lists(found, expected),
  ];
}

/** At most a few examples of what differs, and how many there are. */
export function differences<V>(
  what: string,
  found: ReadonlyMap<string, V>,
  expected: ReadonlyMap<string, V>,
): string[] {
  const wrong = [...new Set([...found.keys(), ...expected.keys()])].filter(
    (key) => found.get(key) !== expected.get(key),
  );
  const examples = wrong.slice(0, EXAMPLES).map((key) => {
    const name = key.replaceAll(NUL, ' ');
    return `${what}: ${name} is ${cut(found.get(key))}, expected ${cut(expected.get(key))}`;
  });
  const more = wrong.length - examples.length;
  return more > 0 ? [...examples, `${what}: and ${more} more`] : examples;
}

function cut(value: unknown): string {
  const text = String(value);
  return text.length > LENGTH_MAX ? `${text.slice(0, LENGTH_MAX)}…` : text;
}

function plays({ histories }: Found, { counts }: Expected): string[] {
  const found = new Map<string, number>();
  for (const [key, { plays: count }] of histories) {
    const isChunk = key.split(NUL).length > 2;
    if (!isChunk && count > 0) found.set(key, count);
  }
  const expected = new Map(
    [...counts.plays].flatMap(([user, tracks]) =>
      [...tracks].map(([track, count]) => [`${user}${NUL}${track}`, count] as const),
    ),
  );
  return differences('plays', found, expected);
}

function listeners({ listenerCounts }: Found, { counts }: Expected): string[] {
  const found = [...listenerCounts].map(([track, { listeners: n }]) => [track, n] as const);
  return differences('unique listeners', withoutZeros(found), counts.listeners);
}

function changes({ changes: found }: Found, { counts }: Expected): string[] {
  return differences('sum of listener changes', withoutZeros([...found]), counts.listeners);
}

function withoutZeros(entries: readonly (readonly [string, number])[]): Map<string, number> {
  return new Map(entries.filter(([, count]) => count !== 0));
}

function sums({ progress }: Found, expected: Expected): string[] {
  const found = new Map<string, number>();
  for (const { sums: of } of progress)
    for (const [name, value] of Object.entries(of))
      if (!name.startsWith('live.')) found.set(name, (found.get(name) ?? 0) + value);
  const { counts, duplicates, deletions } = expected;
  const wanted = new Map<string, number>([
    ['listens', counts.listens],
    ['duplicates', duplicates],
    ['deletions', deletions],
    ['pairs', counts.pairs],
    ['users', counts.users],
  ]);
  for (const reason of expected.deadLetters.values())
    wanted.set(`deadLetters.${reason}`, (wanted.get(`deadLetters.${reason}`) ?? 0) + 1);
  return differences('sum', found, wanted);
}

function filter({ filter: found }: Found, { counts }: Expected): string[] {
  if (found === undefined) return ['there is no filter'];
  const threshold = Math.min(LISTENERS_MIN, oracleShareThreshold(counts.listeners, TOP_SHARE));
  const { tracksIn } = oracleFilter(counts, threshold, 1);
  const tables = (rows: readonly { readonly count: number }[]) => rows.map(({ count }) => count);
  return differences(
    'filter',
    new Map<string, string>(
      Object.entries({
        threshold: String(found.threshold),
        tracks: String(found.tracks),
        tracksIn: String(found.tracks_in),
        users: String(found.users),
        uniqueListenersMax: String(found.max_unique_listeners),
        table1: String(tables(found.table1)),
        table2: String(tables(found.table2)),
      }),
    ),
    new Map<string, string>(
      Object.entries({
        threshold: String(threshold),
        tracks: String(counts.tracks),
        tracksIn: String(tracksIn.size),
        users: String(counts.users),
        uniqueListenersMax: String(counts.maxUniqueListeners),
        table1: String(counts.table1),
        table2: String(counts.table2),
      }),
    ),
  );
}

/** Each once, with its reason. */
function deadLetters({ deadLetters: found }: Found, expected: Expected): string[] {
  const texts = new Map([...found].map(([place, reasons]) => [place, reasons.join()]));
  return differences('dead letter', texts, expected.deadLetters);
}

/** The group's committed positions are those that the last steps say. */
function positions({ committed, progress }: Found): string[] {
  const name = (topic: string, partition: number) => `${topic}/${partition}`;
  const recorded = new Map(
    progress.flatMap(({ positions: of }) =>
      of.map(({ topic, partition, offset }) => [name(topic, partition), offset] as const),
    ),
  );
  return differences(
    'committed position',
    new Map(committed.map(({ topic, partition, offset }) => [name(topic, partition), offset])),
    recorded,
  );
}

function lists({ lists: found }: Found, { counts }: Expected): string[] {
  const without = [...counts.plays.keys()].filter((user) => !found.has(user));
  const heard = [...found].flatMap(([user, { tracks }]) =>
    tracks
      .filter(({ track_id }) => counts.plays.get(user)?.has(track_id))
      .map(({ track_id }) => `the list of ${user} holds ${track_id}, which they have heard`),
  );
  return [
    ...without.slice(0, EXAMPLES).map((user) => `${user} has no list`),
    ...heard.slice(0, EXAMPLES),
  ];
}
