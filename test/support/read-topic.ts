/** Every committed record of a topic as of now, read through; markers and gaps are moved over. */
import type { Broker, StoredRecord } from '../../src/broker/broker';

const FETCH = { waitMsMax: 500, bytesMaxPerPartition: 4 << 20 } as const;

export async function readTopic(
  broker: Broker,
  topic: string,
  visit: (record: StoredRecord, partition: number) => void,
): Promise<void> {
  const ranges = await broker.ranges(topic);
  const next = new Map(ranges.map(({ partition, start }) => [partition, start]));
  for (;;) {
    const open = ranges
      .filter(({ partition, end }) => next.get(partition)! < end)
      .map(({ partition }) => ({ topic, partition, offset: next.get(partition)! }));
    if (open.length === 0) return;
    for (const batch of await broker.fetch(open, FETCH)) {
      next.set(batch.partition, batch.nextOffset);
      for (const record of batch.records) visit(record, batch.partition);
    }
  }
}
