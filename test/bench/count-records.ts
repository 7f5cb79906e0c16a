/** How many records, and bytes of keys and values, lie in topics: read through, markers left out. */
import type { Broker } from '../../src/broker/broker';
import { readTopic } from '../support/read-topic';

export interface RecordCount {
  readonly records: number;
  readonly bytes: number;
}

export async function countRecords(
  broker: Broker,
  topics: readonly string[],
): Promise<RecordCount> {
  let records = 0;
  let bytes = 0;
  for (const topic of topics) {
    await readTopic(broker, topic, ({ key, value }) => {
      records += 1;
      bytes += (key?.length ?? 0) + (value?.length ?? 0);
    });
  }
  return { records, bytes };
}
