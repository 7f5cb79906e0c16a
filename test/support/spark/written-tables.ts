/**
 * The two tables that a retrain reads, written as the streams write them and with everything that makes reading them
 * hard: keys overwritten and deleted, chunks of old listens, pairs without plays, aborted transactions, values of an
 * earlier schema, ids whose order differs between UTF-8 and UTF-16.
 */
import { setTimeout as pause } from 'node:timers/promises';
import type { History, ListenerCount } from '../../../schemas/records';
import type { Administration } from '../../../src/app/administration';
import type { OutputRecord } from '../../../src/broker/broker';
import type { KafkaBroker } from '../../../src/broker/kafka/kafka-broker';
import type { Topic } from '../../../src/engine/topology';
import type { Random } from '../../../src/random';
import type { Codec, SchemaRegistry } from '../../../src/schema-registry/schema-registry';
import { applyEvent, EMPTY_HISTORY } from '../../../streams/by-user/history';
import { chunkKey, historyKey } from '../../../streams/by-user/stores';
import { readTable, tableEnds } from '../../../streams/tables';
import { alterTopic, openStep } from '../kafka/kafka-harness';

const USERS = 260;
const TRACKS = 150;
const START_SECONDS = 1_500_000_000;
const ENTRIES_MAX = 8;
const CLEANING_MS = 300;

/** In UTF-8 the first comes after the second, in UTF-16 before it. */
const ODD_PREFIXES = ['\u{1f3b5}', '\uff5e', 'é'];

export interface WrittenTables {
  readonly administration: Administration;
  readonly broker: KafkaBroker;
  readonly random: Random;
  /** An earlier form of the histories' schema. */
  readonly earlier: { encode(value: unknown): Buffer };
  /** Where the broker's settings are changed, and what makes it clean at once. */
  readonly cleaning: {
    readonly address: string;
    readonly settings: Readonly<Record<string, string>>;
  };
}

/** The histories' schema before it had chunks. */
export function earlierHistories(
  registry: SchemaRegistry,
  { name, schema }: Topic<History>,
): Promise<Codec<unknown>> {
  const fields = (schema['fields'] as { name: string }[]).filter(
    (field) => field.name !== 'chunks',
  );
  return registry.codec(`${name}-value`, { ...schema, fields }, 'FULL_TRANSITIVE');
}

export async function writeTables(tables: WrittenTables): Promise<void> {
  const { broker } = tables;
  const { histories, counts } = buildRecords(tables);
  const writer = await broker.takeOver('tables', 'tables');
  const half = histories.length >> 1;
  for (const records of [histories.slice(0, half), histories.slice(half), counts])
    await writer.commit({ records, positions: [] });
  await cleanHistories(tables, histories.length);
  await writer.commit({ records: overwritten(tables, histories), positions: [] });
  await writer.close();
  const poison = await openStep(broker, 'poison', 'poison');
  await poison.append([{ ...histories[0]!, value: wrongPlays(tables) }]);
  await poison.abort();
}

/** Until the broker has taken superseded values out, so that offsets have gaps. */
async function cleanHistories(tables: WrittenTables, written: number): Promise<void> {
  const { administration, broker, cleaning } = tables;
  const { histories } = administration.topics;
  await alterTopic(cleaning.address, histories.name, {
    'cleanup.policy': 'compact',
    ...cleaning.settings,
  });
  const writer = await broker.writer();
  const value = administration.codecs.of(histories).encode(EMPTY_HISTORY);
  const partitions = (await broker.ranges(histories.name)).map(({ partition }) => partition);
  for (let fillers = 1; ; fillers++) {
    // A chunk of nobody's, which no table shows: cleaning needs new records in each partition.
    const key = Buffer.from(chunkKey('nobody', 'nothing', fillers));
    await writer.send(
      partitions.map((partition) => ({ topic: histories.name, partition, key, value })),
    );
    const { keys, records } = await countHistories(tables);
    if (records < written && records < keys * 1.2) break;
    await pause(CLEANING_MS);
  }
  await writer.close();
}

/** Keys and records of histories and chunks, fillers apart. */
async function countHistories({ administration, broker }: WrittenTables) {
  const topic = administration.topics.histories;
  const keys = new Set<string>();
  let records = 0;
  await readTable(administration, topic, await tableEnds({ broker }, topic.name), (key) => {
    if (key.startsWith('nobody')) return;
    keys.add(key);
    records += 1;
  });
  return { keys: keys.size, records };
}

