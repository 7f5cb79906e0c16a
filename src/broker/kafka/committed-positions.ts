/** The group's committed positions, stable ones only: a position whose commit is still being written is waited for. */
import type { Position, TopicPartition } from '../broker';
import { askCoordinator } from './ask-coordinator';
import { byTopic } from './by-topic';
import type { KafkaCluster } from './kafka-cluster';
import { checkCode } from './kafka-failures';
import { offsetFetchProtocol } from './kafka-protocols';

export async function committedPositions(
  cluster: KafkaCluster,
  groupId: string,
  partitions: readonly TopicPartition[],
): Promise<readonly Position[]> {
  if (partitions.length === 0) return [];
  const topics = byTopic(partitions, ({ partition }) => partition);
  const answer = await askCoordinator({
    cluster,
    lane: cluster.control,
    kind: 'group',
    key: groupId,
    deadlineMs: cluster.clock.monotonicMs() + cluster.settings.operationMsMax,
    attempt: async (connection) => {
      const found = await connection.send(offsetFetchProtocol(groupId, topics));
      checkCode(found.errorCode, `OffsetFetch of ${groupId}`);
      for (const { topic, partitions: ofTopic } of found.topics)
        for (const { partition, errorCode } of ofTopic)
          checkCode(errorCode, `OffsetFetch of ${topic}-${partition}`);
      return found;
    },
  });
  return answer.topics.flatMap(({ topic, partitions: ofTopic }) =>
    ofTopic
      .filter(({ offset }) => offset >= 0)
      .map(({ partition, offset }) => ({ topic, partition, offset })),
  );
}
