/**
 * Plain durable appends: idempotent, all replicas. One `send` is on its way at a time, in the order of the calls, so
 * callers with much to write hand over many records at once. After a failure the next send takes a new producer
 * id, since the broker's and our sequence numbers may disagree.
 */
import type { Clock } from '../../clock';
import { SegueError } from '../../errors';
import type { OutputRecord, Writer } from '../broker';
import { encodeRecords } from './encode-records';
import { groupByPartition } from './group-by-partition';
import type { KafkaCluster, Lane } from './kafka-cluster';
import { checkCode, toSegueError } from './kafka-failures';
import { type PartitionBatches, sendBatches } from './produce-sender';
import { ProducerSession } from './producer-session';

/** Of a batch; the broker's limit is 1 MiB (message.max.bytes) where nobody has changed it. */
export const BATCH_BYTES_MAX = 800_000;
/** A request beyond the broker's socket limit would close the connection instead of being answered. */
export const RECORD_BYTES_MAX = 64 << 20;

/** Encoded batches by partition. Throws TOPIC_MISSING and BROKER_RECORD_TOO_LARGE before anything is sent. */
export async function toBatches(
  cluster: KafkaCluster,
  records: readonly OutputRecord[],
): Promise<readonly PartitionBatches[]> {
  const topics = new Map<string, number>();
  for (const { topic } of records) if (!topics.has(topic)) topics.set(topic, 0);
  for (const topic of topics.keys()) {
    const { leaders } = await cluster.retry([topic], () => cluster.topic(topic));
    topics.set(topic, leaders.length);
  }
  const options = { nowMs: cluster.clock.now(), batchBytesMax: BATCH_BYTES_MAX };
  return groupByPartition(records, (topic) => topics.get(topic)!).map((group) => ({
    topic: group.topic,
    partition: group.partition,
    batches: encodeRecords(checkSizes(group.records), options),
  }));
}

function checkSizes(records: readonly OutputRecord[]): readonly OutputRecord[] {
  for (const { topic, value } of records)
    if (value !== null && value.length > RECORD_BYTES_MAX)
      throw new SegueError(
        'BROKER_RECORD_TOO_LARGE',
        `${topic}: expected a value of at most ${RECORD_BYTES_MAX} bytes, got ${value.length}.`,
      );
  return records;
}

export class KafkaWriter implements Writer {
  readonly #lane: Lane;
  readonly #clock: Clock;
  #session: ProducerSession | undefined;
  #last: Promise<void> = Promise.resolve();
  #closed = false;

  constructor(private readonly cluster: KafkaCluster) {
    this.#lane = cluster.openLane();
    this.#clock = cluster.clock;
  }

  send(records: readonly OutputRecord[]): Promise<void> {
    const mine = this.#last.then(() => this.#sendNow(records));
    this.#last = mine.catch(() => {});
    return mine;
  }

  async #sendNow(records: readonly OutputRecord[]): Promise<void> {
    this.#checkOpen();
    try {
      const partitions = await toBatches(this.cluster, records);
      const session = await this.#openSession();
      await sendBatches(partitions, {
        cluster: this.cluster,
        lane: this.#lane,
        transactionalId: null,
        deadlineMs: this.#clock.monotonicMs() + this.cluster.settings.operationMsMax,
        checkAlive: () => this.#checkOpen(),
        session,
      });
    } catch (error) {
      this.#session = undefined;
      throw toSegueError(error, 'Writing records');
    }
  }

  async #openSession(): Promise<ProducerSession> {
    this.#session ??= await this.cluster.retry([], async () => {
      const connection = await this.cluster.anyNode(this.#lane);
      const answer = await connection.call('InitProducerId', {
        transactionalId: null,
        transactionTimeout: 0,
      });
      checkCode(answer.errorCode, 'InitProducerId');
      return new ProducerSession(answer.producerId, answer.producerEpoch, false);
    });
    return this.#session;
  }

  #checkOpen(): void {
    this.cluster.checkOpen();
    if (this.#closed) throw new SegueError('BROKER_CLOSED', 'The writer was used after close().');
  }

  /** Waits for what was handed over. */
  async close(): Promise<void> {
    await this.#last;
    this.#closed = true;
    this.cluster.closeLane(this.#lane);
  }
}
