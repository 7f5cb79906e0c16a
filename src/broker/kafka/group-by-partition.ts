/** Output records by the partition they go to; the Java partitioner decides where a record does not say. */
import type { OutputRecord, TopicPartition } from '../broker';
import { partitionOf } from '../partitioner';

export interface PartitionRecords extends TopicPartition {
  readonly records: OutputRecord[];
}

/** Spreads keyless records over the partitions. */
let nextKeyless = 0;

const choose = ({ key }: OutputRecord, partitions: number): number =>
  key === null ? nextKeyless++ % partitions : partitionOf(key, partitions);

/** `partitions` knows the count of every topic named. Partitions come in the order of their first record. */
export function groupByPartition(
  records: readonly OutputRecord[],
  partitions: (topic: string) => number,
): PartitionRecords[] {
  const topics = new Map<string, (PartitionRecords | undefined)[]>();
  const groups: PartitionRecords[] = [];
  for (const record of records) {
    const { topic } = record;
    let ofTopic = topics.get(topic);
    if (!ofTopic) {
      ofTopic = [];
      topics.set(topic, ofTopic);
    }
    const partition = record.partition ?? choose(record, partitions(topic));
    let group = ofTopic[partition];
    if (!group) {
      group = { topic, partition, records: [] };
      ofTopic[partition] = group;
      groups.push(group);
    }
    group.records.push(record);
  }
  return groups;
}
