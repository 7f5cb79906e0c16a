import { mulberry32 } from '../../src/random';
import { openMemoryLevel } from '../../src/store/level';
import { SlotDatabase, type SlotMark } from '../../src/store/slot-database';
import { LayeredStore } from '../../src/store/state-store';

const MARK: SlotMark = { changelogs: {}, bootId: '', clean: false, writtenAtMs: 0, writers: {} };
const codec = {
  encode: (value: string) => Buffer.from(value),
  decode: (bytes: Buffer) => bytes.toString('utf8'),
};

async function newStore(cacheBytes = 10_000) {
  const database = new SlotDatabase(await openMemoryLevel());
  const store = new LayeredStore<string>('words', 'w', database, codec, cacheBytes);
  /** The database write of a commit; `committed` is the test's to call. */
  const write = (frozen = store.freeze()) => database.apply(store.writes(frozen), MARK);
  return { database, store, write };
}

const sorted = (map: ReadonlyMap<string, string>) => [...map].sort();

describe('a layered store', () => {
  it('reads its own writes before, during and after their commit', async () => {
    const { store, write } = await newStore();
    store.put('a', '1');
    store.put('b', '1');
    expect(store.get('a')).toBe('1');
    const frozen = store.freeze();
    expect(store.get('a')).toBe('1');
    store.put('a', '2');
    store.delete('b');
    expect([store.get('a'), store.get('b')]).toEqual(['2', undefined]);
    await write(frozen);
    store.committed();
    // The database now says 1 for both; the step being filled knows better.
    expect([store.get('a'), store.get('b')]).toEqual(['2', undefined]);
    await write();
    store.committed();
    expect([store.get('a'), store.get('b')]).toEqual(['2', undefined]);
  });

  it('never shows the database an uncommitted byte', async () => {
    const { database, store } = await newStore();
    store.put('a', '1');
    store.freeze();
    store.put('a', '2');
    expect(database.get('wa')).toBeUndefined();
  });

  it('gives each dirty key once, with its last value, and a deletion as null', async () => {
    const { store } = await newStore();
    store.put('a', '1');
    store.put('a', '2');
    store.put('b', '1');
    store.delete('b');
    expect(store.dirtyKeys).toBe(2);
    expect(store.freeze()).toEqual([
      { key: 'a', bytes: Buffer.from('2') },
      { key: 'b', bytes: null },
    ]);
    expect(store.dirtyKeys).toBe(0);
  });

  it('takes one frozen step at a time', async () => {
    const { store } = await newStore();
    store.freeze();
    expect(() => store.freeze()).toThrow('one step commits at a time');
  });

  it.each([
    ['before the step is written', 0],
    ['after it is written, before it counts as committed', 1],
  ])(
    'visits each key once with its newest value, while a commit stands %s',
    async (_when, stage) => {
      const { store, write } = await newStore();
      for (const key of ['x:a', 'x:b', 'x:c', 'y:a']) store.put(key, 'old');
      await write();
      store.committed();
      store.put('x:a', 'committing');
      store.delete('x:b');
      store.put('x:d', 'committing');
      const frozen = store.freeze();
      store.put('x:c', 'current');
      store.delete('x:d');
      store.put('x:e', 'current');
      if (stage === 1) await write(frozen);
      const visits: string[] = [];
      await store.visit('x:', (key, value) => visits.push(`${key} ${value}`));
      expect(visits.sort()).toEqual(['x:a committing', 'x:c current', 'x:e current']);
    },
  );

  it('loses nothing from a scan when the commit ends in the middle of it', async () => {
    const { store, write } = await newStore();
    for (let number = 0; number < 2500; number++) store.put(`key-${number}`, 'old');
    await write();
    store.committed();
    for (let number = 0; number < 2500; number += 2) store.put(`key-${number}`, 'new');
    const frozen = store.freeze();
    const scan = store.scan('key-');
    await write(frozen);
    store.committed();
    const found = await scan;
    expect(found.size).toBe(2500);
    expect([found.get('key-0'), found.get('key-1'), found.get('key-2498')]).toEqual([
      'new',
      'old',
      'new',
    ]);
  });

  it('pages through committed keys behind a given one', async () => {
    const { store, write } = await newStore();
    for (const key of ['a', 'b', '🎵', 'c']) store.put(key, '1');
    await write();
    store.committed();
    store.put('d', 'not committed');
    expect(await store.keysAfter('', 2)).toEqual(['a', 'b']);
    expect(await store.keysAfter('b', 10)).toEqual(['c', '🎵']);
  });

  it("pages through entries with the step's own values, also while a step is being committed", async () => {
    const { store, write } = await newStore();
    for (const key of ['a', 'b', 'c', 'd']) store.put(key, 'old');
    await write();
    store.committed();
    store.put('b', 'committing');
    const frozen = store.freeze();
    store.put('c', 'new');
    const page = store.entriesAfter('a', 2);
    await write(frozen);
    store.committed();
    expect([...(await page)]).toEqual([
      ['b', 'committing'],
      ['c', 'new'],
    ]);
    expect([...(await store.entriesAfter('c', 10)).keys()]).toEqual(['d']);
    expect((await store.entriesAfter('d', 10)).size).toBe(0);
  });

  it('forgets everything but the database when reset', async () => {
    const { store, write } = await newStore();
    store.put('a', 'committed');
    await write();
    store.committed();
    store.put('a', 'lost');
    store.freeze();
    store.put('b', 'lost');
    store.reset();
    expect([store.get('a'), store.get('b')]).toEqual(['committed', undefined]);
    expect(store.freeze()).toEqual([]);
  });

  it('does not answer from its cache what a restore has overwritten', async () => {
    const { database, store, write } = await newStore();
    store.put('a', 'old');
    await write();
    store.committed();
    expect(store.get('a')).toBe('old');
    await database.apply([store.restoreWrite('a', Buffer.from('new'))], MARK);
    expect(store.get('a')).toBe('new');
  });

  it.each([0, 600, 1e6])('is a map, whatever is cached (%i bytes)', async (cacheBytes) => {
    const seed = Math.floor(Math.random() * 1e9);
    const random = mulberry32(seed);
    const { store, write } = await newStore(cacheBytes);
    const truth = new Map<string, string>();
    let pending: readonly { key: string; bytes: Buffer | null }[] | undefined;
    for (let turn = 0; turn < 3000; turn++) {
      const key = `k${random.below(30)}`;
      const roll = random.next();
      if (roll < 0.4) {
        store.put(key, String(turn));
        truth.set(key, String(turn));
      } else if (roll < 0.5) {
        store.delete(key);
        truth.delete(key);
      } else if (roll < 0.9) {
        expect({ seed, turn, value: store.get(key) }).toEqual({
          seed,
          turn,
          value: truth.get(key),
        });
      } else if (roll < 0.95) {
        if (pending === undefined) pending = store.freeze();
        else {
          await write(pending);
          store.committed();
          pending = undefined;
        }
      } else {
        expect({ seed, turn, all: sorted(await store.scan('k')) }).toEqual({
          seed,
          turn,
          all: sorted(truth),
        });
      }
    }
  });
});
