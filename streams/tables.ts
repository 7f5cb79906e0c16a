/** Reading tables from outside of the streams: the last value of every key, or of one. */
import type { Broker, Position } from '../src/broker/broker';
import type { TopicCodecs } from '../src/engine/topic-codecs';
import type { Topic } from '../src/engine/topology';

export interface TableReader {
  readonly broker: Broker;
  readonly codecs: TopicCodecs;
}

const FETCH = { waitMsMax: 1000, bytesMaxPerPartition: 1024 * 1024 } as const;

/** Read-committed ends of all partitions, or of one. */
export async function tableEnds(
  { broker }: Pick<TableReader, 'broker'>,
  topic: string,
  partition?: number,
): Promise<Position[]> {
  const ranges = await broker.ranges(topic);
  return ranges
    .filter((range) => partition === undefined || range.partition === partition)
    .map((range) => ({ topic, partition: range.partition, offset: range.end }));
}

/** Every record of a table before `to`, in order within its partition; null values are tombstones. */
export async function readTable<V>(
  reader: TableReader,
  topic: Topic<V>,
  to: readonly Position[],
  visit: (key: string, value: V | null, offset: number) => void,
): Promise<void> {
  const codec = reader.codecs.of(topic);
  await readRaw(reader, topic.name, to, async (records) => {
    await codec.learn(records.map(({ value }) => value));
    for (const { key, value, offset } of records)
      visit(key, value === null ? null : codec.decode(value), offset);
  });
}

/** Last values by key; for small tables, or with a `wanted` that keeps few. */
export async function lastValues<V>(
  reader: TableReader,
  topic: Topic<V>,
  wanted: { readonly partition?: number; readonly key?: (key: string) => boolean } = {},
): Promise<Map<string, V>> {
  const codec = reader.codecs.of(topic);
  const bytes = new Map<string, Buffer>();
  await readRaw(
    reader,
    topic.name,
    await tableEnds(reader, topic.name, wanted.partition),
    async (records) => {
      for (const { key, value } of records) {
        if (wanted.key?.(key) === false) continue;
        if (value === null) bytes.delete(key);
        else bytes.set(key, value);
      }
    },
  );
  await codec.learn([...bytes.values()]);
  return new Map([...bytes].map(([key, value]) => [key, codec.decode(value)]));
}

/** Keys of a topic that have a value, as of now. */
export async function liveKeys(
  reader: Pick<TableReader, 'broker'>,
  topic: string,
): Promise<string[]> {
  const keys = new Set<string>();
  await readRaw(reader, topic, await tableEnds(reader, topic), async (records) => {
    for (const { key, value } of records) {
      if (value === null) keys.delete(key);
      else keys.add(key);
    }
  });
  return [...keys];
}

interface RawRecord {
  readonly key: string;
  readonly value: Buffer | null;
  readonly offset: number;
}

async function readRaw(
  { broker }: Pick<TableReader, 'broker'>,
  topic: string,
  to: readonly Position[],
  visit: (records: readonly RawRecord[]) => Promise<void>,
): Promise<void> {
  const ends = new Map(to.map(({ partition, offset }) => [partition, offset]));
  const ranges = await broker.ranges(topic);
  const next = new Map(ranges.map(({ partition, start }) => [partition, start]));
  for (;;) {
    const open = [...ends]
      .filter(([partition, end]) => next.get(partition)! < end)
      .map(([partition]) => ({ topic, partition, offset: next.get(partition)! }));
    if (open.length === 0) return;
    for (const batch of await broker.fetch(open, FETCH)) {
      next.set(batch.partition, batch.nextOffset);
      const end = ends.get(batch.partition)!;
      const records = batch.records.filter(({ offset }) => offset < end);
      await visit(
        records.map(({ key, value, offset }) => ({
          key: key?.toString('utf8') ?? '',
          value,
          offset,
        })),
      );
    }
  }
}
