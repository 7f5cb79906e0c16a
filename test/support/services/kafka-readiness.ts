/**
 * Readiness by doing: makes a topic and commits a transaction in it. Uses the stock client, so that a
 * fault of our own adapter can never look like a broker that does not start.
 */
import { Kafka, logLevel } from 'kafkajs';

const TOPIC = 'readiness';

async function makeTopic(kafka: Kafka): Promise<void> {
  const admin = kafka.admin({ retry: { retries: 0 } });
  try {
    await admin.connect();
    if ((await admin.listTopics()).includes(TOPIC)) return;
    await admin.createTopics({
      topics: [{ topic: TOPIC, numPartitions: 1 }],
      waitForLeaders: false,
    });
  } finally {
    await admin.disconnect();
  }
}

async function commitOne(kafka: Kafka): Promise<void> {
  const producer = kafka.producer({
    transactionalId: TOPIC,
    maxInFlightRequests: 1,
    retry: { retries: 0 },
  });
  try {
    await producer.connect();
    const transaction = await producer.transaction();
    await transaction.send({ topic: TOPIC, messages: [{ value: '' }] });
    await transaction.commit();
  } finally {
    await producer.disconnect();
  }
}

/** Undefined when the brokers are ready, else what they are not ready for. */
export async function tryTransaction(brokers: readonly string[]): Promise<string | undefined> {
  process.env['KAFKAJS_NO_PARTITIONER_WARNING'] = '1';
  const kafka = new Kafka({
    brokers: [...brokers],
    clientId: 'readiness',
    logLevel: logLevel.NOTHING,
    connectionTimeout: 1000,
    requestTimeout: 5000,
    retry: { retries: 0 },
  });
  try {
    await makeTopic(kafka);
    await commitOne(kafka);
    return undefined;
  } catch (error) {
    return (error as Error).message;
  }
}
