/** Encoding and decoding against each other, and against kafkajs' own reading of the format. */
import { gzipSync } from 'node:zlib';
import type { OutputRecord, StoredRecord } from '../../../src/broker/broker';
import { crc32c } from '../../../src/broker/kafka/crc32c';
import {
  type AbortedTransaction,
  type DecodedRecords,
  decodeRecords,
} from '../../../src/broker/kafka/decode-records';
import {
  type EncodedBatch,
  encodeRecords,
  sealBatch,
} from '../../../src/broker/kafka/encode-records';
import { BATCH } from '../../../src/broker/kafka/record-batch-layout';
import { mulberry32, type Random } from '../../../src/random';

const NOW_MS = 1_700_000_000_000;
const OPTIONS = { nowMs: NOW_MS, batchBytesMax: 800_000 };

interface Placed {
  readonly producerId?: bigint;
  readonly transactional?: boolean;
  readonly attributes?: number;
}

/** Puts a batch where a broker would: sealed, with its offset. */
function place(batch: EncodedBatch, baseOffset: number, options: Placed = {}): Buffer {
  const { producerId = -1n, transactional = false, attributes } = options;
  sealBatch(batch, { producerId, epoch: 0, sequence: 0, transactional });
  const bytes = Buffer.from(batch.buffer);
  bytes.writeBigInt64BE(BigInt(baseOffset), 0);
  if (attributes !== undefined) {
    bytes.writeInt16BE(attributes, BATCH.attributes);
    bytes.writeUInt32BE(crc32c(bytes, BATCH.attributes), BATCH.crc);
  }
  return bytes;
}

const record = (key: string | Buffer | null, value: string | null): OutputRecord => ({
  topic: 't',
  key: typeof key === 'string' ? Buffer.from(key) : key,
  value: value === null ? null : Buffer.from(value),
});

const batchOf = (...records: OutputRecord[]): EncodedBatch => encodeRecords(records, OPTIONS)[0]!;

const decode = (
  batches: readonly Buffer[],
  fromOffset = 0,
  aborted: readonly AbortedTransaction[] = [],
): DecodedRecords => decodeRecords(Buffer.concat(batches), fromOffset, aborted, 't-0');

const keysOf = ({ records }: DecodedRecords): string[] => records.map(({ key }) => `${key}`);

/** A marker as a transaction coordinator writes it: version 0, then 0 for abort or 1 for commit. */
const marker = (offset: number, producerId: bigint, type: 0 | 1): Buffer =>
  place(batchOf(record(Buffer.from([0, 0, 0, type]), '')), offset, {
    producerId,
    attributes: 0x30,
  });

const written = (offset: number, producerId: bigint, ...records: OutputRecord[]): Buffer =>
  place(batchOf(...records), offset, { producerId, transactional: true });

/** Jest compares long buffers byte by byte, slowly. */
const toText = ({ key, value, headers, ...rest }: StoredRecord) => ({
  ...rest,
  key: key?.toString('latin1') ?? null,
  value: value?.toString('latin1') ?? null,
  headers: Object.entries(headers ?? {}).map(([name, bytes]) => [name, bytes.toString('latin1')]),
});

function randomRecord(random: Random): OutputRecord {
  const bytes = (): Buffer | null => {
    const kind = random.below(10);
    if (kind === 0) return null;
    return Buffer.alloc(kind === 1 ? random.below(40_000) : random.below(80), random.below(256));
  };
  const headers = Object.fromEntries(
    Array.from({ length: random.below(3) }, (_, i) => [`h${i}é`, bytes() ?? Buffer.alloc(0)]),
  );
  const far = random.below(5) === 0 ? 1e11 : 1000;
  return {
    topic: 't',
    key: bytes(),
    value: bytes(),
    timestampMs: NOW_MS + random.below(2 * far) - far,
    ...(Object.keys(headers).length > 0 ? { headers } : {}),
  };
}

const seed = 20_261_124;

