import { fetchProtocol } from '../../../src/broker/kafka/fetch-protocol';
import { WireReader } from '../../../src/broker/kafka/wire-reader';
import { WireWriter } from '../../../src/broker/kafka/wire-writer';

test('reads back each primitive type, at every size of the first buffer', () => {
  for (let bytes = 1; bytes < 80; bytes++) {
    const written = new WireWriter(bytes)
      .int8(-3)
      .int16(-300)
      .int32(-70_000)
      .int64(2 ** 53 - 1)
      .int64(-2n)
      .string('naïve')
      .string(null)
      .uvarint(0)
      .uvarint(127)
      .uvarint(128)
      .uvarint(300_000)
      .compactString('é')
      .compactString(null)
      .noTags()
      .raw(Buffer.from('raw'))
      .finish();
    const reader = new WireReader(written);
    expect([reader.int8(), reader.int16(), reader.int32()]).toEqual([-3, -300, -70_000]);
    expect([reader.int64(), reader.bigInt64()]).toEqual([2 ** 53 - 1, -2n]);
    expect([reader.string(), reader.string()]).toEqual(['naïve', '']);
    expect([0, 1, 2, 3].map(() => reader.uvarint())).toEqual([0, 127, 128, 300_000]);
    expect([reader.compactString(), reader.compactString()]).toEqual(['é', '']);
    reader.skipTags();
    expect(`${reader.bytes(3)}`).toBe('raw');
    expect(reader.at).toBe(written.length);
  }
});

test('skips tagged fields it does not know', () => {
  const written = new WireWriter().uvarint(2).uvarint(0).uvarint(2).raw(Buffer.from('ab'));
  written.uvarint(5).uvarint(1).raw(Buffer.from('c')).int8(9);
  const reader = new WireReader(written.finish());
  reader.skipTags();
  expect(reader.int8()).toBe(9);
});

test('encodes a fetch of many partitions, however long', async () => {
  const positions = Array.from({ length: 500 }, (_, partition) => ({
    topic: 'a-topic-with-a-name',
    partition,
    offset: partition * 1e9,
  }));
  const { request } = fetchProtocol({
    positions,
    waitMsMax: 7,
    bytesMax: 8,
    bytesMaxPerPartition: 9,
  });
  const reader = new WireReader((await request.encode()).buffer);
  expect([reader.int32(), reader.int32(), reader.int32(), reader.int32()]).toEqual([-1, 7, 1, 8]);
  expect([reader.int8(), reader.int32(), reader.int32()]).toEqual([1, 0, -1]);
  const found = reader.array(() => {
    const topic = reader.string();
    expect(reader.int32()).toBe(1);
    const partition = reader.int32();
    reader.int32();
    const offset = reader.int64();
    reader.int64();
    expect(reader.int32()).toBe(9);
    return { topic, partition, offset };
  });
  expect(found).toEqual(positions);
});

test('gives the records of each partition bytes of their own, so that none keeps a whole answer alive', async () => {
  const records = [Buffer.alloc(20, 'a'), Buffer.alloc(100_000, 'b')];
  const answer = new WireWriter().int32(0).int16(0).int32(0).int32(1).string('topic').int32(2);
  for (const [partition, bytes] of records.entries()) {
    answer.int32(partition).int16(0).int64(9).int64(9).int64(0).int32(0).int32(-1);
    answer.int32(bytes.length).raw(bytes);
  }
  const raw = answer.finish();
  const asked = { positions: [], waitMsMax: 7, bytesMax: 8, bytesMaxPerPartition: 9 };
  const { partitions } = await fetchProtocol(asked).response.decode(raw);
  expect(partitions.map((one) => one.records)).toEqual(records);
  expect(partitions.some((one) => one.records.buffer === raw.buffer)).toBe(false);
});