/** Wrong values of some keys, each followed by the last one that was right. */
function overwritten(tables: WrittenTables, histories: readonly OutputRecord[]): OutputRecord[] {
  const last = new Map(histories.map((record) => [`${record.key}`, record]));
  return [...last.values()]
    .filter((_, place) => place % 7 === 0)
    .flatMap((record) => [{ ...record, value: wrongPlays(tables) }, record]);
}

function wrongPlays({ administration }: WrittenTables): Buffer {
  const { histories } = administration.topics;
  return administration.codecs.of(histories).encode({ ...EMPTY_HISTORY, plays: 999 });
}

function buildRecords(tables: WrittenTables): {
  histories: OutputRecord[];
  counts: OutputRecord[];
} {
  const { administration, random } = tables;
  const { topics, codecs } = administration;
  const listeners = new Map<string, number>();
  const histories: OutputRecord[] = [];
  for (let user = 0; user < USERS; user++) {
    const userId = oddId('user', user);
    for (const track of someTracks(random, user)) {
      const own = historyRecords(tables, userId, track);
      histories.push(...own.records);
      if (own.plays > 0) listeners.set(track, (listeners.get(track) ?? 0) + 1);
    }
  }
  const codec = codecs.of(topics.listenerCounts);
  const count = (track: string, value: ListenerCount | null): OutputRecord => ({
    topic: topics.listenerCounts.name,
    key: Buffer.from(track),
    value: value === null ? null : codec.encode(value),
  });
  const named = (track: string, heard: number): ListenerCount => ({
    ...{ listeners: heard, named_at: START_SECONDS, users: [] },
    ...{ artist_name: `artist\u2028of ${track}`, track_name: `"${track}"` },
  });
  const counts = [...listeners].flatMap(([track, heard]) => [
    count(track, named(track, 1)),
    count(track, named(track, heard)),
  ]);
  counts.push(
    count('gone', named('gone', 50)),
    count('gone', null),
    count('none', named('none', 0)),
  );
  return { histories, counts };
}

/** Last of all the value that stands; what came before it must not be seen. */
function historyRecords(
  { administration, random, earlier }: WrittenTables,
  user: string,
  track: string,
) {
  const topic = administration.topics.histories;
  const codec = administration.codecs.of(topic);
  const records: OutputRecord[] = [];
  const put = (key: string, value: Buffer | null) => {
    records.push({ topic: topic.name, key: Buffer.from(key), value });
  };
  const chunks = new Map<number, History>();
  const store = {
    get: (number: number) => chunks.get(number),
    put: (number: number, chunk: History) => {
      chunks.set(number, chunk);
      put(chunkKey(user, track, number), codec.encode(chunk));
    },
  };
  let history = EMPTY_HISTORY;
  const plays = random.next() < 0.1 ? 20 : 1 + random.below(3);
  let listenedAt = START_SECONDS + random.below(90 * 86_400);
  for (let play = 0; play < plays; play++) {
    const event = { listenedAt, mark: 'heard' as const };
    history = applyEvent(history, event, store, { entriesMax: ENTRIES_MAX }).history;
    put(historyKey(user, track), codec.encode(history));
    listenedAt += 1 + random.below(10 * 86_400);
  }
  const fate = random.next();
  if (fate < 0.03) put(historyKey(user, track), null);
  else if (fate < 0.06) put(historyKey(user, track), codec.encode(EMPTY_HISTORY));
  else if (fate < 0.2 && history.chunks.length === 0)
    put(historyKey(user, track), earlier.encode(history));
  return { records, plays: fate < 0.06 ? 0 : history.plays };
}

/** Mostly of the user's own taste, one of five. */
function someTracks(random: Random, user: number): Set<string> {
  const found = new Set<string>();
  const wanted = 3 + random.below(22);
  while (found.size < wanted) {
    const any = Math.floor(TRACKS * random.next() ** 1.5);
    const own = any - (any % 5) + (user % 5);
    found.add(oddId('track', random.next() < 0.25 ? any : own));
  }
  return found;
}

function oddId(kind: string, number: number): string {
  return `${ODD_PREFIXES[number % 40] ?? ''}${kind}-${String(number).padStart(4, '0')}`;
}
