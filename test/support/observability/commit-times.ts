/** When lists were committed, seen from outside: with another client, by the marks that the broker writes. */
import { stockClient } from '../kafka/stock-client';

/** What kafkajs keeps of a batch beside what it offers: marks as well. */
interface LoggedBatch {
  readonly partition: number;
  readonly rawMessages: readonly {
    readonly key: Buffer | null;
    readonly timestamp: string;
    readonly isControlRecord?: boolean;
  }[];
}

/** User → milliseconds since 1970 at which their first list was committed. */
export async function commitTimes(
  address: string,
  topic: string,
  users: ReadonlySet<string>,
): Promise<ReadonlyMap<string, number>> {
  const kafka = stockClient([address]);
  const consumer = kafka.consumer({
    groupId: `freshness-${Date.now()}`,
    readUncommitted: true,
    maxWaitTimeInMs: 100,
  });
  const committed = new Map<string, number>();
  await consumer.connect();
  await consumer.subscribe({ topic, fromBeginning: true });
  try {
    await new Promise<void>((resolve, reject) => {
      const open = new Map<number, string[]>();
      consumer.on(consumer.events.CRASH, ({ payload }) => reject(payload.error));
      void consumer.run({
        autoCommit: false,
        eachBatchAutoResolve: true,
        eachBatch: async ({ batch: offered }) => {
          const batch = offered as unknown as LoggedBatch;
          // One transactional writer a partition: a mark ends what stands before it.
          for (const message of batch.rawMessages) {
            if (!open.has(batch.partition)) open.set(batch.partition, []);
            const waiting = open.get(batch.partition)!;
            if (message.isControlRecord !== true) {
              const user = message.key?.toString('utf8') ?? '';
              if (users.has(user) && !committed.has(user)) waiting.push(user);
              continue;
            }
            for (const user of waiting.splice(0)) committed.set(user, Number(message.timestamp));
          }
          if (committed.size === users.size) resolve();
        },
      });
    });
  } finally {
    await consumer.disconnect();
  }
  return committed;
}
