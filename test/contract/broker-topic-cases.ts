import { type ContractContext, readToEnd, record } from './broker-harness';

export function topicCases({ broker, harness, topic, unique }: ContractContext): void {
  test('creates topics that are missing and leaves the others alone', async () => {
    const first = await topic({ partitions: 3 });
    const writer = await broker().writer();
    await writer.send([record(first, 'k', 'kept')]);
    const second = unique('topic');
    await broker().createTopics([
      { name: first, partitions: 3, cleanup: 'delete' },
      { name: second, partitions: 2, cleanup: 'compact' },
    ]);
    expect(await broker().partitionCount(first)).toBe(3);
    expect(await broker().partitionCount(second)).toBe(2);
    expect(await readToEnd(broker(), first)).toHaveLength(1);
    await writer.close();
  });

  test('refuses a topic that exists with another number of partitions', async () => {
    const name = await topic({ partitions: 2 });
    await expect(
      broker().createTopics([{ name, partitions: 3, cleanup: 'delete' }]),
    ).rejects.toMatchObject({ code: 'TOPIC_PARTITIONS_DIFFER' });
    expect(await broker().partitionCount(name)).toBe(2);
  });

  test('says that a topic is missing, and never makes one by itself', async () => {
    const missing = unique('missing');
    const writer = await broker().writer();
    const position = { topic: missing, partition: 0, offset: 0 };
    const options = { waitMsMax: 0, bytesMaxPerPartition: 1000 };
    for (const call of [
      () => broker().partitionCount(missing),
      () => broker().ranges(missing),
      () => broker().fetch([position], options),
      () => writer.send([record(missing, 'k', 'v')]),
    ])
      await expect(call()).rejects.toMatchObject({ code: 'TOPIC_MISSING' });
    await writer.close();
  });

  test('answers an empty range for each partition of a new topic', async () => {
    const name = await topic({ partitions: 3 });
    expect(await broker().ranges(name)).toEqual(
      [0, 1, 2].map((partition) => ({ partition, start: 0, end: 0 })),
    );
  });

  test('shows a topic to other connections', async () => {
    const other = await harness().connect();
    const name = await topic({ partitions: 2 });
    expect(await other.partitionCount(name)).toBe(2);
  });
}
