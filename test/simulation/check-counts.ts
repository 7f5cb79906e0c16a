/** Counts, tables and dead letters against the ledger. */
import type { SegueTopics } from '../../streams/topics';
import { differentCounts, differentValues } from './differences';
import type { Ledger, Truth } from './ledger';
import type { Observed } from './observed';

const TABLE_1 = [0, 5, 10, 20, 30, 40, 50, Number.POSITIVE_INFINITY];
const TABLE_2 = [0, 10, 25, 50, 100, 500, Number.POSITIVE_INFINITY];
/** The default rule: the lower threshold of the top 3 % and of so many unique listeners. */
const TOP_SHARE = 0.03;
export const LISTENERS_MIN = 4;

export async function checkCounts(
  observed: Observed,
  topics: SegueTopics,
  ledger: Ledger,
): Promise<string[]> {
  const truth = ledger.truth();
  return [
    ...(await checkHistories(observed, topics, ledger, truth)),
    ...(await checkListeners(observed, topics, truth)),
    ...(await checkSums(observed, topics, ledger, truth)),
    ...(await checkFilter(observed, topics, truth)),
    ...(await checkDeadLetters(observed, topics, ledger)),
  ];
}

/** Plays by (user, track), with the times of the oldest and the newest. */
async function checkHistories(
  observed: Observed,
  topics: SegueTopics,
  ledger: Ledger,
  truth: Truth,
): Promise<string[]> {
  const plays = new Map<string, number>();
  const spans = new Map<string, readonly number[]>();
  for (const [key, history] of await observed.lastValues(topics.histories)) {
    const [user, track, chunk] = key.split('\0');
    if (chunk !== undefined || history.plays === 0) continue;
    plays.set(`${user} ${track}`, history.plays);
    spans.set(`${user} ${track}`, [history.first_listened_at, history.last_listened_at]);
  }
  const expected = new Map<string, readonly number[]>();
  for (const user of ledger.users())
    for (const [track, times] of ledger.heard(user))
      expected.set(`${user} ${track}`, [Math.min(...times), Math.max(...times)]);
  return [
    ...differentCounts('plays', plays, truth.plays),
    ...differentValues('first and last listens', sorted(spans), sorted(expected)),
  ];
}

/** The table, and the changes that made it, which nobody may see twice. */
async function checkListeners(
  observed: Observed,
  topics: SegueTopics,
  { listeners }: Truth,
): Promise<string[]> {
  const counts = [...(await observed.lastValues(topics.listenerCounts))].map(
    ([track, count]) => [track, count.listeners] as const,
  );
  const changes = new Map<string, number>();
  for (const { key, value } of await observed.values(topics.listenerChanges))
    changes.set(key, (changes.get(key) ?? 0) + value.change);
  return [
    ...differentCounts('unique listeners', new Map(counts), listeners),
    ...differentCounts('listener changes', changes, listeners),
  ];
}

async function checkSums(
  observed: Observed,
  topics: SegueTopics,
  ledger: Ledger,
  truth: Truth,
): Promise<string[]> {
  const sums = new Map<string, number>();
  const bins = { listenersPerTrack: new Map(), tracksPerUser: new Map() } as Bins;
  for (const progress of (await observed.lastValues(topics.progress)).values()) {
    for (const [name, value] of Object.entries(progress.sums))
      if (!name.startsWith('live.')) sums.set(name, (sums.get(name) ?? 0) + value);
    for (const [name, found] of Object.entries(progress.histograms))
      for (const { value, count } of found) add(bins[name as keyof Bins], String(value), count);
  }
  const expected = new Map([
    ['listens', truth.listens],
    ['deletions', truth.deletions],
    ['duplicates', truth.duplicates],
    ['pairs', truth.plays.size],
    ['users', truth.tracksOf.size],
  ]);
  for (const { event } of ledger.poison()) add(expected, `deadLetters.${event.reason}`, 1);
  return [
    ...differentCounts('sums', sums, expected),
    ...differentCounts('tracks by listeners', bins.listenersPerTrack, binsOf(truth.listeners)),
    ...differentCounts('users by tracks', bins.tracksPerUser, binsOf(truth.tracksOf)),
  ];
}

interface Bins {
  readonly listenersPerTrack: Map<string, number>;
  readonly tracksPerUser: Map<string, number>;
}

async function checkFilter(
  observed: Observed,
  topics: SegueTopics,
  { listeners, tracksOf }: Truth,
): Promise<string[]> {
  const filter = (await observed.lastValues(topics.filter)).get('current');
  if (filter === undefined) return listeners.size === 0 ? [] : ['there is no filter'];
  const counts = [...listeners.values()];
  const threshold = Math.min(LISTENERS_MIN, thresholdOf(counts));
  const found = {
    threshold: filter.threshold,
    tracks: filter.tracks,
    tracksIn: filter.tracks_in,
    users: filter.users,
    max: filter.max_unique_listeners,
    table1: filter.table1.map(({ count }) => count),
    table2: filter.table2.map(({ count }) => count),
  };
  return differentValues('filter', found, {
    threshold,
    tracks: counts.length,
    tracksIn: counts.filter((count) => count >= threshold).length,
    users: tracksOf.size,
    max: Math.max(0, ...counts),
    table1: inBins(counts, TABLE_1),
    table2: inBins([...tracksOf.values()], TABLE_2),
  });
}

/** Each bad record once, where it lay and with its reason; and nothing else. */
async function checkDeadLetters(
  observed: Observed,
  topics: SegueTopics,
  ledger: Ledger,
): Promise<string[]> {
  const found = new Map<string, number>();
  for (const { value } of await observed.values(topics.deadLetters))
    add(found, `${value.topic}/${value.partition} ${value.offset} ${value.reason}`, 1);
  const expected = ledger.poison().map(({ partition, offset, event }) => {
    return [`${topics.listens.name}/${partition} ${offset} ${event.reason}`, 1] as const;
  });
  return differentCounts('dead letters', found, new Map(expected));
}

function add(counts: Map<string, number>, key: string, by: number): void {
  counts.set(key, (counts.get(key) ?? 0) + by);
}

function binsOf(values: ReadonlyMap<string, number>): Map<string, number> {
  const bins = new Map<string, number>();
  for (const value of values.values()) add(bins, String(value), 1);
  return bins;
}

function inBins(values: readonly number[], bounds: readonly number[]): number[] {
  return bounds
    .slice(1)
    .map((to, bin) => values.filter((value) => value >= bounds[bin]! && value < to).length);
}

/** The lowest count that is in: classes of equal counts are in or out as a whole. */
function thresholdOf(counts: readonly number[]): number {
  const room = Math.floor(counts.length * TOP_SHARE);
  const inside = counts.filter((one) => counts.filter((count) => count >= one).length <= room);
  return inside.length === 0 ? Math.max(0, ...counts) + 1 : Math.min(...inside);
}

function sorted<V>(map: ReadonlyMap<string, V>): (readonly [string, V])[] {
  return [...map].sort((a, b) => (a[0] < b[0] ? -1 : 1));
}
