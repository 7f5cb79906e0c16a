import {
  bytes,
  type ContractContext,
  eventually,
  readCount,
  readToEnd,
  record,
  step,
  valuesOf,
} from './broker-harness';

export function stepCases(context: ContractContext): void {
  describe('committed', () => committedStepCases(context));
  describe('of an old owner', () => fencingCases(context));
}

function committedStepCases({ broker, harness, topic, unique }: ContractContext): void {
  test('bring records of several topics and positions together', async () => {
    const [input, output, table] = [await topic({ partitions: 2 }), await topic(), await topic()];
    const group = unique('group');
    const writer = await broker().takeOver(unique('slot'), group);
    const partitions = [0, 1].map((partition) => ({ topic: input, partition }));
    expect(await broker().committed(group, partitions)).toEqual([]);
    await writer.commit(
      step(
        [record(output, 'k', 'out'), record(table, 'k', 'row')],
        [{ topic: input, partition: 1, offset: 17 }],
      ),
    );
    const other = await harness().connect();
    for (const name of [output, table])
      await readCount(other, { topic: name, partition: 0, offset: 0 }, 1);
    await eventually(
      () => other.committed(group, partitions),
      [{ topic: input, partition: 1, offset: 17 }],
    );
    expect(await other.committed(unique('group'), partitions)).toEqual([]);
    await writer.close();
  });

  test('follow each other in one partition, and readers move over what lies between', async () => {
    const name = await topic();
    const writer = await broker().takeOver(unique('slot'), unique('group'));
    const values = Array.from({ length: 12 }, (_, i) => `${i}`);
    for (const value of values) await writer.commit(step([record(name, 'k', value)]));
    const found = await readCount(broker(), { topic: name, partition: 0, offset: 0 }, 12);
    expect(valuesOf(found)).toEqual(values);
    const end = (await broker().ranges(name))[0]!.end;
    for (let from = 0; from < end; from++)
      expect(await readToEnd(broker(), name, 0, from)).toEqual(
        found.filter(({ offset }) => offset >= from),
      );
    await writer.close();
  });

  test('answer the offset behind the last record of each partition', async () => {
    const [one, two] = [await topic({ partitions: 2 }), await topic()];
    const writer = await broker().takeOver(unique('slot'), unique('group'));
    for (const round of [1, 2]) {
      const records = [record(one, 'k', 'a', 1), record(two, 'k', 'b'), record(one, 'k', 'c', 1)];
      const behind = await writer.commit(step(records));
      expect(behind.map(({ topic: name }) => name).sort()).toEqual([one, two].sort());
      for (const { topic: name, partition, offset } of behind) {
        const count = name === one ? 2 * round : round;
        const found = await readCount(broker(), { topic: name, partition, offset: 0 }, count);
        expect(offset).toBe(found.at(-1)!.offset + 1);
      }
    }
    expect(await writer.commit(step([]))).toEqual([]);
    await writer.close();
  });

  test('may hold positions alone, records alone, or nothing', async () => {
    const name = await topic();
    const group = unique('group');
    const writer = await broker().takeOver(unique('slot'), group);
    await writer.commit(step([]));
    await writer.commit(step([], [{ topic: name, partition: 0, offset: 0 }]));
    await writer.commit(step([record(name, 'k', 'v')]));
    await readCount(broker(), { topic: name, partition: 0, offset: 0 }, 1);
    await eventually(
      () => broker().committed(group, [{ topic: name, partition: 0 }]),
      [{ topic: name, partition: 0, offset: 0 }],
    );
    await writer.close();
  });

  test('may be larger than any one request', async () => {
    const name = await topic({ partitions: 2 });
    const writer = await broker().takeOver(unique('slot'), unique('group'));
    const records = Array.from({ length: 30 }, (_, i) => ({
      topic: name,
      partition: i % 2,
      key: bytes(`${i}`),
      value: Buffer.alloc(150_000, `${i}`),
    }));
    await writer.commit(step(records));
    for (const partition of [0, 1]) {
      const found = await readCount(broker(), { topic: name, partition, offset: 0 }, 15);
      expect(found.map(({ key }) => Number(key))).toEqual(
        records.map((_, i) => i).filter((i) => i % 2 === partition),
      );
    }
    await writer.close();
  });

  test('wake a waiting fetch', async () => {
    const name = await topic();
    const writer = await broker().takeOver(unique('slot'), unique('group'));
    const reading = readCount(
      await harness().connect(),
      { topic: name, partition: 0, offset: 0 },
      1,
    );
    await writer.commit(step([record(name, 'k', 'woken')]));
    expect(valuesOf(await reading)).toEqual(['woken']);
    await writer.close();
  });

  test('of several slots run side by side on the same topic', async () => {
    const name = await topic();
    const group = unique('group');
    const values = Array.from({ length: 20 }, (_, i) => `${i}`);
    const slots = await Promise.all([0, 1, 2].map(() => broker().takeOver(unique('slot'), group)));
    await Promise.all(
      slots.map(async (writer, slot) => {
        for (const value of values) await writer.commit(step([record(name, `${slot}`, value)]));
      }),
    );
    const found = await readCount(broker(), { topic: name, partition: 0, offset: 0 }, 60);
    for (const slot of ['0', '1', '2'])
      expect(valuesOf(found.filter(({ key }) => `${key}` === slot))).toEqual(values);
    await Promise.all(slots.map((writer) => writer.close()));
  });

  test('with a record above the largest size leave nothing behind', async () => {
    const [name, group, id] = [await topic(), unique('group'), unique('slot')];
    const writer = await broker().takeOver(id, group);
    const tooLarge = { topic: name, partition: 0, key: null, value: Buffer.alloc(4 << 20) };
    await expect(
      writer.commit(
        step([record(name, 'k', 'lost'), tooLarge], [{ topic: name, partition: 0, offset: 5 }]),
      ),
    ).rejects.toMatchObject({ code: 'BROKER_RECORD_TOO_LARGE' });
    await writer.close();
    const next = await broker().takeOver(id, group);
    expect(await readToEnd(broker(), name)).toEqual([]);
    expect(await broker().committed(group, [{ topic: name, partition: 0 }])).toEqual([]);
    await next.close();
  });
}

