/** Turns records into what the database writes, giving each its partition and offset. Synchronous, the hot path. */
import { SegueError } from '../errors';
import type { OutputRecord, Position, StoredRecord } from './broker';
import type { EmbeddedCatalogue } from './embedded-catalogue';
import type { DatabaseWrite } from './embedded-commits';
import { batchKey, encodeOffsets, KIND_END, partitionKey, positionKey } from './embedded-keys';
import { type EmbeddedPartition, type EmbeddedTopic, numericSetting } from './embedded-partition';
import { BATCH_BYTES_MAX, encodeBatch, encodedBytes } from './embedded-record-batch';
import { partitionOf } from './partitioner';

/** Kafka's default for `max.message.bytes`, which counts what surrounds a record too. */
const RECORD_BYTES_MAX = 1_048_588;
const RECORD_OVERHEAD_BYTES = 80;

/** The records of one append that go to one partition, not yet numbered. */
interface Share {
  readonly partition: EmbeddedPartition;
  readonly records: OutputRecord[];
}

export interface Append {
  readonly writes: readonly DatabaseWrite[];
  /** For each partition written to, the offset behind its last record. */
  readonly behind: readonly Position[];
  /** Makes the records visible and the positions known; to be called when the writes are durable. */
  readonly publish: () => void;
}

export interface AppendOptions {
  readonly records: readonly OutputRecord[];
  /** Set for a step: positions of this group, and one more offset a partition, as Kafka's marker takes. */
  readonly step?: { readonly groupId: string; readonly positions: readonly Position[] };
  /** Gives the offsets away and writes no record, as an aborted transaction leaves them. */
  readonly isDropped?: boolean;
  readonly nowMs: number;
}

/** Gives offsets away: what it answers must be submitted at once. Throws TOPIC_MISSING, BROKER_RECORD_TOO_LARGE. */
export function prepareAppend(catalogue: EmbeddedCatalogue, options: AppendOptions): Append {
  const { step, nowMs } = options;
  // All that can fail comes first, so that a refused append leaves no trace.
  const shares = shareOut(catalogue, options.records);
  const positions = step?.positions ?? [];
  const writes: DatabaseWrite[] = [];
  const behind: Position[] = [];
  const ends: { readonly partition: EmbeddedPartition; readonly end: number }[] = [];
  for (const share of shares) {
    const { partition } = share;
    const stored = number(share, nowMs);
    if (options.isDropped !== true) writeBatches(writes, share, stored);
    behind.push({
      topic: partition.topic,
      partition: partition.partition,
      offset: partition.nextOffset,
    });
    if (step !== undefined) partition.nextOffset += 1;
    const end = partition.nextOffset;
    ends.push({ partition, end });
    writes.push({
      type: 'put',
      key: partitionKey(KIND_END, partition),
      value: encodeEnd(partition),
    });
  }
  for (const { topic, partition, offset } of positions) {
    const key = positionKey(step!.groupId, topic, partition);
    writes.push({ type: 'put', key, value: encodeOffsets(offset) });
  }
  const publish = (): void => {
    for (const position of positions) catalogue.setPosition(step!.groupId, position);
    for (const { partition, end } of ends) partition.moveEnd(end);
  };
  return { writes, behind, publish };
}

function shareOut(catalogue: EmbeddedCatalogue, records: readonly OutputRecord[]): Share[] {
  const shares = new Map<EmbeddedPartition, Share>();
  let topic: EmbeddedTopic | undefined;
  let recordBytesMax = 0;
  for (const record of records) {
    if (topic?.spec.name !== record.topic) {
      topic = catalogue.topic(record.topic);
      recordBytesMax = numericSetting(topic.spec, 'max.message.bytes', RECORD_BYTES_MAX);
    }
    const bytes = (record.key?.length ?? 0) + (record.value?.length ?? 0);
    if (bytes + RECORD_OVERHEAD_BYTES > recordBytesMax)
      throw tooLarge(record, bytes, recordBytesMax);
    const partition = catalogue.partition({
      topic: record.topic,
      partition: record.partition ?? choosePartition(topic, record.key),
    });
    let share = shares.get(partition);
    if (share === undefined) {
      share = { partition, records: [] };
      shares.set(partition, share);
    }
    share.records.push(record);
  }
  return [...shares.values()];
}

function choosePartition(topic: EmbeddedTopic, key: Buffer | null): number {
  const count = topic.partitions.length;
  return key === null ? topic.nextUnkeyed++ % count : partitionOf(key, count);
}

function number({ partition, records }: Share, nowMs: number): StoredRecord[] {
  partition.lastAppendedAtMs = Math.max(partition.lastAppendedAtMs, nowMs);
  let offset = partition.nextOffset;
  partition.nextOffset += records.length;
  return records.map(({ key, value, headers, timestampMs = nowMs }) =>
    headers === undefined
      ? { offset: offset++, timestampMs, key, value }
      : { offset: offset++, timestampMs, key, value, headers },
  );
}

/** Splits at about BATCH_BYTES_MAX; a larger record is a batch of its own. */
function writeBatches(
  writes: DatabaseWrite[],
  { partition }: Share,
  stored: readonly StoredRecord[],
): void {
  const times = { appendedAtMs: partition.lastAppendedAtMs, cleanedAtMs: 0 };
  let from = 0;
  let bytes = 0;
  const flush = (to: number): void => {
    if (to === from) return;
    const key = batchKey(partition, stored[to - 1]!.offset);
    writes.push({ type: 'put', key, value: encodeBatch(stored.slice(from, to), bytes, times) });
    partition.appendedBytes += bytes;
    partition.newestBatchAt = stored[to - 1]!.offset;
    from = to;
    bytes = 0;
  };
  for (let i = 0; i < stored.length; i++) {
    const next = encodedBytes(stored[i]!);
    if (bytes + next > BATCH_BYTES_MAX) flush(i);
    bytes += next;
  }
  flush(stored.length);
}

function encodeEnd({ nextOffset, appendedBytes, newestBatchAt }: EmbeddedPartition): Buffer {
  return encodeOffsets(nextOffset, appendedBytes, newestBatchAt + 1);
}

function tooLarge(record: OutputRecord, bytes: number, bytesMax: number): SegueError {
  return new SegueError(
    'BROKER_RECORD_TOO_LARGE',
    `expected a record of at most ${bytesMax} bytes for topic ${record.topic}, but one has ${bytes}; split it or raise max.message.bytes`,
  );
}
