/**
 * How records lie in the embedded broker's database: several neighbours of one partition in one value.
 * An entry a record would cost some ten times as much, since each call into LevelDB has its price.
 *
 * Header, 29 bytes: format (1), appended at (8), cleaned at (8), base offset (8), number of records (4).
 * Record, 22 bytes and its content: offset − base (4), timestamp (8), number of headers (2), key length (4),
 * value length (4), key, value, headers; a length of −1 is null. A header: name length (2), name, value length (4), value.
 */
import { assert } from '../assert';
import type { RecordHeaders, StoredRecord } from './broker';
import { readOffset, writeOffset } from './embedded-keys';

const FORMAT = 1;
const HEADER_BYTES = 29;
const RECORD_BYTES = 22;

/** An appended batch is split at about this size: what one read, one rewrite and one cached entry weigh. */
export const BATCH_BYTES_MAX = 64 * 1024;

/** Offsets within a batch must fit into 32 bits; cleaning, which merges over gaps, looks at this. */
export const BATCH_SPAN_MAX = 0x7fff_ffff;

/** Milliseconds since 1970 by the broker's clock, not the producers'. `cleanedAtMs` is 0 before the first cleaning. */
export interface BatchTimes {
  readonly appendedAtMs: number;
  readonly cleanedAtMs: number;
}

export function encodedBytes(record: StoredRecord): number {
  let bytes = RECORD_BYTES + (record.key?.length ?? 0) + (record.value?.length ?? 0);
  if (record.headers !== undefined)
    for (const name of Object.keys(record.headers))
      bytes += 6 + Buffer.byteLength(name) + record.headers[name]!.length;
  return bytes;
}

/** `records` in offset order, at least one; `bytes` is the sum of their `encodedBytes`. */
export function encodeBatch(
  records: readonly StoredRecord[],
  bytes: number,
  times: BatchTimes,
): Buffer {
  const batch = Buffer.allocUnsafe(HEADER_BYTES + bytes);
  const base = records[0]!.offset;
  batch[0] = FORMAT;
  batch.writeDoubleBE(times.appendedAtMs, 1);
  batch.writeDoubleBE(times.cleanedAtMs, 9);
  writeOffset(batch, base, 17);
  batch.writeUInt32BE(records.length, 25);
  let at = HEADER_BYTES;
  for (const record of records) at = writeRecord(batch, record, base, at);
  assert(at === batch.length, 'a batch is as long as its records');
  return batch;
}

function writeRecord(batch: Buffer, record: StoredRecord, base: number, start: number): number {
  const { key, value, headers } = record;
  const names = headers === undefined ? [] : Object.keys(headers);
  batch.writeUInt32BE(record.offset - base, start);
  batch.writeDoubleBE(record.timestampMs, start + 4);
  batch.writeUInt16BE(names.length, start + 12);
  batch.writeInt32BE(key === null ? -1 : key.length, start + 14);
  batch.writeInt32BE(value === null ? -1 : value.length, start + 18);
  let at = start + RECORD_BYTES;
  if (key !== null) {
    batch.set(key, at);
    at += key.length;
  }
  if (value !== null) {
    batch.set(value, at);
    at += value.length;
  }
  for (const name of names) at = writeHeader(batch, name, headers![name]!, at);
  return at;
}

function writeHeader(batch: Buffer, name: string, value: Buffer, at: number): number {
  const nameBytes = batch.write(name, at + 2);
  batch.writeUInt16BE(nameBytes, at);
  batch.writeInt32BE(value.length, at + 2 + nameBytes);
  batch.set(value, at + 6 + nameBytes);
  return at + 6 + nameBytes + value.length;
}

export const timesOf = (batch: Buffer): BatchTimes => ({
  appendedAtMs: batch.readDoubleBE(1),
  cleanedAtMs: batch.readDoubleBE(9),
});

export const baseOffsetOf = (batch: Buffer): number => readOffset(batch, 17);
export const recordCountOf = (batch: Buffer): number => batch.readUInt32BE(25);
export const recordBytesOf = (batch: Buffer): number => batch.length - HEADER_BYTES;

/** The records at or behind `from`. Keys and values are views into `batch`, not copies. */
export function decodeBatch(batch: Buffer, from: number): StoredRecord[] {
  assert(batch[0] === FORMAT, `a record batch has format ${FORMAT}, not ${batch[0]}`);
  const base = baseOffsetOf(batch);
  const records: StoredRecord[] = [];
  let at = HEADER_BYTES;
  for (let left = recordCountOf(batch); left > 0; left--) {
    const offset = base + batch.readUInt32BE(at);
    const timestampMs = batch.readDoubleBE(at + 4);
    const headerCount = batch.readUInt16BE(at + 12);
    const keyLength = batch.readInt32BE(at + 14);
    const valueLength = batch.readInt32BE(at + 18);
    const keyAt = at + RECORD_BYTES;
    const valueAt = keyLength < 0 ? keyAt : keyAt + keyLength;
    const headersAt = valueLength < 0 ? valueAt : valueAt + valueLength;
    const key = keyLength < 0 ? null : batch.subarray(keyAt, valueAt);
    const value = valueLength < 0 ? null : batch.subarray(valueAt, headersAt);
    at = headersAt;
    if (headerCount === 0) {
      if (offset >= from) records.push({ offset, timestampMs, key, value });
      continue;
    }
    const { headers, end } = readHeaders(batch, headersAt, headerCount);
    at = end;
    if (offset >= from) records.push({ offset, timestampMs, key, value, headers });
  }
  return records;
}

function readHeaders(
  batch: Buffer,
  start: number,
  count: number,
): { headers: RecordHeaders; end: number } {
  const headers: Record<string, Buffer> = {};
  let at = start;
  for (let left = count; left > 0; left--) {
    const valueAt = at + 6 + batch.readUInt16BE(at);
    const end = valueAt + batch.readInt32BE(valueAt - 4);
    headers[batch.toString('utf8', at + 2, valueAt - 4)] = batch.subarray(valueAt, end);
    at = end;
  }
  return { headers, end: at };
}