function fencingCases({ broker, harness, topic, unique }: ContractContext): void {
  test('are refused after a take-over, and leave neither record nor position', async () => {
    const [name, group, id] = [await topic(), unique('group'), unique('slot')];
    const partitions = [{ topic: name, partition: 0 }];
    const at = (offset: number) => [{ topic: name, partition: 0, offset }];
    const old = await broker().takeOver(id, group);
    await old.commit(step([record(name, 'k', 'first')], at(1)));
    const next = await (await harness().connect()).takeOver(id, group);
    // What the old owner committed is final now, without waiting.
    expect(valuesOf(await readToEnd(broker(), name))).toEqual(['first']);
    expect(await broker().committed(group, partitions)).toEqual(at(1));

    await expect(old.commit(step([record(name, 'k', 'zombie')], at(9)))).rejects.toMatchObject({
      code: 'BROKER_FENCED',
    });
    await next.commit(step([record(name, 'k', 'second')], at(2)));
    await expect(old.commit(step([record(name, 'k', 'zombie')], at(9)))).rejects.toMatchObject({
      code: 'BROKER_FENCED',
    });
    await old.close();

    const last = await broker().takeOver(id, group);
    expect(valuesOf(await readToEnd(broker(), name))).toEqual(['first', 'second']);
    expect(await broker().committed(group, partitions)).toEqual(at(2));
    await next.close();
    await last.close();
  });

  test('under another id go on undisturbed', async () => {
    const [name, group] = [await topic(), unique('group')];
    const one = await broker().takeOver(unique('slot'), group);
    const two = await broker().takeOver(unique('slot'), group);
    await one.commit(step([record(name, 'k', 'one')]));
    await two.commit(step([record(name, 'k', 'two')]));
    expect(await readCount(broker(), { topic: name, partition: 0, offset: 0 }, 2)).toHaveLength(2);
    await one.close();
    await two.close();
  });
}