test(`gives back what was encoded, whatever sizes and times come together (seed ${seed})`, () => {
  const random = mulberry32(seed);
  for (let round = 0; round < 50; round++) {
    const records = Array.from({ length: 1 + random.below(60) }, () => randomRecord(random));
    const expected = records.map(
      ({ topic: _, ...rest }, i): StoredRecord => ({
        offset: 500 + i,
        timestampMs: rest.timestampMs!,
        ...rest,
      }),
    );
    const batches = encodeRecords(records, { nowMs: NOW_MS, batchBytesMax: 100_000 });
    let offset = 500;
    const placed = batches.map((batch) => {
      offset += batch.count;
      return place(batch, offset - batch.count);
    });
    const { records: found, nextOffset } = decode(placed, 500);
    expect(found.map(toText)).toEqual(expected.map(toText));
    expect(nextOffset).toBe(500 + records.length);
  }
});

test('writes what kafkajs reads', async () => {
  const Decoder = require('kafkajs/src/protocol/decoder');
  const readBatch = require('kafkajs/src/protocol/recordBatch/v0/decoder');
  const headers = { source: Buffer.from('a test') };
  const [batch] = encodeRecords(
    [
      { ...record('k', 'v'), headers, timestampMs: 5 },
      { ...record(null, null), timestampMs: 3 },
    ],
    OPTIONS,
  );
  sealBatch(batch!, { producerId: 77n, epoch: 3, sequence: 9, transactional: true });
  const found = await readBatch(new Decoder(batch!.buffer));
  expect(found).toMatchObject({
    producerId: '77',
    producerEpoch: 3,
    firstSequence: 9,
    inTransaction: true,
    lastOffsetDelta: 1,
    firstTimestamp: '5',
    maxTimestamp: '5',
    records: [
      { key: Buffer.from('k'), value: Buffer.from('v'), headers, timestamp: '5', offset: '0' },
      { key: null, value: null, headers: {}, timestamp: '3', offset: '1' },
    ],
  });
});

test('splits by bytes, and gives a record that is larger than a batch one of its own', () => {
  const large = { ...record('large', null), value: Buffer.alloc(5000) };
  const records = [record('a', 'a'), record('b', 'b'), large, record('c', 'c')];
  const batches = encodeRecords(records, { nowMs: NOW_MS, batchBytesMax: 1000 });
  expect(batches.map(({ count }) => count)).toEqual([2, 1, 1]);
  for (const { buffer } of [batches[0]!, batches[2]!])
    expect(buffer.length).toBeLessThanOrEqual(1000);
});

test('uses the given time for records without one', () => {
  expect(decode([place(batchOf(record('k', 'v')), 0)]).records[0]!.timestampMs).toBe(NOW_MS);
});

test('uses the time of the append where the topic is set so', () => {
  const batch = batchOf({ ...record('k', 'v'), timestampMs: 1 });
  batch.buffer.writeBigInt64BE(99n, BATCH.maxTimestamp);
  expect(decode([place(batch, 0, { attributes: 8 })]).records[0]!.timestampMs).toBe(99);
});

test('leaves out what lies before the wanted offset in the first batch', () => {
  const batches = [place(batchOf(record('a', ''), record('b', ''), record('c', '')), 10)];
  const found = decode(batches, 12);
  expect(found).toMatchObject({ nextOffset: 13, records: [{ offset: 12 }] });
});

test('stops at a batch that was cut off, and has no position where none is whole', () => {
  const whole = place(batchOf(record('a', '')), 4);
  const cut = place(batchOf(record('b', '')), 5).subarray(0, -1);
  expect(decode([whole, cut])).toMatchObject({ nextOffset: 5, records: [{ offset: 4 }] });
  expect(decode([cut])).toEqual({ records: [], nextOffset: undefined });
});

