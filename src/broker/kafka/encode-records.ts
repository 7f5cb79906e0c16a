/**
 * Records to record batches, split by bytes. A batch is made in two moves: `encodeRecords` writes everything
 * that does not depend on the producer, `sealBatch` puts in producer id, epoch and sequence, then the CRC.
 * A sealed batch is sent again as it is, so the broker recognises a repetition.
 */
import type { OutputRecord, RecordHeaders } from '../broker';
import { crc32c } from './crc32c';
import { ATTRIBUTE, BATCH, BEFORE_LENGTH_ENDS, MAGIC } from './record-batch-layout';

export interface EncodedBatch {
  readonly buffer: Buffer;
  readonly count: number;
}

export interface ProducerState {
  readonly producerId: bigint;
  readonly epoch: number;
  readonly sequence: number;
  readonly transactional: boolean;
}

export interface EncodeOptions {
  /** For records without a timestamp. */
  readonly nowMs: number;
  /** About how large a batch may become; a single larger record makes a batch of its own. */
  readonly batchBytesMax: number;
}

/** Attributes byte, and the five-byte bounds of its own length, timestamp and offset deltas. */
const RECORD_OVERHEAD_MAX = 24;

const byteLength = (bytes: Buffer | null): number => (bytes === null ? 0 : bytes.length);

function headersBytesMax(headers: RecordHeaders): number {
  let bytes = 0;
  for (const name in headers) bytes += 10 + 3 * name.length + headers[name]!.length;
  return bytes;
}

/** An upper bound, near enough, of what a record takes in a batch. */
export function recordBytesMax(record: OutputRecord): number {
  const headers = record.headers === undefined ? 0 : headersBytesMax(record.headers);
  return RECORD_OVERHEAD_MAX + byteLength(record.key) + byteLength(record.value) + headers;
}

/** The records of one partition as batches, in order. */
export function encodeRecords(
  records: readonly OutputRecord[],
  options: EncodeOptions,
): EncodedBatch[] {
  const batches: EncodedBatch[] = [];
  let from = 0;
  let bytes = BATCH.records;
  for (let i = 0; i < records.length; i++) {
    const more = recordBytesMax(records[i]!);
    if (bytes + more > options.batchBytesMax && i > from) {
      batches.push(encodeBatch(records, { from, to: i, bytes, nowMs: options.nowMs }));
      from = i;
      bytes = BATCH.records;
    }
    bytes += more;
  }
  if (from < records.length)
    batches.push(encodeBatch(records, { from, to: records.length, bytes, nowMs: options.nowMs }));
  return batches;
}

interface BatchSlice {
  readonly from: number;
  readonly to: number;
  /** Upper bound of its size. */
  readonly bytes: number;
  readonly nowMs: number;
}

function encodeBatch(records: readonly OutputRecord[], slice: BatchSlice): EncodedBatch {
  const { from, to, nowMs } = slice;
  const buffer = Buffer.allocUnsafe(slice.bytes);
  const baseTimestamp = records[from]!.timestampMs ?? nowMs;
  let maxTimestamp = baseTimestamp;
  let at: number = BATCH.records;
  for (let i = from; i < to; i++) {
    const record = records[i]!;
    const timestamp = record.timestampMs ?? nowMs;
    if (timestamp > maxTimestamp) maxTimestamp = timestamp;
    at = writeRecord(buffer, at, record, [timestamp - baseTimestamp, i - from]);
  }
  const count = to - from;
  buffer.writeBigInt64BE(0n, 0);
  buffer.writeInt32BE(at - BEFORE_LENGTH_ENDS, BATCH.length);
  buffer.writeInt32BE(-1, BATCH.leaderEpoch);
  buffer.writeInt8(MAGIC, BATCH.magic);
  buffer.writeInt32BE(count - 1, BATCH.lastOffsetDelta);
  buffer.writeBigInt64BE(BigInt(baseTimestamp), BATCH.baseTimestamp);
  buffer.writeBigInt64BE(BigInt(maxTimestamp), BATCH.maxTimestamp);
  buffer.writeInt32BE(count, BATCH.count);
  return { buffer: buffer.subarray(0, at), count };
}

export function sealBatch({ buffer }: EncodedBatch, producer: ProducerState): void {
  buffer.writeInt16BE(producer.transactional ? ATTRIBUTE.transactional : 0, BATCH.attributes);
  buffer.writeBigInt64BE(producer.producerId, BATCH.producerId);
  buffer.writeInt16BE(producer.epoch, BATCH.producerEpoch);
  buffer.writeInt32BE(producer.sequence, BATCH.baseSequence);
  buffer.writeUInt32BE(crc32c(buffer, BATCH.attributes), BATCH.crc);
}

/**
 * Writes one record: length, attributes, timestamp delta, offset delta, key, value, headers. The body is written
 * behind the room for a five-byte length and moved down when the length is known.
 */
function writeRecord(
  buffer: Buffer,
  start: number,
  record: OutputRecord,
  [timestampDelta, offsetDelta]: readonly [number, number],
): number {
  const bodyStart = start + 1;
  let at = bodyStart;
  buffer[at++] = 0;
  at = writeVarint(buffer, at, timestampDelta);
  at = writeVarint(buffer, at, offsetDelta);
  at = writeBytes(buffer, at, record.key);
  at = writeBytes(buffer, at, record.value);
  at = writeHeaders(buffer, at, record.headers);
  const length = at - bodyStart;
  const lengthBytes = varintBytes(length);
  if (lengthBytes > 1) buffer.copyWithin(start + lengthBytes, bodyStart, at);
  writeVarint(buffer, start, length);
  return at + lengthBytes - 1;
}

function writeHeaders(buffer: Buffer, start: number, headers: RecordHeaders | undefined): number {
  if (headers === undefined) {
    buffer[start] = 0;
    return start + 1;
  }
  const names = Object.keys(headers);
  let at = writeVarint(buffer, start, names.length);
  for (const name of names) {
    at = writeVarint(buffer, at, Buffer.byteLength(name));
    at += buffer.write(name, at);
    at = writeBytes(buffer, at, headers[name]!);
  }
  return at;
}

function writeBytes(buffer: Buffer, at: number, bytes: Buffer | null): number {
  if (bytes === null) {
    buffer[at] = 1;
    return at + 1;
  }
  const start = writeVarint(buffer, at, bytes.length);
  buffer.set(bytes, start);
  return start + bytes.length;
}

function varintBytes(value: number): number {
  let bytes = 1;
  for (let rest = value * 2; rest > 127; rest = Math.floor(rest / 128)) bytes++;
  return bytes;
}

/** Zigzag and base 128, as in Protocol Buffers; numbers, so that 64-bit deltas fit (to 2^52). */
function writeVarint(buffer: Buffer, start: number, value: number): number {
  let at = start;
  let rest = value < 0 ? -2 * value - 1 : 2 * value;
  for (; rest > 127; rest = Math.floor(rest / 128)) buffer[at++] = (rest & 127) | 128;
  buffer[at++] = rest;
  return at;
}
