import type { StoredRecord } from '../../src/broker/broker';
import {
  type ContractContext,
  eventually,
  readToEnd,
  record,
  step,
  valuesOf,
} from './broker-harness';

export function cleaningCases({ broker, harness, topic, unique }: ContractContext): void {
  const compacted = () => topic({ cleanup: 'compact', ...harness().cleaningTopic });
  const ofKey = (records: readonly StoredRecord[], key: string) =>
    records.filter((stored) => `${stored.key}` === key);

  /** Cleans until `ask` answers `wanted`. Newest records may stay uncleaned, so something is written on and on. */
  async function cleanUntil<T>(name: string, ask: () => Promise<T>, wanted: NoInfer<T>) {
    const writer = await broker().writer();
    await eventually(ask, wanted, async () => {
      await writer.send([record(name, 'filler', 'filler')]);
      await harness().clean(name);
    });
    await writer.close();
  }

  test('keeps the last value of each key, at its own offset', async () => {
    const name = await compacted();
    const writer = await broker().writer();
    for (const round of [1, 2, 3])
      await writer.send(['a', 'b', 'c'].map((key) => record(name, key, `${key}${round}`)));
    const before = await readToEnd(broker(), name);
    const values = async () =>
      valuesOf((await readToEnd(broker(), name)).filter(({ key }) => `${key}` !== 'filler'));
    await cleanUntil(name, values, ['a3', 'b3', 'c3']);
    const after = await readToEnd(broker(), name);
    expect(after.slice(0, 3)).toEqual(before.slice(6));
    await writer.close();
  });

  test('leaves gaps that fetch moves over, from every offset', async () => {
    const name = await compacted();
    const writer = await broker().takeOver(unique('slot'), unique('group'));
    for (const round of [1, 2, 3, 4])
      await writer.commit(step(['a', 'b'].map((key) => record(name, key, `${key}${round}`))));
    const values = async () =>
      valuesOf((await readToEnd(broker(), name)).filter(({ key }) => `${key}` !== 'filler'));
    await cleanUntil(name, values, ['a4', 'b4']);
    const all = await readToEnd(broker(), name);
    const { start } = (await broker().ranges(name))[0]!;
    for (let from = start; from <= all.at(-1)!.offset; from++)
      expect((await readToEnd(broker(), name, 0, from))[0]?.offset).toBe(
        all.find(({ offset }) => offset >= from)?.offset,
      );
    await writer.close();
  });

  test('removes a key by a tombstone, and the tombstone in the end', async () => {
    const name = await compacted();
    const writer = await broker().writer();
    await writer.send([record(name, 'gone', 'value'), record(name, 'stays', 'value')]);
    await writer.send([record(name, 'gone', null)]);
    const left = async () => {
      const all = await readToEnd(broker(), name);
      return [ofKey(all, 'gone').length, ofKey(all, 'stays').length];
    };
    await cleanUntil(name, left, [0, 1]);
    await writer.close();
  });

  test('never reuses an offset, also when everything behind it is gone', async () => {
    const name = await compacted();
    const writer = await broker().writer();
    await writer.send(['1', '2', '3'].map((value) => record(name, 'k', value)));
    const { end } = (await broker().ranges(name))[0]!;
    await harness().clean(name);
    await writer.send([record(name, 'k', '4')]);
    expect((await readToEnd(broker(), name)).at(-1)!.offset).toBeGreaterThanOrEqual(end);
    await writer.close();
  });
}
