/**
 * The transactional producer, driven request by request (KIP-98): one producer id and epoch, our own sequence
 * numbers, our own deadlines. What may run side by side does: partitions and offsets are announced together, then
 * records and offsets are written together; only the end waits for all.
 */
import type { OutputRecord, Position } from '../broker';
import { askCoordinator } from './ask-coordinator';
import { byTopic } from './by-topic';
import type { CoordinatorKind, KafkaCluster, Lane } from './kafka-cluster';
import type { KafkaConnection } from './kafka-connection';
import { checkCode } from './kafka-failures';
import { toBatches } from './kafka-writer';
import { type PartitionBatches, sendBatches } from './produce-sender';
import { ProducerSession } from './producer-session';

export interface TransactionOptions {
  readonly cluster: KafkaCluster;
  readonly transactionalId: string;
  readonly groupId: string;
  /** After this long the broker aborts a step that nobody ends. */
  readonly transactionTimeoutMs: number;
}

export class KafkaTransaction {
  /** Coordinators and leaders have a connection each, so that records and offsets do not queue behind each other. */
  readonly #coordinatorLane: Lane;
  readonly #leaderLane: Lane;
  #session: ProducerSession | undefined;
  #stopped: Error | undefined;

  constructor(private readonly options: TransactionOptions) {
    this.#coordinatorLane = options.cluster.openLane();
    this.#leaderLane = options.cluster.openLane();
  }

  /** Fences the owner before us; the coordinator answers once that one's open step is decided. */
  async initialise(deadlineMs: number): Promise<void> {
    const { transactionalId, transactionTimeoutMs } = this.options;
    this.#session = await this.#ask('transaction', deadlineMs, async (connection) => {
      const answer = await connection.call('InitProducerId', {
        transactionalId,
        transactionTimeout: transactionTimeoutMs,
      });
      checkCode(answer.errorCode, `InitProducerId of ${transactionalId}`);
      return new ProducerSession(answer.producerId, answer.producerEpoch, true);
    });
  }

  encode(records: readonly OutputRecord[]): Promise<readonly PartitionBatches[]> {
    return toBatches(this.options.cluster, records);
  }

  /** Makes the partitions part of the open transaction, which begins with the first. */
  async addPartitions(partitions: readonly PartitionBatches[], deadlineMs: number): Promise<void> {
    const topics = byTopic(partitions, ({ partition }) => partition);
    await this.#ask('transaction', deadlineMs, async (connection) => {
      const answer = await connection.call('AddPartitionsToTxn', { ...this.#ids, topics });
      for (const { topic, partitionErrors } of answer.errors)
        for (const { partition, errorCode } of partitionErrors)
          checkCode(errorCode, `AddPartitionsToTxn of ${topic}-${partition}`);
    });
  }

  /** The offsets behind the last record of each partition, in order; undefined where the broker did not say. */
  sendRecords(
    partitions: readonly PartitionBatches[],
    deadlineMs: number,
  ): Promise<readonly (number | undefined)[]> {
    const session = this.#session!;
    return sendBatches(partitions, {
      cluster: this.options.cluster,
      lane: this.#leaderLane,
      transactionalId: this.options.transactionalId,
      deadlineMs,
      checkAlive: () => this.#checkAlive(),
      session,
    });
  }

  async addOffsets(deadlineMs: number): Promise<void> {
    const { groupId } = this.options;
    await this.#ask('transaction', deadlineMs, async (connection) => {
      const answer = await connection.call('AddOffsetsToTxn', { ...this.#ids, groupId });
      checkCode(answer.errorCode, `AddOffsetsToTxn of ${groupId}`);
    });
  }

  async sendOffsets(positions: readonly Position[], deadlineMs: number): Promise<void> {
    const { groupId } = this.options;
    const topics = byTopic(positions, ({ partition, offset }) => ({
      partition,
      offset,
      metadata: null,
    }));
    await this.#ask('group', deadlineMs, async (connection) => {
      const answer = await connection.call('TxnOffsetCommit', { ...this.#ids, groupId, topics });
      for (const { topic, partitions } of answer.topics)
        for (const { partition, errorCode } of partitions)
          checkCode(errorCode, `TxnOffsetCommit of ${topic}-${partition}`);
    });
  }

  /**
   * Decides the transaction. A lost answer is asked for again: the coordinator answers a repeated commit like the
   * first, and refuses it when somebody has taken over meanwhile.
   */
  async end(commits: boolean, deadlineMs: number): Promise<void> {
    await this.#ask('transaction', deadlineMs, async (connection) => {
      const answer = await connection.call('EndTxn', { ...this.#ids, transactionResult: commits });
      checkCode(answer.errorCode, 'EndTxn');
    });
  }

  /** Lets nothing be tried again; what is on its way still arrives. */
  stop(reason: Error): void {
    this.#stopped ??= reason;
  }

  close(): void {
    this.stop(new Error('closed'));
    this.options.cluster.closeLane(this.#coordinatorLane);
    this.options.cluster.closeLane(this.#leaderLane);
  }

  get #ids() {
    const { producerId, epoch } = this.#session!;
    const { transactionalId } = this.options;
    return { transactionalId, producerId, producerEpoch: epoch };
  }

  #checkAlive(): void {
    if (this.#stopped) throw this.#stopped;
  }

  #ask<T>(
    kind: CoordinatorKind,
    deadlineMs: number,
    attempt: (connection: KafkaConnection) => Promise<T>,
  ): Promise<T> {
    const { cluster, groupId, transactionalId } = this.options;
    return askCoordinator({
      cluster,
      lane: this.#coordinatorLane,
      kind,
      key: kind === 'group' ? groupId : transactionalId,
      deadlineMs,
      checkAlive: () => this.#checkAlive(),
      attempt,
    });
  }
}
