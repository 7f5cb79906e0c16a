/**
 * kafkajs as it is sold, for the tests of what it gets wrong: each shows that the situation it makes is the real
 * one, and that our adapter is right in it.
 */
import { type Consumer, Kafka, logLevel, type Producer } from 'kafkajs';
import type { Position } from '../../../src/broker/broker';

export function stockClient(addresses: readonly string[]): Kafka {
  process.env['KAFKAJS_NO_PARTITIONER_WARNING'] = '1';
  return new Kafka({
    brokers: [...addresses],
    clientId: 'stock',
    logLevel: logLevel.NOTHING,
  });
}

export async function withProducer<T>(
  kafka: Kafka,
  use: (producer: Producer) => Promise<T>,
): Promise<T> {
  const producer = kafka.producer({ maxInFlightRequests: 1, idempotent: true });
  await producer.connect();
  try {
    return await use(producer);
  } finally {
    await producer.disconnect();
  }
}

/** Runs a read-committed consumer from a position until `isEnough`, which is asked after every fetch. */
export async function readWithStockClient(
  kafka: Kafka,
  { topic, partition, offset }: Position,
  isEnough: (values: readonly string[], fetches: number) => boolean,
): Promise<readonly string[]> {
  const consumer: Consumer = kafka.consumer({
    groupId: `stock-${topic}-${offset}`,
    maxWaitTimeInMs: 50,
  });
  const values: string[] = [];
  let fetches = 0;
  await consumer.connect();
  await consumer.subscribe({ topic, fromBeginning: true });
  try {
    await new Promise<void>((resolve) => {
      const check = () => {
        if (isEnough(values, fetches)) resolve();
      };
      consumer.on(consumer.events.GROUP_JOIN, () =>
        consumer.seek({ topic, partition, offset: String(offset) }),
      );
      consumer.on(consumer.events.FETCH, () => {
        fetches++;
        check();
      });
      void consumer.run({
        autoCommit: false,
        eachMessage: async ({ message }) => {
          values.push(`${message.value}`);
        },
      });
    });
  } finally {
    await consumer.disconnect();
  }
  return values;
}
