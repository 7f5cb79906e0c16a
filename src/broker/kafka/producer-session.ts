/** A producer id with its epoch, and the next sequence number of each partition. */
import type { TopicPartition } from '../broker';
import { type EncodedBatch, sealBatch } from './encode-records';

const SEQUENCE_END = 2 ** 31;

export class ProducerSession {
  readonly #sequences = new Map<string, number>();

  constructor(
    readonly producerId: string,
    readonly epoch: number,
    private readonly transactional: boolean,
  ) {}

  /** One batch of a partition is on its way at a time, so what is next is known only once it is written. */
  seal({ topic, partition }: TopicPartition, batch: EncodedBatch): void {
    sealBatch(batch, {
      producerId: BigInt(this.producerId),
      epoch: this.epoch,
      sequence: this.#sequences.get(`${topic}-${partition}`) ?? 0,
      transactional: this.transactional,
    });
  }

  written({ topic, partition }: TopicPartition, batch: EncodedBatch): void {
    const key = `${topic}-${partition}`;
    const sequence = this.#sequences.get(key) ?? 0;
    this.#sequences.set(key, (sequence + batch.count) % SEQUENCE_END);
  }
}
