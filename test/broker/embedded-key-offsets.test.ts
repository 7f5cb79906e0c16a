import { KeyOffsets } from '../../src/broker/embedded-key-offsets';
import { mulberry32 } from '../../src/random';

test('answers like a map, up to its last free place', () => {
  const random = mulberry32(3);
  const offsets = new KeyOffsets(500);
  const expected = new Map<string, number>();
  for (let offset = 0; offset < 5000; offset++) {
    const key = `key-${random.below(500)}`;
    offsets.set(Buffer.from(key), offset);
    expected.set(key, offset);
  }
  for (const [key, offset] of expected) expect(offsets.get(Buffer.from(key))).toBe(offset);
  expect(offsets.get(Buffer.from('absent'))).toBe(-1);
});

test('says when it is full', () => {
  const offsets = new KeyOffsets(2);
  offsets.set(Buffer.from('a'), 0);
  expect(offsets.hasRoomFor(1)).toBe(true);
  offsets.set(Buffer.from('a'), 1);
  offsets.set(Buffer.from('b'), 2);
  expect(offsets.hasRoomFor(1)).toBe(false);
});

test('keeps the empty key and offset 0 apart from nothing', () => {
  const offsets = new KeyOffsets(2);
  offsets.set(Buffer.alloc(0), 0);
  expect(offsets.get(Buffer.alloc(0))).toBe(0);
});
