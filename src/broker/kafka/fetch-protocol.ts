/** Fetch, version 11 (Kafka 2.3 and later), without a session, read-committed. */
import type { Position } from '../broker';
import type { AbortedTransaction } from './decode-records';
import type { WireProtocol } from './kafkajs-internals';
import { WireReader } from './wire-reader';
import { WireWriter } from './wire-writer';

export interface FetchedPartition {
  readonly topic: string;
  readonly partition: number;
  readonly errorCode: number;
  readonly lastStableOffset: number;
  readonly aborted: readonly AbortedTransaction[];
  readonly records: Buffer;
}

export interface FetchAnswer {
  readonly errorCode: number;
  readonly partitions: readonly FetchedPartition[];
}

export interface FetchRequest {
  readonly positions: readonly Position[];
  readonly waitMsMax: number;
  readonly bytesMax: number;
  readonly bytesMaxPerPartition: number;
}

export const FETCH = { apiKey: 1, apiVersion: 11, apiName: 'Fetch' } as const;

const CONSUMER = -1;
const READ_COMMITTED = 1;
const NO_SESSION = 0;
const NO_EPOCH = -1;
/** Answer as soon as there is anything. */
const BYTES_MIN = 1;

export function fetchProtocol(request: FetchRequest): WireProtocol<FetchAnswer> {
  return {
    request: { ...FETCH, encode: () => encodeRequest(request).payload() },
    response: { decode: decodeAnswer, parse: (answer) => answer },
  };
}

function encodeRequest(request: FetchRequest): WireWriter {
  const writer = new WireWriter().int32(CONSUMER).int32(request.waitMsMax).int32(BYTES_MIN);
  writer.int32(request.bytesMax).int8(READ_COMMITTED).int32(NO_SESSION).int32(NO_EPOCH);
  writer.int32(request.positions.length);
  for (const { topic, partition, offset } of request.positions) {
    writer.string(topic).int32(1).int32(partition).int32(NO_EPOCH).int64(offset);
    // Log start offset is a follower's business.
    writer.int64(-1).int32(request.bytesMaxPerPartition);
  }
  // No topics to forget; no rack.
  return writer.int32(0).string('');
}

function decodeAnswer(raw: Buffer): FetchAnswer {
  const reader = new WireReader(raw);
  reader.int32();
  const errorCode = reader.int16();
  reader.int32();
  const topics = reader.array(() => {
    const topic = reader.string();
    return reader.array(() => decodePartition(topic, reader));
  });
  return { errorCode, partitions: topics.flat() };
}

function decodePartition(topic: string, reader: WireReader): FetchedPartition {
  const partition = reader.int32();
  const errorCode = reader.int16();
  // The high watermark lies behind undecided records; only the stable end counts here.
  reader.int64();
  const lastStableOffset = reader.int64();
  reader.int64();
  const aborted = reader.array(() => ({
    producerId: reader.bigInt64(),
    firstOffset: reader.int64(),
  }));
  reader.int32();
  // Copied, or a few records of a slow queue would keep the whole answer, with all other partitions' records, alive.
  const records = Buffer.from(reader.bytes(Math.max(reader.int32(), 0)));
  return { topic, partition, errorCode, lastStableOffset, aborted, records };
}
