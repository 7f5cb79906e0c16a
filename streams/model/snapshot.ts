/**
 * The training set as of stated positions: `listener-counts` and `histories` read once, up to their read-committed
 * ends; the last value of a key counts. Then the study's filters: tracks at or over the threshold, users with enough of
 * them, both learnt from the snapshot itself.
 */
import type { History, ListenerCount } from '../../schemas/records';
import type { Broker, Position } from '../../src/broker/broker';
import type { TopicCodecs } from '../../src/engine/topic-codecs';
import type { TrainingData, TrainingPairs } from '../../src/training/training-data';
import { playTimes } from '../by-user/history';
import { parseHistoryKey } from '../by-user/stores';
import { mergeHistograms, type ThresholdRule, threshold } from '../control/threshold';
import { readTable, tableEnds } from '../tables';
import type { SegueTopics } from '../topics';
import type { ModelTrack } from './serving-model';

export interface SnapshotOptions {
  readonly broker: Broker;
  readonly codecs: TopicCodecs;
  readonly topics: SegueTopics;
  readonly threshold: ThresholdRule;
  /** Tracks that are in which a user needs to be in. */
  readonly tracksMin: number;
  readonly onProgress?: (line: string) => void;
}

export interface Snapshot {
  readonly data: TrainingData;
  readonly tracks: readonly ModelTrack[];
  readonly threshold: number;
  /** Tracks at or over the threshold, and users with enough of them. */
  readonly tracksIn: number;
  readonly usersIn: number;
  /** Ends of the two tables. */
  readonly positions: readonly Position[];
}

export async function takeSnapshot(options: SnapshotOptions): Promise<Snapshot> {
  const { topics } = options;
  // The ends first: what is committed later is not part of it.
  const countEnds = await tableEnds(options, topics.listenerCounts.name);
  const historyEnds = await tableEnds(options, topics.histories.name);
  const counts = new Map<string, ListenerCount>();
  await readTable(options, topics.listenerCounts, countEnds, (trackId, count) => {
    if (count === null) counts.delete(trackId);
    else counts.set(trackId, count);
  });
  const border = threshold(mergeHistograms([histogramOf(counts)]), options.threshold).value;
  const kept = [...counts]
    .filter(([, { listeners }]) => listeners > 0 && listeners >= border)
    .sort(byTrack);
  options.onProgress?.(
    `${counts.size} tracks, ${kept.length} with at least ${border} unique listeners`,
  );
  const pairs = await readPairs(
    options,
    historyEnds,
    new Map(kept.map(([trackId], item) => [trackId, item])),
  );
  const filtered = keepUsers(pairs, options.tracksMin);
  options.onProgress?.(
    `${filtered.userIds.length} users with at least ${options.tracksMin} of them, ${filtered.pairs.users.length} pairs`,
  );
  return {
    data: { ...filtered, itemIds: kept.map(([trackId]) => trackId) },
    tracks: kept.map(([trackId, count]) => ({
      trackId,
      artistName: count.artist_name,
      trackName: count.track_name,
    })),
    threshold: border,
    tracksIn: kept.length,
    usersIn: filtered.userIds.length,
    positions: [...countEnds, ...historyEnds],
  };
}

function histogramOf(counts: ReadonlyMap<string, ListenerCount>): Map<number, number> {
  const histogram = new Map<number, number>();
  for (const { listeners } of counts.values()) {
    if (listeners > 0) histogram.set(listeners, (histogram.get(listeners) ?? 0) + 1);
  }
  return histogram;
}

interface Pair {
  plays: number;
  first: number;
  times: readonly number[] | undefined;
}

/** User → item → pair, for kept items. */
async function readPairs(
  options: SnapshotOptions,
  to: readonly Position[],
  itemOf: ReadonlyMap<string, number>,
): Promise<Map<string, Map<number, Pair>>> {
  const users = new Map<string, Map<number, Pair>>();
  await readTable(options, options.topics.histories, to, (key, history) => {
    const { user, trackId, chunk } = parseHistoryKey(key);
    const item = itemOf.get(trackId);
    if (item === undefined || chunk !== undefined) return;
    if (history === null || history.plays === 0) {
      users.get(user)?.delete(item);
      return;
    }
    let row = users.get(user);
    if (row === undefined) {
      row = new Map();
      users.set(user, row);
    }
    row.set(item, pairOf(history));
  });
  return users;
}

/** Times in chunks are not read: plays that old lie before any holdout. */
function pairOf({ plays, first_listened_at, entries }: History): Pair {
  return { plays, first: first_listened_at, times: plays > 1 ? playTimes(entries) : undefined };
}

function keepUsers(
  pairs: ReadonlyMap<string, ReadonlyMap<number, Pair>>,
  tracksMin: number,
): Omit<TrainingData, 'itemIds'> {
  // In order of id: the same snapshot gives the same rows, whatever the order of partitions.
  const kept = [...pairs]
    .filter(([, row]) => row.size >= tracksMin)
    .sort((a, b) => (a[0] < b[0] ? -1 : 1));
  const size = kept.reduce((sum, [, row]) => sum + row.size, 0);
  const columns = {
    users: new Int32Array(size),
    items: new Int32Array(size),
    plays: new Float32Array(size),
    firstSeconds: new Float64Array(size),
    repeats: new Map<number, readonly number[]>(),
  } satisfies TrainingPairs & { repeats: Map<number, readonly number[]> };
  let at = 0;
  let newestSeconds = 0;
  let plays = 0;
  kept.forEach(([, row], user) => {
    for (const [item, pair] of [...row].sort((a, b) => a[0] - b[0])) {
      columns.users[at] = user;
      columns.items[at] = item;
      columns.plays[at] = pair.plays;
      columns.firstSeconds[at] = pair.first;
      if (pair.times !== undefined) columns.repeats.set(at, pair.times);
      newestSeconds = Math.max(newestSeconds, pair.times?.at(-1) ?? pair.first);
      plays += pair.plays;
      at += 1;
    }
  });
  return { userIds: kept.map(([user]) => user), pairs: columns, newestSeconds, plays };
}

function byTrack(a: readonly [string, unknown], b: readonly [string, unknown]): number {
  return a[0] < b[0] ? -1 : 1;
}
