/**
 * Sends encoded batches to the leaders of their partitions, as often as it takes: the batches of a
 * partition one after the other, those of different partitions together, one request for each leader.
 * A batch goes out again byte for byte, so that the broker knows a repetition by its sequence number.
 */
import type { TopicPartition } from '../broker';
import type { EncodedBatch } from './encode-records';
import type { KafkaCluster, Lane } from './kafka-cluster';
import { isTransient, KAFKA_CODES, ProtocolFailure, showsOldLeaders } from './kafka-failures';
import { type ProduceItem, type ProduceResult, produceProtocol } from './produce-protocol';
import type { ProducerSession } from './producer-session';
import { before, retrying } from './retrying';

export interface PartitionBatches extends TopicPartition {
  readonly batches: readonly EncodedBatch[];
}

export interface SendOptions {
  readonly cluster: KafkaCluster;
  readonly lane: Lane;
  readonly transactionalId: string | null;
  /** On the monotonic clock. */
  readonly deadlineMs: number;
  /** Throws to give up between attempts. */
  readonly checkAlive: () => void;
  /** Seals a batch just before it is sent for the first time, and hears when it is written. */
  readonly session: ProducerSession;
}

/** Of one request; the rest follows in the next. */
const REQUEST_BYTES_MAX = 8 << 20;

class PartitionProgress {
  sent = 0;
  sealed = -1;
  /** Behind the last record written; undefined while it is not known. */
  nextOffset: number | undefined;
  failure: unknown;

  constructor(readonly partition: PartitionBatches) {}

  get isDone(): boolean {
    return this.sent === this.partition.batches.length;
  }

  get batch(): EncodedBatch {
    return this.partition.batches[this.sent]!;
  }
}

/** The offset behind each partition's last record, by `partitions`' order; undefined where it is not known. */
export async function sendBatches(
  partitions: readonly PartitionBatches[],
  options: SendOptions,
): Promise<readonly (number | undefined)[]> {
  const all = partitions.map((partition) => new PartitionProgress(partition));
  for (let open = all; open.length > 0; open = all.filter((one) => !one.isDone)) {
    const round = takeRound(open, options);
    await sendRound(round, options);
  }
  return all.map(({ nextOffset }) => nextOffset);
}

function takeRound(
  open: readonly PartitionProgress[],
  { session }: SendOptions,
): PartitionProgress[] {
  const round: PartitionProgress[] = [];
  let bytes = 0;
  for (const one of open) {
    bytes += one.batch.buffer.length;
    if (bytes > REQUEST_BYTES_MAX && round.length > 0) break;
    if (one.sealed < one.sent) session.seal(one.partition, one.batch);
    one.sealed = one.sent;
    round.push(one);
  }
  return round;
}

/** One batch of each partition in the round; a partition that fails for the moment is tried again alone. */
async function sendRound(round: readonly PartitionProgress[], options: SendOptions): Promise<void> {
  const { cluster, deadlineMs, checkAlive } = options;
  const target = new Map(round.map((one) => [one, one.sent + 1]));
  const left = () => round.filter((one) => one.sent < target.get(one)!);
  const beforeRetry = (error: unknown) => {
    checkAlive();
    // NOT_ENOUGH_REPLICAS also means, to clients of our age, that the step before is still being ended.
    if (!showsOldLeaders(error)) return;
    cluster.forgetTopics(left().map(({ partition }) => partition.topic));
  };
  await retrying({ clock: cluster.clock, deadlineMs, beforeRetry }, async () => {
    checkAlive();
    const byLeader = new Map<number, PartitionProgress[]>();
    for (const one of left()) {
      const leader = await cluster.leader(one.partition);
      byLeader.set(leader, [...(byLeader.get(leader) ?? []), one]);
    }
    const outcomes = await Promise.allSettled(
      [...byLeader].map(([leader, ofLeader]) => sendToLeader(leader, ofLeader, options)),
    );
    throwWorst(outcomes.flatMap((one) => (one.status === 'rejected' ? [one.reason] : [])));
  });
}

/** First a failure that no retry can help, then one that tells of old knowledge, then any. */
function throwWorst(failures: readonly unknown[]): void {
  if (failures.length === 0) return;
  throw (
    failures.find((failure) => !isTransient(failure)) ??
    failures.find(showsOldLeaders) ??
    failures[0]
  );
}

async function sendToLeader(
  leader: number,
  round: readonly PartitionProgress[],
  { cluster, lane, transactionalId, deadlineMs, session }: SendOptions,
): Promise<void> {
  const { clock, settings } = cluster;
  const items: ProduceItem[] = round.map(({ partition: { topic, partition }, batch }) => ({
    topic,
    partition,
    batch: batch.buffer,
  }));
  const untilMs = Math.min(deadlineMs, clock.monotonicMs() + settings.requestTimeoutMs);
  const timeoutMs = Math.max(Math.ceil(untilMs - clock.monotonicMs()), 1);
  const connection = await cluster.node(leader, lane);
  const protocol = produceProtocol(transactionalId, timeoutMs, items);
  const { results } = await before(clock, untilMs, 'Produce', connection.send(protocol)).catch(
    (error: unknown) => {
      // What was not answered may block everything behind it.
      connection.close();
      throw error;
    },
  );
  const byPartition = new Map(results.map((one) => [`${one.topic}-${one.partition}`, one]));
  const failures: ProtocolFailure[] = [];
  for (const one of round) {
    const { topic, partition } = one.partition;
    const { batch } = one;
    const failure = accept(one, byPartition.get(`${topic}-${partition}`)!);
    if (failure) failures.push(failure);
    else session.written(one.partition, batch);
  }
  throwWorst(failures);
}

function accept(one: PartitionProgress, result: ProduceResult): ProtocolFailure | undefined {
  const { topic, partition, errorCode, baseOffset } = result;
  if (errorCode !== 0 && errorCode !== KAFKA_CODES.DUPLICATE_SEQUENCE_NUMBER)
    return new ProtocolFailure(errorCode, `Produce to ${topic}-${partition}`);
  one.nextOffset = errorCode === 0 && baseOffset >= 0 ? baseOffset + one.batch.count : undefined;
  one.sent++;
  return undefined;
}
