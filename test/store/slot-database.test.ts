import { type Level, openMemoryLevel } from '../../src/store/level';
import { SlotDatabase, type SlotMark } from '../../src/store/slot-database';

const MARK: SlotMark = {
  changelogs: { table: 7 },
  bootId: 'boot',
  clean: false,
  writtenAtMs: 5,
  writers: { table: [3] },
};

const bytes = (text: string) => Buffer.from(text);

async function filled(keys: readonly string[]): Promise<{ database: SlotDatabase; level: Level }> {
  const level = await openMemoryLevel();
  const database = new SlotDatabase(level);
  await database.apply(
    keys.map((key) => ({ key, value: bytes(key) })),
    MARK,
  );
  return { database, level };
}

async function keysUnder(database: SlotDatabase, prefix: string): Promise<string[]> {
  const keys: string[] = [];
  for await (const [key] of database.entries(prefix)) keys.push(key);
  return keys;
}

describe('a slot database', () => {
  it('has neither mark nor progress at first', async () => {
    const database = new SlotDatabase(await openMemoryLevel());
    expect(database.mark()).toBeUndefined();
    expect(database.progress()).toBeUndefined();
  });

  it('keeps content, mark and progress of one batch, and the last progress where none is given', async () => {
    const { database } = await filled(['ca', 'cb']);
    await database.apply([{ key: 'ca', value: null }], { ...MARK, clean: true }, bytes('first'));
    await database.apply([], MARK);
    expect(database.get('ca')).toBeUndefined();
    expect(database.get('cb')).toEqual(bytes('cb'));
    expect(database.mark()).toEqual(MARK);
    expect(database.progress()).toEqual(bytes('first'));
  });

  it('is as new after a wipe', async () => {
    const { database } = await filled(['ca']);
    await database.wipe();
    expect(database.mark()).toBeUndefined();
    expect(database.get('ca')).toBeUndefined();
  });

  it('reads keys under a prefix only, also those of characters beyond the sixteen-bit ones', async () => {
    const { database } = await filled(['b', 'ca', 'c😀', 'c\uffff', 'c\u{10fffd}z', 'd']);
    expect(await keysUnder(database, 'c')).toEqual(['ca', 'c\uffff', 'c😀', 'c\u{10fffd}z']);
    expect(await database.keysAfter('c', 'ca', 10)).toEqual(['c\uffff', 'c😀', 'c\u{10fffd}z']);
  });

  it('gives keys in pages that leave nothing out', async () => {
    const keys = Array.from({ length: 25 }, (_, number) => `c${String(number).padStart(2, '0')}`);
    const { database } = await filled([...keys, 'd']);
    const found: string[] = [];
    for (let after = 'c'; ; after = found.at(-1)!) {
      const page = await database.keysAfter('c', after, 10);
      if (page.length === 0) break;
      found.push(...page);
    }
    expect(found).toEqual(keys);
  });

  it('reads more entries than it reads ahead, from the moment it was asked', async () => {
    const keys = Array.from({ length: 2500 }, (_, number) => `c${String(number).padStart(4, '0')}`);
    const { database } = await filled(keys);
    const found: string[] = [];
    for await (const [key] of database.entries('c')) {
      if (found.length === 0) await database.apply([{ key: 'c9999', value: bytes('late') }], MARK);
      found.push(key);
    }
    expect(found).toEqual(keys);
  });

  it('closes its iterators when a reader stops early', async () => {
    const { database, level } = await filled(['ca', 'cb', 'cc']);
    const closings: jest.SpyInstance[] = [];
    const begin = level.iterator.bind(level);
    jest.spyOn(level, 'iterator').mockImplementation(((options: object) => {
      const iterator = begin(options);
      closings.push(jest.spyOn(iterator, 'close'));
      return iterator;
    }) as typeof level.iterator);
    for await (const [key] of database.entries('c')) if (key === 'ca') break;
    expect(closings).toHaveLength(1);
    expect(closings[0]).toHaveBeenCalledTimes(1);
  });

  it('says that it cannot write, and why', async () => {
    const { database, level } = await filled(['ca']);
    await level.close();
    await expect(database.wipe()).rejects.toMatchObject({
      code: 'STORE_UNWRITABLE',
      retriable: true,
    });
  });
});
