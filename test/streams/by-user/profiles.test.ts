import { mulberry32 } from '../../../src/random';
import { applyEvent, EMPTY_HISTORY } from '../../../streams/by-user/history';
import { Profiles, profileOf } from '../../../streams/by-user/profiles';
import { chunkKey, historyKey } from '../../../streams/by-user/stores';
import { MapStore } from '../../support/fake-processor-context';
import { history } from '../../support/stream-samples';

const NO_CHUNKS = { get: () => undefined, put: () => undefined };

describe('a profile', () => {
  it('counts heard tracks only, and no chunk beside the record whose plays include it', () => {
    const profile = profileOf(
      new Map([
        [historyKey('ann', 'a'), history(3, 500)],
        [chunkKey('ann', 'a', 0), history(2, 400)],
        [historyKey('ann', 'b'), history(0)],
        [historyKey('ann', 'c'), history(1, 900)],
      ]),
    );
    expect(profile).toEqual({
      plays: new Map([
        ['a', 3],
        ['c', 1],
      ]),
      listens: 4,
      newestListenedAt: 900,
    });
  });
});

describe('profiles', () => {
  it('are read from the store once and then follow each listen', async () => {
    const store = new MapStore<ReturnType<typeof history>>();
    store.put(historyKey('ann', 'a'), history(2, 500));
    const profiles = new Profiles(store, 1_000_000);
    await profiles.of('ann');
    for (let plays = 1; plays <= 5; plays++) {
      const changed = history(plays, 1000 + plays);
      store.put(historyKey('ann', 'b'), changed);
      profiles.changed('ann', 'b', changed);
    }
    expect(await profiles.of('ann')).toEqual(profileOf(store.values));
    expect(store.scans).toBe(1);
  });

  it('know the newest listen also after it was deleted', async () => {
    const store = new MapStore<ReturnType<typeof history>>();
    store.put(historyKey('ann', 'a'), history(2, 500));
    store.put(historyKey('ann', 'b'), history(1, 900));
    const profiles = new Profiles(store, 1_000_000);
    await profiles.of('ann');
    store.put(historyKey('ann', 'b'), history(0));
    profiles.changed('ann', 'b', history(0));
    expect(await profiles.of('ann')).toEqual({
      plays: new Map([['a', 2]]),
      listens: 2,
      newestListenedAt: 500,
    });
  });

  it('equal what the store says after any changes, with a cache of any size', async () => {
    for (let seed = 1; seed <= 20; seed++) {
      const random = mulberry32(seed);
      const store = new MapStore<ReturnType<typeof history>>();
      const profiles = new Profiles(store, [0, 1500, 1_000_000][seed % 3]!);
      for (let change = 0; change < 300; change++) {
        const user = `u${random.below(5)}`;
        const track = `t${random.below(8)}`;
        const before = store.get(historyKey(user, track)) ?? EMPTY_HISTORY;
        const event = {
          listenedAt: 1000 + random.below(12),
          mark: random.next() < 0.6 ? ('heard' as const) : ('deleted' as const),
        };
        const { history: after } = applyEvent(before, event, NO_CHUNKS, { entriesMax: 100 });
        store.put(historyKey(user, track), after);
        // As keep-history forwards: only what changed the plays.
        if (after.plays !== before.plays) profiles.changed(user, track, after);
        const asked = `u${random.below(5)}`;
        const expected = profileOf(await store.scan(`${asked}\u0000`));
        const found = await profiles.of(asked);
        if (JSON.stringify(sorted(found)) !== JSON.stringify(sorted(expected)))
          throw new Error(`seed ${seed}, change ${change}: ${JSON.stringify([found, expected])}`);
      }
    }
  });
});

function sorted({ plays, ...rest }: ReturnType<typeof profileOf>) {
  return { ...rest, plays: [...plays].sort() };
}
