import { toTopicToCreate } from '../../../src/broker/kafka/topic-settings';

const defaults = { replicationFactor: -1 };
const settingsOf = (topic: ReturnType<typeof toTopicToCreate>) =>
  Object.fromEntries(topic.configEntries.map(({ name, value }) => [name, value]));

test('keeps a deleting topic for ever unless a retention is given', () => {
  const spec = { name: 't', partitions: 4, cleanup: 'delete' } as const;
  expect(toTopicToCreate(spec, defaults)).toEqual({
    topic: 't',
    numPartitions: 4,
    replicationFactor: -1,
    configEntries: [
      { name: 'cleanup.policy', value: 'delete' },
      { name: 'retention.ms', value: '-1' },
    ],
  });
  expect(settingsOf(toTopicToCreate({ ...spec, retentionMs: 5 }, defaults))).toMatchObject({
    'retention.ms': '5',
  });
});

test('gives a compacted topic its lag, the replicas wanted, and lets settings by name win', () => {
  const spec = {
    name: 't',
    partitions: 1,
    cleanup: 'compact',
    compactionLagMs: 3_600_000,
    settings: { 'segment.bytes': '1000', 'min.insync.replicas': '1' },
  } as const;
  const topic = toTopicToCreate(spec, { replicationFactor: 3, inSyncReplicasMin: 2 });
  expect(topic.replicationFactor).toBe(3);
  expect(settingsOf(topic)).toEqual({
    'cleanup.policy': 'compact',
    'min.compaction.lag.ms': '3600000',
    'segment.bytes': '1000',
    'min.insync.replicas': '1',
  });
});
