import { partitionOf } from '../../src/broker/partitioner';
import {
  bytes,
  type ContractContext,
  readCount,
  readToEnd,
  record,
  valuesOf,
} from './broker-harness';

/** Longer than a test may take: whoever is not woken fails. */
const LONG_WAIT_MS = 300_000;

export function recordCases(context: ContractContext): void {
  describe('written', () => writtenRecordCases(context));
  describe('fetched', () => fetchCases(context));
}

function writtenRecordCases({ broker, topic, traits }: ContractContext): void {
  test('come back in the order they were sent, from any position', async () => {
    const name = await topic();
    const writer = await broker().writer();
    await writer.send(['a', 'b', 'c'].map((value) => record(name, 'k', value)));
    await writer.send([record(name, 'k', 'd')]);
    const all = await readToEnd(broker(), name);
    expect(valuesOf(all)).toEqual(['a', 'b', 'c', 'd']);
    for (const stored of all)
      expect(await readToEnd(broker(), name, 0, stored.offset)).toEqual(
        all.filter(({ offset }) => offset >= stored.offset),
      );
    await writer.close();
  });

  test('keep their order where sends are not awaited one by one', async () => {
    const name = await topic();
    const writer = await broker().writer();
    const values = Array.from({ length: 40 }, (_, i) => `${i}`);
    await Promise.all(values.map((value) => writer.send([record(name, 'k', value)])));
    expect(valuesOf(await readToEnd(broker(), name))).toEqual(values);
    await writer.close();
  });

  test('go to the partition that Java murmur2 gives their key', async () => {
    const name = await topic({ partitions: 5 });
    const writer = await broker().writer();
    const keys = Array.from({ length: 40 }, (_, i) => `key-${i}`);
    await writer.send(keys.map((key) => ({ topic: name, key: bytes(key), value: null })));
    for (let partition = 0; partition < 5; partition++) {
      const found = (await readToEnd(broker(), name, partition)).map(({ key }) => `${key}`);
      expect(found).toEqual(keys.filter((key) => partitionOf(bytes(key), 5) === partition));
    }
    await writer.close();
  });

  test('keep headers, timestamps, null keys and null values', async () => {
    const name = await topic();
    const writer = await broker().writer();
    const headers = { reason: bytes('bad'), empty: Buffer.alloc(0) };
    await writer.send([
      {
        topic: name,
        partition: 0,
        key: null,
        value: bytes('v'),
        headers,
        timestampMs: 1234567890123,
      },
      { topic: name, partition: 0, key: bytes('k'), value: null },
      { topic: name, partition: 0, key: Buffer.alloc(0), value: Buffer.alloc(0) },
    ]);
    const [first, second, third] = await readToEnd(broker(), name);
    expect(first).toMatchObject({ key: null, value: bytes('v'), timestampMs: 1234567890123 });
    expect(first?.headers).toEqual(headers);
    expect(second).toMatchObject({ key: bytes('k'), value: null });
    expect(Object.keys(second?.headers ?? {})).toEqual([]);
    expect(Math.abs(second!.timestampMs - Date.now())).toBeLessThan(3_600_000);
    expect(third).toMatchObject({ key: Buffer.alloc(0), value: Buffer.alloc(0) });
    await writer.close();
  });

  test('without key and partition go to some partition', async () => {
    const name = await topic({ partitions: 2 });
    const writer = await broker().writer();
    await writer.send(['a', 'b', 'c'].map((v) => ({ topic: name, key: null, value: bytes(v) })));
    const found = [
      ...(await readToEnd(broker(), name, 0)),
      ...(await readToEnd(broker(), name, 1)),
    ];
    expect([...valuesOf(found)].sort()).toEqual(['a', 'b', 'c']);
    await writer.close();
  });

  test('may be large, and many times a megabyte together', async () => {
    const name = await topic();
    const writer = await broker().writer();
    const large = Buffer.alloc(900_000, 'x');
    const values = [large, ...Array.from({ length: 40 }, (_, i) => Buffer.alloc(100_000, `${i}`))];
    await writer.send(values.map((value) => ({ topic: name, partition: 0, key: null, value })));
    const found = await readToEnd(broker(), name);
    expect(found.map(({ value }) => value!.length)).toEqual(values.map((value) => value.length));
    expect(found.every(({ value }, i) => value!.equals(values[i]!))).toBe(true);
    await writer.close();
  });

  test('are refused above the largest size, and the writer goes on', async () => {
    const name = await topic();
    const writer = await broker().writer();
    const value = Buffer.alloc(traits.recordBytesMax + 1);
    await expect(
      writer.send([{ topic: name, partition: 0, key: null, value }]),
    ).rejects.toMatchObject({ code: 'BROKER_RECORD_TOO_LARGE' });
    await writer.send([record(name, 'k', 'small')]);
    expect(valuesOf(await readToEnd(broker(), name))).toEqual(['small']);
    await writer.close();
  });
}

