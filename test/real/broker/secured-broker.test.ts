/** TLS and a login by name and password, passed through to kafkajs; and no secret in anything we say. */
import { KafkaBroker, type KafkaBrokerOptions } from '../../../src/broker/kafka/kafka-broker';
import { pinoLogger } from '../../../src/logger';
import { readToEnd, record, valuesOf } from '../../contract/broker-harness';
import { unique } from '../../support/kafka/test-broker';
import { type SecuredKafka, startSecuredKafka } from '../../support/services/secured-kafka';

const USER = 'listener';
const PASSWORD = 'correct-horse-battery';

let secured: SecuredKafka;
let address: string;
let certificate: string;
const lines: string[] = [];

beforeAll(async () => {
  secured = await startSecuredKafka(USER, PASSWORD);
  ({ address, certificate } = secured);
});

afterAll(() => secured?.stop());

const connect = (options: Partial<KafkaBrokerOptions> = {}): Promise<KafkaBroker> =>
  KafkaBroker.connect({
    brokers: [address],
    ssl: { ca: [certificate] },
    sasl: { mechanism: 'plain', username: USER, password: PASSWORD },
    logger: pinoLogger({ level: 'debug', output: { write: (line) => lines.push(line) } }),
    operationMsMax: 1500,
    ...options,
  });

test('writes, reads and commits over TLS with a login', async () => {
  const broker = await connect({ operationMsMax: 30_000 });
  try {
    const topic = unique('topic');
    await broker.createTopics([{ name: topic, partitions: 1, cleanup: 'delete' }]);
    const writer = await broker.takeOver(unique('slot'), unique('group'));
    await writer.commit({ records: [record(topic, 'k', 'v')], positions: [] });
    await writer.close();
    const [batch] = await broker.fetch([{ topic, partition: 0, offset: 0 }], {
      waitMsMax: 10_000,
      bytesMaxPerPartition: 1000,
    });
    expect(valuesOf(batch!.records)).toEqual(['v']);
    expect(await readToEnd(broker, topic)).toHaveLength(1);
  } finally {
    await broker.close();
  }
});

test('says that a login was refused, at once and without the password', async () => {
  const password = 'wrong-horse';
  const refused = connect({ sasl: { mechanism: 'plain', username: USER, password } });
  const error = await refused.then(
    () => undefined,
    (reason: Error) => reason,
  );
  expect(error).toMatchObject({ code: 'BROKER_REFUSED', retriable: false });
  const said = `${error!.stack} ${JSON.stringify(error!.cause ?? '')} ${lines.join('')}`;
  expect(said).not.toContain(password);
  expect(said).not.toContain(PASSWORD);
});

test('does not trust a certificate that it was not told to trust', async () => {
  await expect(connect({ ssl: true })).rejects.toMatchObject({
    code: 'BROKER_UNREACHABLE',
    message: expect.stringMatching(/self.signed|certificate/),
  });
});

test('does not speak plainly to a port that expects TLS', async () => {
  await expect(connect({ ssl: false })).rejects.toMatchObject({ code: 'BROKER_UNREACHABLE' });
});

test('refuses a mechanism that the broker does not offer', async () => {
  await expect(
    connect({ sasl: { mechanism: 'scram-sha-512', username: USER, password: PASSWORD } }),
  ).rejects.toMatchObject({ code: 'BROKER_REFUSED' });
});
