import { crc32c } from '../../../src/broker/kafka/crc32c';
import { mulberry32 } from '../../../src/random';

/** RFC 3720, appendix B.4, and the usual check value. */
const VECTORS: readonly (readonly [string, Buffer, number])[] = [
  ['the digits', Buffer.from('123456789'), 0xe3069283],
  ['32 zero bytes', Buffer.alloc(32), 0x8a9136aa],
  ['32 bytes of ones', Buffer.alloc(32, 0xff), 0x62a8ab43],
  ['ascending bytes', Buffer.from(Array.from({ length: 32 }, (_, i) => i)), 0x46dd794e],
  ['nothing', Buffer.alloc(0), 0],
];

test.each(VECTORS)('gives the published checksum of %s', (_, bytes, checksum) => {
  expect(crc32c(bytes)).toBe(checksum);
});

test('gives the same for a part of a buffer as for a copy of it, at every length and place', () => {
  const random = mulberry32(7);
  const bytes = Buffer.from(Array.from({ length: 64 }, () => random.below(256)));
  for (let start = 0; start < 9; start++)
    for (let end = start; end <= bytes.length; end++)
      expect(crc32c(bytes, start, end)).toBe(crc32c(Buffer.from(bytes.subarray(start, end))));
});
