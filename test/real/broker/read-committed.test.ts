/** The three ways in which kafkajs 2.2.4 delivers records of aborted transactions as committed ones. */
import type { OutputRecord } from '../../../src/broker/broker';
import { KafkaBroker } from '../../../src/broker/kafka/kafka-broker';
import { eventually, readToEnd, record, step, valuesOf } from '../../contract/broker-harness';
import { openStep } from '../../support/kafka/kafka-harness';
import { readWithStockClient, stockClient } from '../../support/kafka/stock-client';
import { testBrokers, unique } from '../../support/kafka/test-broker';

let broker: KafkaBroker;

beforeAll(async () => {
  broker = await KafkaBroker.connect({ brokers: testBrokers() });
});

afterAll(() => broker.close());

const begin = () => openStep(broker, unique('slot'), unique('group'));

async function newTopic(): Promise<string> {
  const name = unique('topic');
  await broker.createTopics([{ name, partitions: 1, cleanup: 'delete' }]);
  return name;
}

async function commitOne(topic: string, value: string): Promise<void> {
  const writer = await broker.takeOver(unique('slot'), unique('group'));
  await writer.commit(step([record(topic, 'k', value)]));
  await writer.close();
}

/** What the stock client delivers up to and with the record `last`. */
const stockRead = (topic: string, offset: number, last: string) =>
  readWithStockClient(
    stockClient(testBrokers()),
    { topic, partition: 0, offset },
    (values) => values.at(-1) === last,
  );

async function readAll(topic: string, offset: number) {
  return valuesOf(await readToEnd(broker, topic, 0, offset));
}

test('a key of four zero bytes does not end the abort, as it does for the stock client', async () => {
  const topic = await newTopic();
  const zeroKey: OutputRecord = {
    topic,
    partition: 0,
    key: Buffer.alloc(4),
    value: Buffer.from('a2'),
  };
  const open = await begin();
  await open.append([record(topic, 'k', 'a1'), zeroKey, record(topic, 'k', 'a3')]);
  await open.abort();
  await commitOne(topic, 'c1');
  await eventually(() => readAll(topic, 0), ['c1']);
  expect(await stockRead(topic, 0, 'c1')).toContain('a3');
});

test('two aborts begun before the fetch are both left out, one of which the stock client delivers', async () => {
  const topic = await newTopic();
  const [one, two] = [await begin(), await begin()];
  await one.append([record(topic, 'k', 'one a')]);
  await two.append([record(topic, 'k', 'two a')]);
  await two.append([record(topic, 'k', 'two b')]);
  await one.append([record(topic, 'k', 'one b')]);
  await one.abort();
  await two.abort();
  await commitOne(topic, 'c');
  await eventually(() => readAll(topic, 2), ['c']);
  expect(await stockRead(topic, 2, 'c')).not.toEqual(['c']);
});

test('aborts that end in the other order are left out, one of which the stock client delivers', async () => {
  const topic = await newTopic();
  const [one, two] = [await begin(), await begin()];
  await one.append([record(topic, 'k', 'one a')]);
  await two.append([record(topic, 'k', 'two a')]);
  await two.abort();
  await one.append([record(topic, 'k', 'one b')]);
  await one.abort();
  await commitOne(topic, 'c');
  await eventually(() => readAll(topic, 0), ['c']);
  expect(await stockRead(topic, 0, 'c')).not.toEqual(['c']);
});
