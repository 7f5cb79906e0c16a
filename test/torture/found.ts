/** What the application has left on its topics, read as another program would. */
import type { Filter, History, ListenerCount, Recommendations } from '../../schemas/records';
import type { Position } from '../../src/broker/broker';
import type { ProgressValue, Topic } from '../../src/engine/topology';
import { readTopic } from '../support/read-topic';
import { APPLICATION, type Arena } from './arena';

/** Last bytes by key, tombstones left out, and the partition that they lie on. */
export type Table = ReadonlyMap<string, { readonly bytes: Buffer; readonly partition: number }>;

export interface Found {
  readonly histories: ReadonlyMap<string, History>;
  readonly listenerCounts: ReadonlyMap<string, ListenerCount>;
  readonly lists: ReadonlyMap<string, Recommendations>;
  readonly filter: Filter | undefined;
  readonly progress: readonly ProgressValue[];
  /** `partition offset` of the record → reasons given; one, if all is well. */
  readonly deadLetters: ReadonlyMap<string, readonly string[]>;
  /** Track → sum of the changes sent. */
  readonly changes: ReadonlyMap<string, number>;
  readonly committed: readonly Position[];
  /** By store, for comparison with the databases. */
  readonly tables: ReadonlyMap<string, Table>;
}

export async function readFound(arena: Arena): Promise<Found> {
  const { topics } = arena.administration;
  const { broker } = arena.places;
  const histories = await readTable(arena, topics.histories);
  const listenerCounts = await readTable(arena, topics.listenerCounts);
  const recommendations = await readTable(arena, topics.recommendations);
  const progress = [
    ...(await decoded(arena, topics.progress, await readTable(arena, topics.progress))).values(),
  ];
  return {
    histories: await decoded(arena, topics.histories, histories),
    listenerCounts: await decoded(arena, topics.listenerCounts, listenerCounts),
    lists: await decoded(arena, topics.recommendations, recommendations),
    filter: (await decoded(arena, topics.filter, await readTable(arena, topics.filter))).get(
      'current',
    ),
    progress,
    deadLetters: await readDeadLetters(arena),
    changes: await readChanges(arena),
    committed: await broker.committed(
      APPLICATION,
      progress.flatMap(({ positions }) => positions),
    ),
    tables: new Map([
      ['h', histories],
      ['c', listenerCounts],
      ['r', recommendations],
    ]),
  };
}

async function readTable({ places }: Arena, topic: Topic<unknown>): Promise<Table> {
  const table = new Map<string, { readonly bytes: Buffer; readonly partition: number }>();
  await readTopic(places.broker, topic.name, ({ key, value }, partition) => {
    const name = key!.toString('utf8');
    if (value === null) table.delete(name);
    else table.set(name, { bytes: value, partition });
  });
  return table;
}

async function decoded<V>(
  { administration }: Arena,
  topic: Topic<V>,
  table: Table,
): Promise<Map<string, V>> {
  const codec = administration.codecs.of(topic);
  await codec.learn([...table.values()].map(({ bytes }) => bytes));
  return new Map([...table].map(([key, { bytes }]) => [key, codec.decode(bytes)]));
}

async function readDeadLetters(arena: Arena): Promise<Map<string, string[]>> {
  const { topics } = arena.administration;
  const found = new Map<string, string[]>();
  await eachValue(arena, topics.deadLetters, (_key, { partition, offset, reason }) => {
    const place = `${partition} ${offset}`;
    found.set(place, [...(found.get(place) ?? []), reason]);
  });
  return found;
}

async function readChanges(arena: Arena): Promise<Map<string, number>> {
  const sums = new Map<string, number>();
  await eachValue(arena, arena.administration.topics.listenerChanges, (track, { change }) => {
    sums.set(track, (sums.get(track) ?? 0) + change);
  });
  return sums;
}

async function eachValue<V>(
  { places, administration }: Arena,
  topic: Topic<V>,
  visit: (key: string, value: V) => void,
): Promise<void> {
  const records: { readonly key: string; readonly value: Buffer }[] = [];
  await readTopic(places.broker, topic.name, ({ key, value }) =>
    records.push({ key: key?.toString('utf8') ?? '', value: value! }),
  );
  const codec = administration.codecs.of(topic);
  await codec.learn(records.map(({ value }) => value));
  for (const { key, value } of records) visit(key, codec.decode(value));
}