function fetchCases({ broker, harness, topic }: ContractContext): void {
  const at = (name: string, partition: number, offset: number) => ({
    topic: name,
    partition,
    offset,
  });

  test('answer nothing when the wait is over', async () => {
    const name = await topic({ partitions: 2 });
    const positions = [at(name, 0, 0), at(name, 1, 0)];
    for (const waitMsMax of [0, 50])
      expect(await broker().fetch(positions, { waitMsMax, bytesMaxPerPartition: 1000 })).toEqual(
        [],
      );
  });

  test('wait, and wake when another connection writes', async () => {
    const name = await topic({ partitions: 2 });
    const other = await (await harness().connect()).writer();
    const fetching = broker().fetch([at(name, 0, 0), at(name, 1, 0)], {
      waitMsMax: LONG_WAIT_MS,
      bytesMaxPerPartition: 1000,
    });
    await other.send([record(name, 'k', 'woken', 1)]);
    const [batch, ...more] = await fetching;
    expect(more).toEqual([]);
    expect(batch).toMatchObject({ topic: name, partition: 1 });
    expect(valuesOf(batch!.records)).toEqual(['woken']);
    await other.close();
  });

  test('bring several partitions and topics, and the read-committed end of each', async () => {
    const [one, two] = [await topic({ partitions: 3 }), await topic()];
    const writer = await broker().writer();
    await writer.send([record(one, 'k', 'a', 0), record(one, 'k', 'b', 2), record(two, 'k', 'c')]);
    const wanted = new Map([at(one, 0, 0), at(one, 1, 0), at(one, 2, 0), at(two, 0, 0)].entries());
    const found: string[] = [];
    // An answer may come in parts, as each partition's leader sends it.
    while (found.length < 3) {
      const options = { waitMsMax: 1000, bytesMaxPerPartition: 1000 };
      for (const batch of await broker().fetch([...wanted.values()], options)) {
        expect(batch.endOffset).toBe(1);
        found.push(`${batch.topic} ${batch.partition} ${valuesOf(batch.records)}`);
        for (const [index, position] of wanted)
          if (position.topic === batch.topic && position.partition === batch.partition)
            wanted.delete(index);
      }
    }
    expect(found.sort()).toEqual([`${one} 0 a`, `${one} 2 b`, `${two} 0 c`].sort());
    await writer.close();
  });

  test('bring at least one record, however small the bytes asked for', async () => {
    const name = await topic();
    const writer = await broker().writer();
    await writer.send([{ topic: name, partition: 0, key: null, value: Buffer.alloc(5000) }]);
    const options = { waitMsMax: 1000, bytesMaxPerPartition: 1 };
    const [batch] = await broker().fetch([at(name, 0, 0)], options);
    expect(batch?.records).toHaveLength(1);
    await writer.close();
  });

  test('of a waiting caller do not hold up another', async () => {
    const [busy, idle] = [await topic(), await topic()];
    const writer = await broker().writer();
    const waiting = broker().fetch([at(idle, 0, 0)], {
      waitMsMax: LONG_WAIT_MS,
      bytesMaxPerPartition: 1000,
    });
    let isOver = false;
    void waiting.then(() => {
      isOver = true;
    });
    await writer.send([record(busy, 'k', 'v')]);
    expect(await readCount(broker(), at(busy, 0, 0), 1)).toHaveLength(1);
    expect(isOver).toBe(false);
    await writer.send([record(idle, 'k', 'v')]);
    expect(await waiting).toHaveLength(1);
    await writer.close();
  });

  test('outside the partition are an error, below its start and beyond its end', async () => {
    const name = await topic();
    const writer = await broker().writer();
    await writer.send(['a', 'b', 'c'].map((value) => record(name, 'k', value)));
    await harness().dropRecordsBefore(at(name, 0, 2));
    expect(await broker().ranges(name)).toEqual([{ partition: 0, start: 2, end: 3 }]);
    const options = { waitMsMax: 100, bytesMaxPerPartition: 1000 };
    for (const offset of [0, 1, 4, 1000])
      await expect(broker().fetch([at(name, 0, offset)], options)).rejects.toMatchObject({
        code: 'BROKER_OFFSET_OUT_OF_RANGE',
      });
    expect(valuesOf(await readToEnd(broker(), name))).toEqual(['c']);
    expect(await broker().fetch([at(name, 0, 3)], options)).toEqual([]);
    await writer.close();
  });
}
