/** How many requests a step takes, and how soon a busy coordinator is asked again. */
import { KafkaBroker } from '../../../src/broker/kafka/kafka-broker';
import { KafkaConnection } from '../../../src/broker/kafka/kafka-connection';
import { type Clock, systemClock } from '../../../src/clock';
import { eventually, record, step } from '../../contract/broker-harness';
import { openStep } from '../../support/kafka/kafka-harness';
import { stockClient, withProducer } from '../../support/kafka/stock-client';
import { testBrokers, unique } from '../../support/kafka/test-broker';

const STEPS_MAX = 500;

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
  const [topic, group] = [await newTopic(), unique('group')];
  const writer = await broker.takeOver(unique('slot'), group);
  const commit = async (offset: number) => {
    const positions = [{ topic, partition: 0, offset }];
    await writer.commit(step([record(topic, 'a', 'x'), record(topic, 'b', 'y', 1)], positions));
    // Visible means that nothing is left to be waited for by the next step.
    await eventually(() => broker.committed(group, positions), positions);
    await eventually(async () => (await broker.ranges(topic))[0]!.end, 2 * offset);
  };
  await commit(1);
  requests.length = 0;
  for (let step = 2; step <= 11; step++) await commit(step);
  // A coordinator that a busy broker reports as moved is looked up again; the stock client looks up four times a step.
  expect(count('GroupCoordinator') + count('Metadata')).toBeLessThan(5);
  const ofSteps = ['AddPartitionsToTxn', 'AddOffsetsToTxn', 'Produce', 'TxnOffsetCommit', 'EndTxn'];
  const total = ofSteps.reduce((sum, name) => sum + count(name), 0);
  expect(total).toBeGreaterThanOrEqual(50);
  // Now and then a step comes early after all.
  expect(total).toBeLessThan(70);
  await writer.close();
});

test('a step right behind another waits for milliseconds, where the stock client waits 300', async () => {
  const topic = await newTopic();
  const writer = await broker.takeOver(unique('slot'), unique('group'));
  // Until one was really too early.
  let steps = 0;
  while (count('AddPartitionsToTxn') <= steps && steps < STEPS_MAX) {
    await writer.commit(step([record(topic, 'k', `${steps}`)]));
    steps++;
  }
  expect(count('AddPartitionsToTxn')).toBeGreaterThan(steps);
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
  await writer.commit(step([record(topic, 'k', 'small')]));
  // Visible means that nothing is left to be waited for by the next step.
  await eventually(async () => (await broker.ranges(topic))[0]!.end, 2);
  requests.length = 0;
  const [position] = await writer.commit(step(records));
  expect(position).toEqual({ topic, partition: 0, offset: 302 });
  expect(count('Produce')).toBeGreaterThan(3);
  // Now and then a step comes early after all.
  expect(count('AddPartitionsToTxn')).toBeLessThan(4);
  await writer.close();
  const messages = records.map(({ key, value: bytes }) => ({ partition: 1, key, value: bytes }));
  await expect(
    withProducer(stockClient(testBrokers()), (producer) => producer.send({ topic, messages })),
  ).rejects.toMatchObject({ type: 'MESSAGE_TOO_LARGE' });
});
