import { murmur2, partitionOf } from '../../src/broker/partitioner';

/** The vectors of Kafka's own UtilsTest.testMurmur2. */
const JAVA_VECTORS: readonly (readonly [string, number])[] = [
  ['21', -973932308],
  ['foobar', -790332482],
  ['a-little-bit-long-string', -985981536],
  ['a-little-bit-longer-string', -1486304829],
  ['lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8', -58897971],
  ['abc', 479470107],
];

test.each(JAVA_VECTORS)('hashes %s as the Java client does', (text, hash) => {
  expect(murmur2(Buffer.from(text))).toBe(hash);
});

test('makes a negative hash positive by clearing the sign bit, not by its absolute value', () => {
  expect(partitionOf(Buffer.from('foobar'), 1000)).toBe((-790332482 & 0x7fffffff) % 1000);
  expect(partitionOf(Buffer.from('foobar'), 1000)).not.toBe(790332482 % 1000);
});

test('treats bytes above 127 as unsigned, like Java with its masks', () => {
  // Every tail length, so that no branch reads a byte as negative.
  for (let length = 0; length < 9; length++) {
    const partition = partitionOf(Buffer.alloc(length, 0xff), 7);
    expect(partition).toBeGreaterThanOrEqual(0);
    expect(partition).toBeLessThan(7);
  }
});
