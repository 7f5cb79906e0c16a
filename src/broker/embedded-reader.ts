/** Reads record batches: the fetch of the port, and the wait for something new. */
import type { Clock } from '../clock';
import { SegueError } from '../errors';
import type { Level } from '../store/level';
import type { FetchedBatch, FetchOptions, Position, StoredRecord } from './broker';
import type { EmbeddedCatalogue } from './embedded-catalogue';
import { RAW } from './embedded-commits';
import { batchKey, lastOffsetOf } from './embedded-keys';
import type { EmbeddedPartition } from './embedded-partition';
import { decodeBatch } from './embedded-record-batch';

export type BatchEntry = readonly [key: Buffer, batch: Buffer];

interface Wanted {
  readonly partition: EmbeddedPartition;
  readonly offset: number;
}

/** Read from the database at once: what one turn of the event loop decodes, some milliseconds. */
const ENTRIES_MAX = 64;
const SLICE_BYTES = 512 * 1024;

export class EmbeddedReader {
  constructor(
    private readonly database: Level,
    private readonly catalogue: EmbeddedCatalogue,
    private readonly clock: Clock,
  ) {}

  /** Answers [] early where `isClosed` becomes true and the partitions are woken. */
  async fetch(
    positions: readonly Position[],
    options: FetchOptions,
    isClosed: () => boolean,
  ): Promise<readonly FetchedBatch[]> {
    const deadlineMs = this.clock.monotonicMs() + options.waitMsMax;
    for (;;) {
      const wanted = positions.map((position) => this.wanted(position));
      const ready = wanted.filter(({ partition, offset }) => offset < partition.end);
      if (ready.length > 0) return this.readEach(ready, options.bytesMaxPerPartition);
      const leftMs = deadlineMs - this.clock.monotonicMs();
      if (leftMs <= 0 || wanted.length === 0) return [];
      await this.waitForAppend(wanted, leftMs);
      if (isClosed()) return [];
    }
  }

  private wanted(position: Position): Wanted {
    const { offset } = position;
    const partition = this.catalogue.partition(position);
    if (offset < partition.start || offset > partition.end)
      throw new SegueError(
        'BROKER_OFFSET_OUT_OF_RANGE',
        `expected an offset of ${position.topic}-${position.partition} from ${partition.start} to ${partition.end}, but ${offset} was asked for; records were lost to retention, or the directory is another`,
      );
    return { partition, offset };
  }

  private waitForAppend(wanted: readonly Wanted[], waitMs: number): Promise<void> {
    return new Promise((resolve) => {
      const done = (): void => {
        timer.cancel();
        for (const { partition } of wanted) partition.offAppend(done);
        resolve();
      };
      const timer = this.clock.schedule(waitMs, done);
      for (const { partition } of wanted) partition.onAppend(done);
    });
  }

  /** One after the other: decoding all in one turn would hold the event loop. */
  private async readEach(ready: readonly Wanted[], bytesMax: number): Promise<FetchedBatch[]> {
    const batches: FetchedBatch[] = [];
    for (const one of ready) batches.push(await this.read(one, bytesMax));
    return batches;
  }

  private async read({ partition, offset }: Wanted, bytesMax: number): Promise<FetchedBatch> {
    const { topic, partition: number, end } = partition;
    const records: StoredRecord[] = [];
    // Behind the last batch lie only markers and gaps, up to the end.
    let nextOffset = end;
    let bytes = 0;
    const sliceBytes = Math.min(bytesMax, SLICE_BYTES);
    for await (const entries of this.batches(partition, offset, end, sliceBytes)) {
      for (const [key, batch] of entries) {
        for (const record of decodeBatch(batch, offset)) records.push(record);
        bytes += batch.length;
        if (bytes >= bytesMax) {
          nextOffset = lastOffsetOf(key) + 1;
          return { topic, partition: number, records, nextOffset, endOffset: end };
        }
      }
    }
    return { topic, partition: number, records, nextOffset, endOffset: end };
  }

  /**
   * The batches that hold [from, to), some at a time, from one snapshot of the database. One read brings
   * about `sliceBytes`.
   */
  async *batches(
    partition: EmbeddedPartition,
    from: number,
    to: number,
    sliceBytes: number,
  ): AsyncGenerator<readonly BatchEntry[]> {
    const iterator = this.database.iterator({
      ...RAW,
      gte: batchKey(partition, from),
      lt: batchKey(partition, to),
      fillCache: false,
      highWaterMarkBytes: sliceBytes,
    } as typeof RAW & { gte: Buffer; lt: Buffer });
    try {
      for (;;) {
        const entries = await iterator.nextv(ENTRIES_MAX);
        if (entries.length === 0) return;
        yield entries as readonly BatchEntry[];
      }
    } finally {
      await iterator.close();
    }
  }
}
