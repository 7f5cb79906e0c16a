/** How many records, and bytes of keys and values, lie in topics: read through, markers left out. */
import type { Broker } from '../../src/broker/broker';

export interface RecordCount {
  readonly records: number;
  readonly bytes: number;
}

const FETCH = { waitMsMax: 500, bytesMaxPerPartition: 4 << 20 } as const;

export async function countRecords(
  broker: Broker,
  topics: readonly string[],
): Promise<RecordCount> {
  let records = 0;
  let bytes = 0;
  for (const topic of topics) {
    const ranges = await broker.ranges(topic);
    const next = new Map(ranges.map(({ partition, start }) => [partition, start]));
    for (;;) {
      const open = ranges
        .filter(({ partition, end }) => next.get(partition)! < end)
        .map(({ partition }) => ({ topic, partition, offset: next.get(partition)! }));
      if (open.length === 0) break;
      for (const batch of await broker.fetch(open, FETCH)) {
        next.set(batch.partition, batch.nextOffset);
        records += batch.records.length;
        for (const { key, value } of batch.records)
          bytes += (key?.length ?? 0) + (value?.length ?? 0);
      }
    }
  }
  return { records, bytes };
}
