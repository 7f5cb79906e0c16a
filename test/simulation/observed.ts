/** What is to be read of a system: topics as anybody reads them, committed records only. */
import type { StoredRecord } from '../../src/broker/broker';
import type { EmbeddedBroker } from '../../src/broker/embedded-broker';
import type { TopicCodecs } from '../../src/engine/topic-codecs';
import type { Topic } from '../../src/engine/topology';

export type PlacedRecord = readonly [partition: number, record: StoredRecord];

const FETCH = { waitMsMax: 0, bytesMaxPerPartition: 1 << 22 } as const;

/** Reads a topic on, from where it was last time. */
export class TopicReader {
  readonly #next = new Map<number, number>();

  constructor(
    private readonly broker: EmbeddedBroker,
    private readonly topic: string,
  ) {}

  async more(): Promise<PlacedRecord[]> {
    const found: PlacedRecord[] = [];
    for (const { partition, start, end } of await this.broker.ranges(this.topic)) {
      let offset = Math.max(start, this.#next.get(partition) ?? 0);
      while (offset < end) {
        const place = { topic: this.topic, partition, offset };
        for (const batch of await this.broker.fetch([place], FETCH)) {
          for (const record of batch.records) found.push([partition, record]);
          offset = batch.nextOffset;
        }
      }
      this.#next.set(partition, offset);
    }
    return found;
  }
}

export class Observed {
  constructor(
    private readonly broker: EmbeddedBroker,
    private readonly codecs: TopicCodecs,
  ) {}

  all(topic: Topic<unknown> | Topic<never>): Promise<PlacedRecord[]> {
    return new TopicReader(this.broker, topic.name).more();
  }

  async values<V>(topic: Topic<V>): Promise<{ readonly key: string; readonly value: V }[]> {
    const codec = this.codecs.of(topic);
    const records = await this.all(topic as Topic<never>);
    return records.flatMap(([, { key, value }]) =>
      value === null ? [] : [{ key: key?.toString('utf8') ?? '', value: codec.decode(value) }],
    );
  }

  /** Last bytes of each key of a table, by partition. */
  async table(topic: Topic<unknown> | Topic<never>): Promise<Map<number, Map<string, Buffer>>> {
    const byPartition = new Map<number, Map<string, Buffer>>();
    for (const [partition, { key, value }] of await this.all(topic)) {
      let last = byPartition.get(partition);
      if (last === undefined) {
        last = new Map();
        byPartition.set(partition, last);
      }
      if (value === null) last.delete(key!.toString('utf8'));
      else last.set(key!.toString('utf8'), value);
    }
    return byPartition;
  }

  async lastValues<V>(topic: Topic<V>): Promise<Map<string, V>> {
    const codec = this.codecs.of(topic);
    const tables = await this.table(topic as Topic<never>);
    return new Map(
      [...tables.values()].flatMap((table) =>
        [...table].map(([key, bytes]) => [key, codec.decode(bytes)] as const),
      ),
    );
  }
}
