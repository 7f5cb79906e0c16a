import fc from 'fast-check';
import type { StoredRecord } from '../../src/broker/broker';
import {
  baseOffsetOf,
  decodeBatch,
  encodeBatch,
  encodedBytes,
  recordBytesOf,
  recordCountOf,
  timesOf,
} from '../../src/broker/embedded-record-batch';

const someBytes = fc.uint8Array({ maxLength: 40 }).map((bytes) => Buffer.from(bytes));
const bytesOrNull = fc.option(someBytes, { nil: null });
const someHeaders = fc.dictionary(fc.string({ minLength: 1, maxLength: 8 }), someBytes, {
  minKeys: 1,
  maxKeys: 4,
  noNullPrototype: true,
});

/** Records with growing offsets and gaps, from any base up to 2^53. */
const someRecords: fc.Arbitrary<StoredRecord[]> = fc
  .tuple(
    fc.nat({ max: Number.MAX_SAFE_INTEGER - 1e9 }),
    fc.array(
      fc.record(
        {
          gap: fc.nat({ max: 1_000_000 }),
          timestampMs: fc.integer({ min: 0, max: 4e12 }),
          key: bytesOrNull,
          value: bytesOrNull,
          headers: someHeaders,
        },
        { requiredKeys: ['gap', 'timestampMs', 'key', 'value'] },
      ),
      { minLength: 1, maxLength: 20 },
    ),
  )
  .map(([base, records]) => {
    let offset = base;
    return records.map(({ gap, ...record }) => {
      offset += gap + 1;
      return { ...record, offset };
    });
  });

const bytesOf = (records: readonly StoredRecord[]): number =>
  records.reduce((sum, record) => sum + encodedBytes(record), 0);

test('gives back what was put in, from every offset', () => {
  fc.assert(
    fc.property(someRecords, (records) => {
      const batch = encodeBatch(records, bytesOf(records), { appendedAtMs: 5, cleanedAtMs: 0 });
      expect(decodeBatch(batch, 0)).toEqual(records);
      for (const { offset } of records)
        expect(decodeBatch(batch, offset)).toEqual(
          records.filter((record) => record.offset >= offset),
        );
    }),
    { numRuns: 50 },
  );
});

test('tells its base, count, size and times without decoding the records', () => {
  const records = [7, 9].map((offset) => ({ offset, timestampMs: 1, key: null, value: null }));
  const times = { appendedAtMs: 1_700_000_000_123, cleanedAtMs: 1_700_000_000_456 };
  const batch = encodeBatch(records, bytesOf(records), times);
  expect(baseOffsetOf(batch)).toBe(7);
  expect(recordCountOf(batch)).toBe(2);
  expect(recordBytesOf(batch)).toBe(bytesOf(records));
  expect(timesOf(batch)).toEqual(times);
});

test('refuses bytes of another format', () => {
  expect(() => decodeBatch(Buffer.alloc(40, 9), 0)).toThrow('format');
});
