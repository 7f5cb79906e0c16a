import { KeyOffsets } from '../../src/broker/embedded-key-offsets';
import { murmur2 } from '../../src/broker/partitioner';
import { mulberry32 } from '../../src/random';

test('answers like a map, up to its last free place', () => {
  const random = mulberry32(3);
  const offsets = new KeyOffsets(500, 1 << 20);
  const expected = new Map<string, number>();
  for (let offset = 0; offset < 5000; offset++) {
    const key = `key-${random.below(500)}`;
    offsets.set(Buffer.from(key), offset);
    expected.set(key, offset);
  }
  for (const [key, offset] of expected) expect(offsets.get(Buffer.from(key))).toBe(offset);
  expect(offsets.get(Buffer.from('absent'))).toBe(-1);
});

test('says when it has no room, for keys or for their bytes', () => {
  const offsets = new KeyOffsets(3, 10);
  expect(offsets.hasRoomFor(3, 1000)).toBe(true);
  offsets.set(Buffer.from('a'), 0);
  offsets.set(Buffer.from('a'), 1);
  expect([offsets.hasRoomFor(2, 9), offsets.hasRoomFor(3, 9)]).toEqual([true, false]);
  expect(offsets.hasRoomFor(2, 10)).toBe(false);
});

test('keeps long keys and keys that differ only at the end apart', () => {
  const offsets = new KeyOffsets(100, 1 << 20);
  const keys = Array.from({ length: 100 }, (_, i) => Buffer.from(`${'x'.repeat(3000)}${i}`));
  for (const [i, key] of keys.entries()) offsets.set(key, i);
  expect(keys.map((key) => offsets.get(key))).toEqual(keys.map((_, i) => i));
});

test('keeps keys of one hash apart', () => {
  const [one, other] = collidingKeys();
  const offsets = new KeyOffsets(10, 1000);
  offsets.set(one, 1);
  expect(offsets.get(other)).toBe(-1);
  offsets.set(other, 2);
  expect([offsets.get(one), offsets.get(other)]).toEqual([1, 2]);
});

test('keeps the empty key and offset 0 apart from nothing', () => {
  const offsets = new KeyOffsets(2, 10);
  offsets.set(Buffer.alloc(0), 0);
  expect(offsets.get(Buffer.alloc(0))).toBe(0);
});

function collidingKeys(): readonly [Buffer, Buffer] {
  const seen = new Map<number, Buffer>();
  for (let i = 0; i < 1_000_000; i++) {
    const key = Buffer.from(`key-${i}`);
    const other = seen.get(murmur2(key));
    if (other !== undefined) return [other, key];
    seen.set(murmur2(key), key);
  }
  throw new Error('no two of a million keys have one hash');
}