describe('what the stock client gets wrong', () => {
  test('moves over a batch that compaction has emptied, up to its last offset', () => {
    const empty = Buffer.from(place(batchOf(record('a', ''), record('b', '')), 7)).subarray(
      0,
      BATCH.records,
    );
    empty.writeInt32BE(BATCH.records - 12, BATCH.length);
    empty.writeInt32BE(0, BATCH.count);
    empty.writeInt32BE(19, BATCH.lastOffsetDelta);
    empty.writeUInt32BE(crc32c(empty, BATCH.attributes), BATCH.crc);
    expect(decode([empty], 7)).toEqual({ records: [], nextOffset: 27 });
  });

  test('does not take a record whose key is four zero bytes for an abort marker', () => {
    const found = decode(
      [
        written(0, 1n, record('a1', '')),
        written(1, 1n, record(Buffer.alloc(4), 'a2')),
        written(2, 1n, record('a3', '')),
        marker(3, 1n, 0),
        written(4, 2n, record('c1', '')),
        marker(5, 2n, 1),
      ],
      0,
      [{ producerId: 1n, firstOffset: 0 }],
    );
    expect(keysOf(found)).toEqual(['c1']);
    expect(found.nextOffset).toBe(6);
  });

  test('opens every aborted transaction that began before the first batch, not one a record', () => {
    const found = decode(
      [
        written(10, 1n, record('p1', '')),
        written(11, 2n, record('p2', '')),
        marker(12, 1n, 0),
        marker(13, 2n, 0),
        written(14, 3n, record('c', '')),
      ],
      10,
      [
        { producerId: 1n, firstOffset: 2 },
        { producerId: 2n, firstOffset: 3 },
      ],
    );
    expect(keysOf(found)).toEqual(['c']);
  });

  test('reads the aborted list by begin, although the broker orders it by end', () => {
    const found = decode(
      [
        written(0, 1n, record('one a', '')),
        written(1, 2n, record('two a', '')),
        written(2, 1n, record('one b', '')),
        marker(3, 2n, 0),
        marker(4, 1n, 0),
        written(5, 3n, record('c', '')),
      ],
      0,
      [
        { producerId: 2n, firstOffset: 1 },
        { producerId: 1n, firstOffset: 0 },
      ],
    );
    expect(keysOf(found)).toEqual(['c']);
  });
});

test('shows a producer again after its abort, and plain records of anybody', () => {
  const found = decode(
    [
      written(0, 1n, record('aborted', '')),
      place(batchOf(record('plain', '')), 1, { producerId: 1n }),
      marker(2, 1n, 0),
      written(3, 1n, record('committed', '')),
      marker(4, 1n, 1),
      written(5, 1n, record('aborted again', '')),
      marker(6, 1n, 0),
    ],
    0,
    [
      { producerId: 1n, firstOffset: 0 },
      { producerId: 1n, firstOffset: 5 },
    ],
  );
  expect(keysOf(found)).toEqual(['plain', 'committed']);
});

test('reads gzip', () => {
  const plain = batchOf(record('a', 'first'), record('b', 'second'));
  const head = Buffer.from(plain.buffer.subarray(0, BATCH.records));
  const body = gzipSync(plain.buffer.subarray(BATCH.records));
  const batch: EncodedBatch = { buffer: Buffer.concat([head, body]), count: 2 };
  batch.buffer.writeInt32BE(batch.buffer.length - 12, BATCH.length);
  const found = decode([place(batch, 3, { attributes: 1 })]);
  expect(found.records.map(({ value }) => `${value}`)).toEqual(['first', 'second']);
  expect(found.nextOffset).toBe(5);
});

test.each([
  ['snappy', 2],
  ['lz4', 3],
  ['zstd', 4],
])('says that %s is not read, where, and what to do', (name, attributes) => {
  const batch = place(batchOf(record('a', '')), 3, { attributes });
  expect(() => decode([batch])).toThrow(
    expect.objectContaining({
      code: 'BROKER_RECORDS_UNREADABLE',
      message: expect.stringMatching(new RegExp(`t-0, batch at offset 3: .*${name}.*gzip`)),
    }),
  );
});

test('refuses a damaged batch and an ancient format', () => {
  const damaged = place(batchOf(record('a', 'value')), 3);
  damaged[damaged.length - 2]! ^= 1;
  const ancient = place(batchOf(record('a', 'value')), 3);
  ancient.writeInt8(1, BATCH.magic);
  for (const batch of [damaged, ancient])
    expect(() => decode([batch])).toThrow(
      expect.objectContaining({ code: 'BROKER_RECORDS_UNREADABLE' }),
    );
});
