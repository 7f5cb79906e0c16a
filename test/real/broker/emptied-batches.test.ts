/**
 * The cleaner keeps the last batch of a producer even when no record in it survives. A segment that ends in such
 * batches answers a fetch with no record at all; kafkajs 2.2.4 then asks for the same offset for ever.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { KafkaBroker } from '../../../src/broker/kafka/kafka-broker';
import { eventually, readToEnd, record, step, valuesOf } from '../../contract/broker-harness';
import { openStep } from '../../support/kafka/kafka-harness';
import { readWithStockClient, stockClient } from '../../support/kafka/stock-client';
import { testBrokers, unique } from '../../support/kafka/test-broker';

const SEGMENT_MS = 600;
const FETCHES_WITHOUT_PROGRESS = 300;

let broker: KafkaBroker;

beforeAll(async () => {
  broker = await KafkaBroker.connect({ brokers: testBrokers() });
});

afterAll(() => broker.close());

async function newTopic(): Promise<string> {
  const name = unique('table');
  const settings = {
    'segment.ms': String(SEGMENT_MS),
    'segment.bytes': '1048576',
    'min.cleanable.dirty.ratio': '0.01',
    'delete.retention.ms': '100',
    'max.compaction.lag.ms': '1000',
  };
  await broker.createTopics([{ name, partitions: 1, cleanup: 'compact', settings }]);
  return name;
}

test('batches that compaction has emptied are moved over, where the stock client asks for ever', async () => {
  const topic = await newTopic();
  const writer = await broker.takeOver(unique('slot'), unique('group'));
  for (let i = 0; i < 5; i++) await writer.commit(step([record(topic, 'kept', `${i}`)]));
  await writer.close();
  const open = await openStep(broker, unique('slot'), unique('group'));
  await open.append(Array.from({ length: 20 }, (_, i) => record(topic, `aborted ${i}`, 'x')));
  // The marker of the abort must find the segment too old and open the next one.
  await pause(SEGMENT_MS + 300);
  await open.abort();
  // Cleaned when the superseded values are gone: the same pass empties the aborted batch behind them.
  await eventually(async () => valuesOf(await readToEnd(broker, topic)), ['4']);
  const begun = 10;

  const last = await broker.takeOver(unique('slot'), unique('group'));
  await last.commit(step([record(topic, 'kept', 'behind')]));
  await eventually(async () => valuesOf(await readToEnd(broker, topic, 0, begun)), ['behind']);
  const stock = await readWithStockClient(
    stockClient(testBrokers()),
    { topic, partition: 0, offset: begun },
    (values, fetches) => values.length > 0 || fetches >= FETCHES_WITHOUT_PROGRESS,
  );
  expect(stock).toEqual([]);
  await last.close();
});
