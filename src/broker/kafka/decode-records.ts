/**
 * Record sets as a fetch brings them, to committed records and the offset behind all that was covered.
 *
 * Aborted records are told by batch, after Kafka's own consumer (org.apache.kafka.clients.consumer.internals.
 * CompletedFetch): the broker's list of aborted transactions is ordered by their *end*, so it is sorted by their
 * first offset; every entry that begins at or before a batch's last offset is open; an abort marker closes it.
 * Positions come from the batches' last offsets, never from records: markers, aborted batches and batches that
 * compaction has emptied move a reader on like any other.
 */
import { gunzipSync } from 'node:zlib';
import { SegueError } from '../../errors';
import type { RecordHeaders, StoredRecord } from '../broker';
import { crc32c } from './crc32c';
import { ATTRIBUTE, BATCH, BEFORE_LENGTH_ENDS, MAGIC } from './record-batch-layout';
import { int64At } from './wire-reader';

export interface AbortedTransaction {
  readonly producerId: bigint;
  readonly firstOffset: number;
}

export interface DecodedRecords {
  readonly records: readonly StoredRecord[];
  /** Behind the last whole batch; undefined where no whole batch came. */
  readonly nextOffset: number | undefined;
}

const COMPRESSIONS = ['none', 'gzip', 'snappy', 'lz4', 'zstd'] as const;
const UNCOMPRESSED_BYTES_MAX = 256 << 20;
const ABORT_MARKER = 0;

const unreadable = (where: string, why: string): SegueError =>
  new SegueError('BROKER_RECORDS_UNREADABLE', `${where}: ${why}`);

/** `where` names the partition in errors. Records below `fromOffset` share a batch with it and are left out. */
export function decodeRecords(
  set: Buffer,
  fromOffset: number,
  aborted: readonly AbortedTransaction[],
  where: string,
): DecodedRecords {
  const records: StoredRecord[] = [];
  const open = new OpenAborted(aborted);
  let nextOffset: number | undefined;
  let at = 0;
  while (at + BATCH.records <= set.length) {
    const end = at + BEFORE_LENGTH_ENDS + set.readInt32BE(at + BATCH.length);
    // The broker cuts a set at the size asked for; the rest of the batch comes next time.
    if (end > set.length) break;
    const batch = set.subarray(at, end);
    const baseOffset = int64At(batch, 0);
    const lastOffset = baseOffset + batch.readInt32BE(BATCH.lastOffsetDelta);
    checkBatch(batch, `${where}, batch at offset ${baseOffset}`);
    if (open.isVisible(batch, lastOffset)) readBatch(batch, baseOffset, fromOffset, records);
    nextOffset = lastOffset + 1;
    at = end;
  }
  return { records, nextOffset };
}

function checkBatch(batch: Buffer, where: string): void {
  const magic = batch.readInt8(BATCH.magic);
  if (magic !== MAGIC)
    throw unreadable(where, `expected record format 2, found ${magic}, from before Kafka 0.11`);
  const expected = batch.readUInt32BE(BATCH.crc);
  const found = crc32c(batch, BATCH.attributes);
  if (expected !== found)
    throw unreadable(where, `expected checksum ${expected}, found ${found}; the log is damaged`);
  const codec = batch.readInt16BE(BATCH.attributes) & ATTRIBUTE.compression;
  if (codec > 1)
    throw unreadable(
      where,
      `compressed with ${COMPRESSIONS[codec] ?? `codec ${codec}`}, which is not read; ` +
        'let producers use none or gzip (or set compression.type=gzip on the topic).',
    );
}

/** The producers whose aborted transaction is open at the place being read. */
class OpenAborted {
  readonly #todo: AbortedTransaction[];
  readonly #producers = new Set<bigint>();
  #next = 0;

  constructor(aborted: readonly AbortedTransaction[]) {
    this.#todo = [...aborted].sort((a, b) => a.firstOffset - b.firstOffset);
  }

