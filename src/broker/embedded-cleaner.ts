/**
 * Compaction as Kafka's cleaner does it: learn the last offset of each key in the dirty stretch, then go
 * through everything up to its end and leave out what a later record of the same key replaces. A
 * tombstone stays for `delete.retention.ms` after the first cleaning that met it, so that a reader who
 * has seen the value sees its deletion too.
 *
 * It works beside appends on keys of its own, a slice at a time, and may stop anywhere: what is already
 * rewritten is right, and the stretch counts as dirty until all of it is.
 */
import { type Clock, yieldToEventLoop } from '../clock';
import type { Level } from '../store/level';
import type { StoredRecord, TopicSpec } from './broker';
import { EmbeddedBatchRewriter } from './embedded-batch-rewriter';
import { KeyOffsets } from './embedded-key-offsets';
import { type EmbeddedPartition, numericSetting } from './embedded-partition';
import type { EmbeddedReader } from './embedded-reader';
import { baseOffsetOf, decodeBatch, recordBytesOf, timesOf } from './embedded-record-batch';

export interface EmbeddedCleanerOptions {
  readonly database: Level;
  readonly reader: EmbeddedReader;
  readonly clock: Clock;
  readonly isStopped: () => boolean;
}

/** Kafka's defaults. */
const DIRTY_RATIO_MIN = 0.5;
const TOMBSTONE_RETENTION_MS = 24 * 3_600_000;

/** Learnt in one cleaning, some 40 MB of table; a partition that is dirtier takes several. */
const KEYS_MAX = 500_000;
const KEY_BYTES_MAX = 24 * 1024 * 1024;

/** Read and decoded in one turn of the event loop: a few milliseconds. */
const SLICE_BYTES = 256 * 1024;

interface Dirty {
  readonly offsets: KeyOffsets;
  readonly end: number;
  readonly bytes: number;
}

export class EmbeddedCleaner {
  constructor(private readonly options: EmbeddedCleanerOptions) {}

  /** Cleans below `cleanableEnd` where that is worth it, moves `cleanedTo` and says whether it did. */
  async clean(
    spec: TopicSpec,
    partition: EmbeddedPartition,
    cleanableEnd: number,
  ): Promise<boolean> {
    if (!isWorthIt(spec, partition, cleanableEnd)) return false;
    const dirty = await this.learn(partition, cleanableEnd);
    if (dirty === undefined) return false;
    const cleanBytes = await this.rewrite(spec, partition, dirty);
    if (cleanBytes === undefined) return false;
    partition.cleanedTo = dirty.end;
    partition.appendedBytesCleaned += dirty.bytes;
    partition.cleanBytes = cleanBytes;
    return true;
  }

  /** The dirty stretch from `cleanedTo` on, as far as the table has room. */
  private async learn(partition: EmbeddedPartition, end: number): Promise<Dirty | undefined> {
    const { cleanedTo } = partition;
    const offsets = new KeyOffsets(Math.min(KEYS_MAX, end - cleanedTo), KEY_BYTES_MAX);
    let bytes = 0;
    for await (const entries of this.options.reader.batches(
      partition,
      cleanedTo,
      end,
      SLICE_BYTES,
    )) {
      if (this.options.isStopped()) return undefined;
      for (const [, batch] of entries) {
        const records = decodeBatch(batch, cleanedTo);
        const keyBytes = records.reduce((sum, { key }) => sum + (key?.length ?? 0), 0);
        if (!offsets.hasRoomFor(records.length, keyBytes))
          return { offsets, end: baseOffsetOf(batch), bytes };
        for (const { key, offset } of records) if (key !== null) offsets.set(key, offset);
        bytes += recordBytesOf(batch);
      }
      await yieldToEventLoop();
    }
    return { offsets, end, bytes };
  }

  /** Answers the bytes that are left, or undefined where it was stopped. */
  private async rewrite(
    spec: TopicSpec,
    partition: EmbeddedPartition,
    { offsets, end }: Dirty,
  ): Promise<number | undefined> {
    const { clock, database, isStopped, reader } = this.options;
    const nowMs = clock.now();
    const retentionMs = numericSetting(spec, 'delete.retention.ms', TOMBSTONE_RETENTION_MS);
    const rewriter = new EmbeddedBatchRewriter(database, nowMs);
    for await (const entries of reader.batches(partition, partition.start, end, SLICE_BYTES)) {
      if (isStopped()) return undefined;
      for (const [key, batch] of entries) {
        const times = timesOf(batch);
        const dropsTombstones = times.cleanedAtMs > 0 && nowMs - times.cleanedAtMs >= retentionMs;
        const isKept = ({ key: recordKey, value, offset }: StoredRecord): boolean => {
          if (recordKey === null) return true;
          if (value === null && dropsTombstones) return false;
          return offsets.get(recordKey) <= offset;
        };
        const records = decodeBatch(batch, 0);
        rewriter.add({ key, batch, times, kept: records.filter(isKept) }, records.length);
      }
      await rewriter.flush();
      await yieldToEventLoop();
    }
    return rewriter.finish();
  }
}

function isWorthIt(spec: TopicSpec, partition: EmbeddedPartition, cleanableEnd: number): boolean {
  const { cleanedTo, end, cleanBytes } = partition;
  if (cleanableEnd <= cleanedTo) return false;
  const dirtyBytes = partition.appendedBytes - partition.appendedBytesCleaned;
  const cleanableBytes = (dirtyBytes * (cleanableEnd - cleanedTo)) / (end - cleanedTo);
  const ratioMin = numericSetting(spec, 'min.cleanable.dirty.ratio', DIRTY_RATIO_MIN);
  return cleanableBytes >= ratioMin * (cleanableBytes + cleanBytes);
}
