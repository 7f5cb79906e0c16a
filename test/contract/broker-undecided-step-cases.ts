/** A process can die between the first record of a step and its decision; the harness plays that. */
import type { OutputRecord } from '../../src/broker/broker';
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

export function undecidedStepCases(context: ContractContext): void {
  const { broker, harness, topic, unique } = context;

  /** Reading from every offset gives the same records: none leaks because a fetch began in the middle. */
  async function expectOnly(name: string, values: readonly string[]): Promise<void> {
    await eventually(async () => valuesOf(await readToEnd(broker(), name)), values);
    const found = await readToEnd(broker(), name);
    const { start, end } = (await broker().ranges(name))[0]!;
    for (let from = start; from < end; from++)
      expect(await readToEnd(broker(), name, 0, from)).toEqual(
        found.filter(({ offset }) => offset >= from),
      );
  }

  const begin = () => harness().openStep(unique('slot'), unique('group'));
  const commitOne = async (name: string, value: string): Promise<void> => {
    const writer = await broker().takeOver(unique('slot'), unique('group'));
    await writer.commit(step([record(name, 'k', value)]));
    await writer.close();
  };

  test('are invisible, and visible once committed', async () => {
    const name = await topic();
    const open = await begin();
    await open.append([record(name, 'k', 'a'), record(name, 'k', 'b')]);
    expect(await readToEnd(broker(), name)).toEqual([]);
    await open.commit();
    await expectOnly(name, ['a', 'b']);
  });

  test('count for the written end, behind the read-committed one until they are decided', async () => {
    const name = await topic();
    await commitOne(name, 'decided');
    const writtenEnd = () => broker().writtenEnd({ topic: name, partition: 0 });
    // A commit may be answered before its marker stands in the partition.
    await eventually(
      async () => (await writtenEnd()) === (await broker().ranges(name))[0]!.end,
      true,
    );
    const before = await writtenEnd();
    const open = await begin();
    await open.append([record(name, 'k', 'undecided')]);
    await commitOne(name, 'hidden behind it, or not');
    const written = await writtenEnd();
    expect(written).toBeGreaterThan(before);
    expect((await broker().ranges(name))[0]!.end).toBeLessThanOrEqual(written);
    await open.abort();
    const reaches = async () => (await broker().ranges(name))[0]!.end >= written;
    await eventually(reaches, true);
    await expectOnly(name, ['decided', 'hidden behind it, or not']);
  });

  test('do not change what lies below an end offset that was answered meanwhile', async () => {
    const name = await topic();
    const open = await begin();
    await open.append([record(name, 'k', 'undecided')]);
    await commitOne(name, 'decided');
    const { end } = (await broker().ranges(name))[0]!;
    const before = await readToEnd(broker(), name);
    await open.commit();
    await eventually(
      async () => [...valuesOf(await readToEnd(broker(), name))].sort(),
      ['decided', 'undecided'],
    );
    const after = (await readToEnd(broker(), name)).filter(({ offset }) => offset < end);
    expect(after).toEqual(before);
  });

  test('of a dead owner are dropped by the take-over, and readers move over them', async () => {
    const [name, group, id] = [await topic(), unique('group'), unique('slot')];
    const open = await harness().openStep(id, group);
    await open.append([record(name, 'k', 'dropped'), record(name, 'k', 'dropped too')]);
    const next = await broker().takeOver(id, group);
    expect(await readToEnd(broker(), name)).toEqual([]);
    await next.commit(step([record(name, 'k', 'kept')]));
    await expectOnly(name, ['kept']);
    // The old owner wakes up late.
    await expect(open.commit()).rejects.toThrow();
    await next.commit(step([record(name, 'k', 'kept too')]));
    await expectOnly(name, ['kept', 'kept too']);
    await next.close();
  });

  test('that are aborted leave no record, also with a key of four zero bytes', async () => {
    const name = await topic();
    const open = await begin();
    const zeroKey: OutputRecord = {
      topic: name,
      partition: 0,
      key: Buffer.alloc(4),
      value: bytes('zero key'),
    };
    await open.append([record(name, 'k', 'before'), zeroKey, record(name, 'k', 'after')]);
    await open.abort();
    await commitOne(name, 'committed');
    const writer = await broker().writer();
    await writer.send([{ ...zeroKey, value: bytes('plain') }]);
    await writer.close();
    await expectOnly(name, ['committed', 'plain']);
  });

  test('that overlap leave no record when the later begun is aborted first', async () => {
    const name = await topic();
    const [one, two] = [await begin(), await begin()];
    await one.append([record(name, 'k', 'one a')]);
    await two.append([record(name, 'k', 'two a')]);
    await one.append([record(name, 'k', 'one b')]);
    await two.append([record(name, 'k', 'two b')]);
    await two.abort();
    await commitOne(name, 'between');
    await one.abort();
    await commitOne(name, 'last');
    await expectOnly(name, ['between', 'last']);
  });

  test('that overlap keep a committed one whole between aborted ones', async () => {
    const name = await topic();
    const [one, two, three] = [await begin(), await begin(), await begin()];
    await one.append([record(name, 'k', 'one a')]);
    await two.append([record(name, 'k', 'two a')]);
    await three.append([record(name, 'k', 'three a')]);
    await two.append([record(name, 'k', 'two b')]);
    await one.append([record(name, 'k', 'one b')]);
    await one.abort();
    await two.commit();
    await three.abort();
    await expectOnly(name, ['two a', 'two b']);
  });

  test('end a partition that plain records then go on', async () => {
    const name = await topic();
    const writer = await broker().writer();
    await writer.send([record(name, 'k', 'plain 1')]);
    const open = await begin();
    await open.append([record(name, 'k', 'aborted')]);
    await writer.send([record(name, 'k', 'plain 2')]);
    await open.abort();
    const { end } = (await broker().ranges(name))[0]!;
    await writer.send([record(name, 'k', 'plain 3')]);
    expect(
      valuesOf(await readCount(broker(), { topic: name, partition: 0, offset: end }, 1)).at(-1),
    ).toBe('plain 3');
    await expectOnly(name, ['plain 1', 'plain 2', 'plain 3']);
    await writer.close();
  });
}
