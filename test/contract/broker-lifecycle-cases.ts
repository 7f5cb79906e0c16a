import {
  bytes,
  type ContractContext,
  eventually,
  readToEnd,
  record,
  step,
  valuesOf,
} from './broker-harness';

export function lifecycleCases({ broker, harness, topic, traits, unique }: ContractContext): void {
  test('refuses every call after it is closed, and closing again does nothing', async () => {
    const name = await topic();
    const connection = await harness().connect();
    const writer = await connection.writer();
    const transactional = await connection.takeOver(unique('slot'), unique('group'));
    await connection.close();
    await connection.close();
    const position = { topic: name, partition: 0, offset: 0 };
    const options = { waitMsMax: 0, bytesMaxPerPartition: 1000 };
    for (const call of [
      () => connection.createTopics([]),
      () => connection.partitionCount(name),
      () => connection.ranges(name),
      () => connection.fetch([position], options),
      () => connection.committed('group', [position]),
      () => connection.writer(),
      () => connection.takeOver('slot', 'group'),
      () => writer.send([record(name, 'k', 'v')]),
      () => transactional.commit(step([record(name, 'k', 'v')])),
    ])
      await expect(call()).rejects.toMatchObject({ code: 'BROKER_CLOSED' });
    if (traits.joinRefusedWith === undefined)
      await expect(
        connection.join({
          groupId: 'group',
          slots: 1,
          data: () => bytes(''),
          preferred: () => [],
          onAssigned: () => undefined,
          onLost: () => undefined,
        }),
      ).rejects.toMatchObject({ code: 'BROKER_CLOSED' });
    expect(await readToEnd(broker(), name)).toEqual([]);
  });

  test('ends a waiting fetch when it is closed', async () => {
    const name = await topic();
    const connection = await harness().connect();
    const fetching = connection.fetch([{ topic: name, partition: 0, offset: 0 }], {
      // Longer than a test may take.
      waitMsMax: 300_000,
      bytesMaxPerPartition: 1000,
    });
    const ended = expect(fetching).rejects.toMatchObject({ code: 'BROKER_CLOSED' });
    await connection.close();
    await ended;
  });

  test('refuses a closed writer', async () => {
    const name = await topic();
    const writer = await broker().writer();
    const transactional = await broker().takeOver(unique('slot'), unique('group'));
    await writer.close();
    await transactional.close();
    for (const call of [
      () => writer.send([record(name, 'k', 'v')]),
      () => transactional.commit(step([record(name, 'k', 'v')])),
    ])
      await expect(call()).rejects.toMatchObject({ code: 'BROKER_CLOSED' });
  });

  test('has everything again after a restart, and goes on behind it', async () => {
    const [name, group, id] = [await topic({ partitions: 2 }), unique('group'), unique('slot')];
    const position = { topic: name, partition: 0, offset: 3 };
    const writer = await broker().takeOver(id, group);
    await writer.commit(step([record(name, 'k', 'a'), record(name, 'k', 'b', 1)], [position]));
    await eventually(async () => (await readToEnd(broker(), name, 1)).length, 1);
    const before = await broker().ranges(name);

    await harness().restart();

    const next = await broker().takeOver(id, group);
    expect(await broker().ranges(name)).toEqual(before);
    expect(await broker().committed(group, [position])).toEqual([position]);
    await next.commit(step([record(name, 'k', 'c')]));
    await eventually(async () => valuesOf(await readToEnd(broker(), name)), ['a', 'c']);
    expect(valuesOf(await readToEnd(broker(), name, 1))).toEqual(['b']);
    await next.close();
  });
}