  /** Must be asked for each batch, in order. */
  isVisible(batch: Buffer, lastOffset: number): boolean {
    const attributes = batch.readInt16BE(BATCH.attributes);
    const isControl = (attributes & ATTRIBUTE.control) !== 0;
    if (this.#todo.length === 0) return !isControl;
    for (; this.#next < this.#todo.length; this.#next++) {
      const { firstOffset, producerId } = this.#todo[this.#next]!;
      if (firstOffset > lastOffset) break;
      this.#producers.add(producerId);
    }
    const producerId = batch.readBigInt64BE(BATCH.producerId);
    if (isControl && isAbortMarker(batch)) this.#producers.delete(producerId);
    if (isControl) return false;
    return (attributes & ATTRIBUTE.transactional) === 0 || !this.#producers.has(producerId);
  }
}

/** A control record's key is a version and a type, two bytes each. */
function isAbortMarker(batch: Buffer): boolean {
  if (batch.readInt32BE(BATCH.count) === 0) return false;
  const cursor = new VarintCursor(batch, BATCH.records);
  cursor.varint();
  cursor.at += 1;
  cursor.varint();
  cursor.varint();
  const keyBytes = cursor.varint();
  return keyBytes >= 4 && batch.readInt16BE(cursor.at + 2) === ABORT_MARKER;
}

function readBatch(
  batch: Buffer,
  baseOffset: number,
  fromOffset: number,
  into: StoredRecord[],
): void {
  const attributes = batch.readInt16BE(BATCH.attributes);
  const isCompressed = (attributes & ATTRIBUTE.compression) !== 0;
  const bytes = isCompressed
    ? gunzipSync(batch.subarray(BATCH.records), { maxOutputLength: UNCOMPRESSED_BYTES_MAX })
    : batch;
  const cursor = new VarintCursor(bytes, isCompressed ? 0 : BATCH.records);
  const baseTimestamp = int64At(batch, BATCH.baseTimestamp);
  const appendTime =
    (attributes & ATTRIBUTE.logAppendTime) === 0 ? undefined : int64At(batch, BATCH.maxTimestamp);
  for (let left = batch.readInt32BE(BATCH.count); left > 0; left--) {
    const length = cursor.varint();
    const end = cursor.at + length;
    cursor.at += 1;
    const timestampMs = baseTimestamp + cursor.varint();
    const offset = baseOffset + cursor.varint();
    if (offset >= fromOffset) into.push(readRecord(cursor, offset, appendTime ?? timestampMs));
    cursor.at = end;
  }
}

function readRecord(cursor: VarintCursor, offset: number, timestampMs: number): StoredRecord {
  const key = cursor.bytes();
  const value = cursor.bytes();
  const headers = cursor.varint();
  if (headers === 0) return { offset, timestampMs, key, value };
  return { offset, timestampMs, key, value, headers: readHeaders(cursor, headers) };
}

function readHeaders(cursor: VarintCursor, count: number): RecordHeaders {
  const headers: Record<string, Buffer> = {};
  for (let i = 0; i < count; i++) {
    const name = cursor.bytes()?.toString('utf8') ?? '';
    headers[name] = cursor.bytes() ?? Buffer.alloc(0);
  }
  return headers;
}

class VarintCursor {
  constructor(
    readonly buffer: Buffer,
    public at: number,
  ) {}

  /** Zigzag, base 128; numbers beyond 32 bits come out right to 2^52. */
  varint(): number {
    let byte = this.buffer[this.at++]!;
    if (byte < 128) return (byte >>> 1) ^ -(byte & 1);
    let value = byte & 127;
    for (let factor = 128; byte >= 128; factor *= 128) {
      byte = this.buffer[this.at++]!;
      value += (byte & 127) * factor;
    }
    return value % 2 === 0 ? value / 2 : -(value + 1) / 2;
  }

  /** A view; null where the length is −1. */
  bytes(): Buffer | null {
    const length = this.varint();
    if (length < 0) return null;
    const start = this.at;
    this.at += length;
    return this.buffer.subarray(start, this.at);
  }
}
