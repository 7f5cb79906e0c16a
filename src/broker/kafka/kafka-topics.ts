/** Topics: making what is missing, and the range of offsets of each partition. */
import { SegueError } from '../../errors';
import type { PartitionRange, TopicPartition, TopicSpec } from '../broker';
import type { KafkaCluster, TopicMetadata } from './kafka-cluster';
import type { KafkaConnection } from './kafka-connection';
import { checkCode, KAFKA_CODES, ProtocolFailure, TransportFailure } from './kafka-failures';
import { type TopicDefaults, toTopicToCreate } from './topic-settings';

const EARLIEST = -2;
const LATEST = -1;

function checkCount(spec: TopicSpec, { leaders }: TopicMetadata): void {
  if (leaders.length === spec.partitions) return;
  throw new SegueError(
    'TOPIC_PARTITIONS_DIFFER',
    `Topic ${spec.name}: expected ${spec.partitions} partitions, it has ${leaders.length}; ` +
      'give --slots as when the topics were made, or make them anew.',
  );
}

export async function createTopics(
  cluster: KafkaCluster,
  specs: readonly TopicSpec[],
  defaults: TopicDefaults,
): Promise<void> {
  const names = specs.map(({ name }) => name);
  if (names.length === 0) return;
  const existing = await cluster.retry(names, () => cluster.loadTopics(names));
  const missing = specs.filter(({ name }) => !existing.has(name));
  if (missing.length > 0) await cluster.retry(names, () => send(cluster, missing, defaults));
  await untilLed(cluster, specs);
}

async function send(
  cluster: KafkaCluster,
  specs: readonly TopicSpec[],
  defaults: TopicDefaults,
): Promise<void> {
  const controller = await cluster.controller(cluster.control);
  const { topicErrors } = await controller.call('CreateTopics', {
    topics: specs.map((spec) => toTopicToCreate(spec, defaults)),
    timeout: cluster.settings.requestTimeoutMs,
  });
  for (const { topic, errorCode, errorMessage } of topicErrors) {
    // Another process may have been faster; the counts are compared afterwards.
    if (errorCode === 0 || errorCode === KAFKA_CODES.TOPIC_ALREADY_EXISTS) continue;
    throw new ProtocolFailure(errorCode, `Creating topic ${topic} (${errorMessage ?? ''})`);
  }
}

/** The answer to CreateTopics comes before every node knows of the topic. */
async function untilLed(cluster: KafkaCluster, specs: readonly TopicSpec[]): Promise<void> {
  const names = specs.map(({ name }) => name);
  await cluster.retry(names, async () => {
    const found = await cluster.loadTopics(names);
    for (const spec of specs) {
      const topic = found.get(spec.name);
      if (!topic) throw new TransportFailure(`Topic ${spec.name} is not there yet`);
      checkCount(spec, topic);
      if (topic.leaders.includes(undefined))
        throw new TransportFailure(`Topic ${spec.name} has no leader yet`);
    }
  });
}

/** Asked afresh each time, since who asks wants to know of changes. */
export async function partitionCount(cluster: KafkaCluster, topic: string): Promise<number> {
  const { leaders } = await cluster.retry([topic], () => cluster.topicNow(topic));
  return leaders.length;
}

/** Start and last stable offset of each partition. */
export function ranges(cluster: KafkaCluster, topic: string): Promise<PartitionRange[]> {
  return cluster.retry([topic], async () => {
    const { leaders } = await cluster.topic(topic);
    const byLeader = new Map<number, number[]>();
    for (const partition of leaders.keys()) {
      const leader = await cluster.leader({ topic, partition });
      byLeader.set(leader, [...(byLeader.get(leader) ?? []), partition]);
    }
    const shares = await Promise.all(
      [...byLeader].map(([leader, partitions]) => rangesAt(cluster, leader, { topic, partitions })),
    );
    return shares.flat().sort((a, b) => a.partition - b.partition);
  });
}

interface Share {
  readonly topic: string;
  readonly partitions: readonly number[];
  readonly isolationLevel?: 0;
}

async function rangesAt(
  cluster: KafkaCluster,
  leader: number,
  share: Share,
): Promise<PartitionRange[]> {
  const connection = await cluster.node(leader, cluster.control);
  const [starts, ends] = await Promise.all([
    listOffsets(connection, share, EARLIEST),
    listOffsets(connection, share, LATEST),
  ]);
  return share.partitions.map((partition) => ({
    partition,
    start: starts.get(partition)!,
    end: ends.get(partition)!,
  }));
}

/** The high watermark. */
export function writtenEnd(cluster: KafkaCluster, place: TopicPartition): Promise<number> {
  const { topic, partition } = place;
  return cluster.retry([topic], async () => {
    const connection = await cluster.node(await cluster.leader(place), cluster.control);
    const share = { topic, partitions: [partition], isolationLevel: 0 } as const;
    return (await listOffsets(connection, share, LATEST)).get(partition)!;
  });
}

async function listOffsets(
  connection: KafkaConnection,
  { topic, partitions, isolationLevel }: Share,
  timestamp: number,
): Promise<ReadonlyMap<number, number>> {
  const asked = partitions.map((partition) => ({ partition, timestamp }));
  const { responses } = await connection.call('ListOffsets', {
    topics: [{ topic, partitions: asked }],
    ...(isolationLevel === undefined ? {} : { isolationLevel }),
  });
  const found = responses[0]!.partitions;
  for (const { errorCode, partition } of found)
    checkCode(errorCode, `ListOffsets of ${topic}-${partition}`);
  return new Map(found.map(({ partition, offset }) => [partition, Number(offset)]));
}
