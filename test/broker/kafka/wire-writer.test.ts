import { WireWriter } from '../../../src/broker/kafka/wire-writer';

describe('WireWriter', () => {
  it('writes every type across the end of its first buffer', () => {
    for (let before = 0; before < 24; before++) {
      const writer = new WireWriter(16);
      for (let n = 0; n < before; n++) writer.int8(n);
      writer
        .int16(300)
        .int32(70_000)
        .int64(5_000_000_000)
        .string('naïve')
        .compactString('ß')
        .int8(7);
      const bytes = writer.finish().subarray(before);
      expect(bytes.readInt16BE(0)).toBe(300);
      expect(bytes.readInt32BE(2)).toBe(70_000);
      expect(bytes.readBigInt64BE(6)).toBe(5_000_000_000n);
      expect(bytes.subarray(16, 16 + bytes.readInt16BE(14)).toString('utf8')).toBe('naïve');
      expect(bytes.at(-1)).toBe(7);
    }
  });
});
