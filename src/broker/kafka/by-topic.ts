/** Most requests name each topic once, with a list of its partitions. */
import type { TopicPartition } from '../broker';
import type { TopicPartitions } from './kafka-protocols';

export function byTopic<S extends TopicPartition, P>(
  items: readonly S[],
  toPartition: (item: S) => P,
): readonly TopicPartitions<P>[] {
  const topics = new Map<string, P[]>();
  for (const item of items) {
    const partitions = topics.get(item.topic);
    if (partitions) partitions.push(toPartition(item));
    else topics.set(item.topic, [toPartition(item)]);
  }
  return [...topics].map(([topic, partitions]) => ({ topic, partitions }));
}
