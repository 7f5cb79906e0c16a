/** kafkajs answers an offset that is gone by committing another one, outside any transaction, and going on there. */
import { KafkaBroker } from '../../../src/broker/kafka/kafka-broker';
import { record, step } from '../../contract/broker-harness';
import { deleteRecordsBefore } from '../../support/kafka/kafka-harness';
import { readWithStockClient, stockClient } from '../../support/kafka/stock-client';
import { testBrokers, unique } from '../../support/kafka/test-broker';

test('an offset that is gone is an error that names it, and moves no position; the stock client goes on', async () => {
  const broker = await KafkaBroker.connect({ brokers: testBrokers() });
  try {
    const [topic, group] = [unique('topic'), unique('group')];
    await broker.createTopics([{ name: topic, partitions: 1, cleanup: 'delete' }]);
    const writer = await broker.takeOver(unique('slot'), group);
    const position = { topic, partition: 0, offset: 1 };
    const records = ['a', 'b', 'c', 'd'].map((value) => record(topic, 'k', value));
    await writer.commit(step(records, [position]));
    await deleteRecordsBefore(testBrokers().join(), { topic, partition: 0, offset: 3 });
    const fetching = broker.fetch([position], { waitMsMax: 5000, bytesMaxPerPartition: 1000 });
    await expect(fetching).rejects.toMatchObject({
      code: 'BROKER_OFFSET_OUT_OF_RANGE',
      message: expect.stringContaining(`${topic}-0: expected offset 1`),
    });
    await expect(broker.committed(group, [position])).resolves.toEqual([position]);
    const stock = stockClient(testBrokers());
    const isEnough = (values: readonly string[]) => values.length > 0;
    expect(await readWithStockClient(stock, position, isEnough)).toEqual(['d']);
    await writer.close();
  } finally {
    await broker.close();
  }
});
