/** Three replicas: a node dies under load, others take its partitions, coordinators and all. */
import { KafkaBroker } from '../../../src/broker/kafka/kafka-broker';
import { hasCode } from '../../../src/errors';
import { eventually, readToEnd, record, step, valuesOf } from '../../contract/broker-harness';
import { unique } from '../../support/kafka/test-broker';
import { type KafkaService, startKafka } from '../../support/services/kafka-service';

let service: KafkaService;
let broker: KafkaBroker;

beforeAll(async () => {
  service = await startKafka({ brokers: 3 });
  broker = await KafkaBroker.connect({ brokers: service.addresses, requestTimeoutMs: 5000 });
});

afterAll(async () => {
  await broker?.close();
  await service?.stop();
});

test('reads, plain writes and steps go on when a node dies, and nothing is lost or doubled', async () => {
  const [topic, group, id] = [unique('topic'), unique('group'), unique('slot')];
  await broker.createTopics([{ name: topic, partitions: 6, cleanup: 'delete' }]);
  const partitions = Array.from({ length: 6 }, (_, partition) => partition);
  const all = (word: string) => partitions.map((one) => record(topic, 'k', `${word} ${one}`, one));
  const plain = await broker.writer();
  let slot = await broker.takeOver(id, group);
  await plain.send(all('plain before'));
  await slot.commit(step(all('step before'), [{ topic, partition: 0, offset: 1 }]));

  await service.kill('SIGKILL', 1);

  await plain.send(all('plain after'));
  const after = step(all('step after'), [{ topic, partition: 0, offset: 2 }]);
  const isIn = async () => {
    const [position] = await broker.committed(group, [{ topic, partition: 0 }]);
    return position?.offset === 2;
  };
  while (!(await isIn())) {
    try {
      await slot.commit(after);
    } catch (error) {
      if (!hasCode(error, 'BROKER_COMMIT_IN_DOUBT')) throw error;
      await slot.close();
      slot = await broker.takeOver(id, group);
    }
  }
  const words = ['plain before', 'step before', 'plain after', 'step after'];
  for (const one of partitions)
    await eventually(
      async () => valuesOf(await readToEnd(broker, topic, one)),
      words.map((word) => `${word} ${one}`),
    );
  await plain.close();
  await slot.close();
});
