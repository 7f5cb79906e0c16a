/** What a slot has fetched and not yet processed, per source; bounded by bytes, since a full queue is not fetched for. */

import { assert } from '../assert';
import type { FetchedBatch, Position, StoredRecord } from '../broker/broker';
import type { SourceDefinition } from './topology';

interface Queue {
  readonly source: SourceDefinition;
  readonly partition: number;
  readonly batches: { readonly batch: FetchedBatch; next: number }[];
  /** Next offset to fetch. */
  fetched: number;
  /** Next offset to process. */
  processed: number;
  /** Read-committed end as last seen. */
  end: number;
  bytes: number;
}

export interface QueuedRecord {
  readonly source: SourceDefinition;
  readonly partition: number;
  readonly record: StoredRecord;
}

export class SlotInput {
  readonly #queues: Queue[];

  constructor(
    sources: readonly {
      readonly source: SourceDefinition;
      readonly partition: number;
      readonly start: number;
    }[],
    private readonly bytesMax: number,
  ) {
    this.#queues = sources.map(({ source, partition, start }) => ({
      source,
      partition,
      batches: [],
      fetched: start,
      processed: start,
      end: start,
      bytes: 0,
    }));
  }

  /** Where to fetch next, for the queues that have room. */
  wanted(): Position[] {
    return this.#queues
      .filter((queue) => queue.bytes < this.bytesMax)
      .map((queue) => ({
        topic: queue.source.topic.name,
        partition: queue.partition,
        offset: queue.fetched,
      }));
  }

  /** Takes a batch that was asked for from `askedOffset`; one asked for before a rewind is dropped. */
  enqueue(batch: FetchedBatch, askedOffset: number): void {
    const queue = this.#queue(batch.topic);
    if (queue === undefined || queue.partition !== batch.partition || queue.fetched !== askedOffset)
      return;
    queue.fetched = batch.nextOffset;
    queue.end = Math.max(batch.endOffset, batch.nextOffset);
    queue.batches.push({ batch, next: 0 });
    for (const record of batch.records) queue.bytes += recordBytes(record);
    this.#skipEmpty(queue);
  }

  /** The next record, sources in turn by who waits with the most; undefined when nothing waits. */
  next(): QueuedRecord | undefined {
    const queue = this.#fullest();
    if (queue === undefined) return undefined;
    const head = queue.batches[0]!;
    const record = head.batch.records[head.next]!;
    head.next += 1;
    queue.bytes -= recordBytes(record);
    queue.processed = record.offset + 1;
    this.#skipEmpty(queue);
    return { source: queue.source, partition: queue.partition, record };
  }

  isEmpty(): boolean {
    return this.#queues.every((queue) => queue.batches.length === 0);
  }

  position(topic: string): number {
    const queue = this.#queue(topic);
    assert(queue !== undefined, `${topic} is a source of this slot`);
    return queue.processed;
  }

  /** Positions to commit: of all sources that are not replayed from their beginning. */
  positions(): Position[] {
    return this.#queues
      .filter((queue) => !queue.source.replayed)
      .map((queue) => ({
        topic: queue.source.topic.name,
        partition: queue.partition,
        offset: queue.processed,
      }));
  }

  lags(): {
    readonly topic: string;
    readonly partition: number;
    readonly records: number;
    readonly oldestMs?: number;
  }[] {
    return this.#queues.map((queue) => {
      const head = queue.batches[0];
      const oldest = head?.batch.records[head.next];
      return {
        topic: queue.source.topic.name,
        partition: queue.partition,
        records: Math.max(0, queue.end - queue.processed),
        ...(oldest === undefined ? {} : { oldestMs: oldest.timestampMs }),
      };
    });
  }

  #queue(topic: string): Queue | undefined {
    return this.#queues.find((queue) => queue.source.topic.name === topic);
  }

  #fullest(): Queue | undefined {
    let fullest: Queue | undefined;
    for (const queue of this.#queues) {
      if (queue.batches.length > 0 && (fullest === undefined || queue.bytes > fullest.bytes))
        fullest = queue;
    }
    return fullest;
  }

  /** Batches without (further) records only move the position. */
  #skipEmpty(queue: Queue): void {
    for (;;) {
      const head = queue.batches[0];
      if (head === undefined || head.next < head.batch.records.length) return;
      queue.processed = head.batch.nextOffset;
      queue.batches.shift();
    }
  }
}

/** What the objects around a record's bytes hold, as seen in heap snapshots: a listen's own bytes are a quarter of it. */
const OBJECTS_BYTES = 400;

function recordBytes(record: StoredRecord): number {
  return (record.key?.length ?? 0) + (record.value?.length ?? 0) + OBJECTS_BYTES;
}
