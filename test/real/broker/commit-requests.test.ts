/** How many requests a step takes, and how soon a busy coordinator is asked again. */
import { KafkaBroker } from '../../../src/broker/kafka/kafka-broker';
import { KafkaConnection } from '../../../src/broker/kafka/kafka-connection';
import { type Clock, systemClock } from '../../../src/clock';
import { record, step } from '../../contract/broker-harness';
import { openStep } from '../../support/kafka/kafka-harness';
import { stockClient, withProducer } from '../../support/kafka/stock-client';
import { testBrokers, unique } from '../../support/kafka/test-broker';

let broker: KafkaBroker;
let requests: string[];

/** Delays that are asked for, apart from the deadlines of requests. */
const delays: number[] = [];
const listeningClock: Clock = {
  ...systemClock,
  schedule(delayMs, action) {
    if (delayMs < 1000) delays.push(delayMs);
    return systemClock.schedule(delayMs, action);
  },
};

beforeAll(async () => {
  broker = await KafkaBroker.connect({ brokers: testBrokers(), clock: listeningClock });
});

beforeEach(() => {
  requests = [];
  delays.length = 0;
  const send = KafkaConnection.prototype.send;
  jest.spyOn(KafkaConnection.prototype, 'send').mockImplementation(function (
    this: KafkaConnection,
    protocol,
  ) {
    requests.push(protocol.request.apiName);
    return send.call(this, protocol) as never;
  });
});

afterEach(() => jest.restoreAllMocks());

afterAll(() => broker.close());

async function newTopic(): Promise<string> {
  const name = unique('topic');
  await broker.createTopics([{ name, partitions: 2, cleanup: 'delete' }]);
  return name;
}

const count = (name: string): number => requests.filter((one) => one === name).length;

test('a step is five requests, since coordinators are remembered; the stock client makes nine', async () => {
  const topic = await newTopic();
  const writer = await broker.takeOver(unique('slot'), unique('group'));
  const positions = [{ topic, partition: 0, offset: 1 }];
  const commit = () =>
    writer.commit(step([record(topic, 'a', 'x'), record(topic, 'b', 'y', 1)], positions));
  await commit();
  requests.length = 0;
  for (let i = 0; i < 10; i++) await commit();
  expect(count('GroupCoordinator') + count('FindCoordinator')).toBe(0);
  expect(count('Metadata')).toBe(0);
  expect([count('Produce'), count('TxnOffsetCommit'), count('EndTxn')]).toEqual([10, 10, 10]);
  await writer.close();
});

test('a step right behind another waits for milliseconds, where the stock client waits 300', async () => {
  const topic = await newTopic();
  const writer = await broker.takeOver(unique('slot'), unique('group'));
  for (let i = 0; i < 40; i++) await writer.commit(step([record(topic, 'k', `${i}`)]));
  // Repetitions there are (this is what the adapter is quick about), and each wait is short.
  expect(count('AddPartitionsToTxn')).toBeGreaterThan(40);
  expect(Math.max(...delays)).toBeLessThan(100);
  await writer.close();
});

test('a take-over waits for the open step it fences by asking often, not by sleeping 300 ms', async () => {
  const topic = await newTopic();
  const [id, group] = [unique('slot'), unique('group')];
  const open = await openStep(broker, id, group);
  await open.append([record(topic, 'k', 'dropped')]);
  requests.length = 0;
  delays.length = 0;
  const writer = await broker.takeOver(id, group);
  expect(count('InitProducerId')).toBeGreaterThan(1);
  expect(Math.max(...delays)).toBeLessThan(100);
  await writer.close();
});

test('a step of several megabytes is split; the stock client sends one batch and is refused', async () => {
  const topic = await newTopic();
  const value = 'x'.repeat(10_000);
  const records = Array.from({ length: 300 }, (_, i) => record(topic, `${i}`, value));
  const writer = await broker.takeOver(unique('slot'), unique('group'));
  const [position] = await writer.commit(step(records));
  expect(position).toEqual({ topic, partition: 0, offset: 300 });
  expect(count('Produce')).toBeGreaterThan(3);
  expect(count('AddPartitionsToTxn')).toBe(1);
  await writer.close();
  const messages = records.map(({ key, value: bytes }) => ({ partition: 1, key, value: bytes }));
  await expect(
    withProducer(stockClient(testBrokers()), (producer) => producer.send({ topic, messages })),
  ).rejects.toMatchObject({ type: 'MESSAGE_TOO_LARGE' });
});
