/**
 * Writes what cleaning has left of record batches. Neighbours that have become small are merged under the
 * last one's key, so that a table of a thousand updates a key is not a thousand crumbs.
 */
import type { Level } from '../store/level';
import type { StoredRecord } from './broker';
import { type DatabaseWrite, RAW } from './embedded-commits';
import {
  BATCH_BYTES_MAX,
  BATCH_SPAN_MAX,
  type BatchTimes,
  encodeBatch,
  encodedBytes,
} from './embedded-record-batch';

const FLUSH_BYTES = 256 * 1024;
/** About what an entry costs beside its value. */
const DELETION_BYTES = 50;

export interface CleanedBatch {
  readonly key: Buffer;
  readonly batch: Buffer;
  readonly times: BatchTimes;
  readonly kept: readonly StoredRecord[];
}

export class EmbeddedBatchRewriter {
  /** Neighbours that will be one batch. */
  private run: CleanedBatch[] = [];
  private runBytes = 0;
  private isRunChanged = false;
  private writes: DatabaseWrite[] = [];
  private writeBytes = 0;
  private keptBytes = 0;

  constructor(
    private readonly database: Level,
    private readonly nowMs: number,
  ) {}

  /** Batches in offset order; `records` is how many the batch had. */
  add(cleaned: CleanedBatch, records: number): void {
    const { key, kept, times } = cleaned;
    const isChanged = kept.length < records;
    if (kept.length === 0) {
      this.writes.push({ type: 'del', key });
      return;
    }
    const bytes = kept.reduce((sum, record) => sum + encodedBytes(record), 0);
    this.keptBytes += bytes;
    const hasTombstone = kept.some(({ value }) => value === null);
    const isLarge = bytes > BATCH_BYTES_MAX / 2;
    // A batch with tombstones stays by itself: merged, it would get a later time and keep them longer.
    if (hasTombstone || (isLarge && !isChanged)) {
      this.endRun();
      const isFirstCleaning = hasTombstone && times.cleanedAtMs === 0;
      if (isChanged || isFirstCleaning) this.put([cleaned], bytes);
      return;
    }
    if (this.runBytes + bytes > BATCH_BYTES_MAX || this.isRunTooWide(kept)) this.endRun();
    this.run.push(cleaned);
    this.runBytes += bytes;
    this.isRunChanged ||= isChanged;
  }

  /** Writes what has gathered, where it is worth a database batch. */
  async flush(bytesMin = FLUSH_BYTES): Promise<void> {
    const bytes = this.writeBytes + DELETION_BYTES * this.writes.length;
    if (this.writes.length === 0 || bytes < bytesMin) return;
    const { writes } = this;
    this.writes = [];
    this.writeBytes = 0;
    await this.database.batch(writes, RAW);
  }

  /** Answers the bytes of all records kept. */
  async finish(): Promise<number> {
    this.endRun();
    await this.flush(0);
    return this.keptBytes;
  }

  private isRunTooWide(kept: readonly StoredRecord[]): boolean {
    const first = this.run[0]?.kept[0];
    return first !== undefined && kept.at(-1)!.offset - first.offset > BATCH_SPAN_MAX;
  }

  private endRun(): void {
    if (this.run.length > 1 || this.isRunChanged) this.put(this.run, this.runBytes);
    this.run = [];
    this.runBytes = 0;
    this.isRunChanged = false;
  }

  private put(run: readonly CleanedBatch[], bytes: number): void {
    const last = run.at(-1)!;
    const { cleanedAtMs } = last.times;
    const times: BatchTimes = {
      appendedAtMs: last.times.appendedAtMs,
      cleanedAtMs: cleanedAtMs === 0 ? this.nowMs : cleanedAtMs,
    };
    const records = run.length === 1 ? last.kept : run.flatMap(({ kept }) => kept);
    for (const { key } of run.slice(0, -1)) this.writes.push({ type: 'del', key });
    const value = encodeBatch(records, bytes, times);
    this.writes.push({ type: 'put', key: last.key, value });
    this.writeBytes += value.length;
  }
}
