/**
 * Positions that reach the group after their transaction is over. A broker that verifies transactions lets them in
 * only by a race; this one does not verify, so that they come every time.
 */
import { KafkaTransaction } from '../../../src/broker/kafka/kafka-transaction';
import { systemClock } from '../../../src/clock';
import { KafkaHarness } from '../../support/kafka/kafka-harness';
import { unique } from '../../support/kafka/test-broker';

let harness: KafkaHarness;

beforeAll(async () => {
  harness = await KafkaHarness.start(
    { operationMsMax: 3000 },
    { settings: { 'transaction.partition.verification.enable': 'false' } },
  );
});

afterAll(() => harness.stop());

test('a take-over does not wait for positions that came too late to be decided', async () => {
  const { broker } = harness;
  const [topic, groupId, transactionalId] = [unique('topic'), unique('group'), unique('slot')];
  await broker.createTopics([{ name: topic, partitions: 1, cleanup: 'delete' }]);
  const places = [{ topic, partition: 0 }];

  const first = await broker.takeOver(transactionalId, groupId);
  await first.commit({ records: [], positions: [{ topic, partition: 0, offset: 1 }] });
  await first.close();
  const late = new KafkaTransaction({
    ...{ cluster: broker.cluster, transactionalId, groupId },
    transactionTimeoutMs: 60_000,
  });
  const deadlineMs = systemClock.monotonicMs() + 60_000;
  await late.initialise(deadlineMs);
  await late.sendOffsets([{ topic, partition: 0, offset: 2 }], deadlineMs);
  late.close();
  await expect(broker.committed(groupId, places)).rejects.toThrow('UNSTABLE_OFFSET_COMMIT');

  const next = await broker.takeOver(transactionalId, groupId);
  expect(await broker.committed(groupId, places)).toEqual([{ topic, partition: 0, offset: 1 }]);
  await next.commit({ records: [], positions: [{ topic, partition: 0, offset: 3 }] });
  expect(await broker.committed(groupId, places)).toEqual([{ topic, partition: 0, offset: 3 }]);
  await next.close();
});
