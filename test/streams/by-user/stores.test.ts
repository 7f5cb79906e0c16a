import type { LocalStoreDefinition, StoreDefinition } from '../../../src/engine/topology';
import type { StateStore } from '../../../src/store/state-store';
import { chunkKey, historyKey, parseHistoryKey, userStores } from '../../../streams/by-user/stores';
import { segueTopics } from '../../../streams/topics';
import { MapStore } from '../../support/fake-processor-context';
import { history, list } from '../../support/stream-samples';

const STORES = userStores(segueTopics());

function restoring() {
  const stores = new Map<string, MapStore<unknown>>();
  const access = {
    store<V>(definition: StoreDefinition<V>): StateStore<V> {
      const store = stores.get(definition.name) ?? new MapStore<unknown>();
      stores.set(definition.name, store);
      return store as StateStore<V>;
    },
  };
  const restore = (key: string, before: number | undefined, after: number | undefined) => {
    const of = (plays: number | undefined) => (plays === undefined ? undefined : history(plays));
    STORES.histories.onRestore!(key, () => of(before), of(after), access);
  };
  return { access, restore };
}

describe('the keys of histories', () => {
  it('come apart again, for a record and for a chunk of it', () => {
    expect(parseHistoryKey(historyKey('ann b', 'roads'))).toEqual({
      user: 'ann b',
      trackId: 'roads',
    });
    expect(parseHistoryKey(chunkKey('ann', 'roads', 12))).toEqual({
      user: 'ann',
      trackId: 'roads',
      chunk: 12,
    });
  });
});

describe('a restore of histories', () => {
  it("keeps each user's number of tracks, counting a pair once however often it was written", () => {
    const { access, restore } = restoring();
    restore(historyKey('ann', 'a'), undefined, 1);
    restore(historyKey('ann', 'a'), 1, 2);
    restore(historyKey('ann', 'b'), undefined, 1);
    restore(historyKey('ann', 'b'), 1, 0);
    restore(historyKey('ann', 'c'), undefined, 0);
    expect(access.store(STORES.users).get('ann')).toBe(1);
  });

  it('does not take a chunk for a track', () => {
    const { access, restore } = restoring();
    restore(chunkKey('ann', 'a', 0), undefined, 64);
    expect(access.store(STORES.users).get('ann')).toBeUndefined();
  });

  it('marks everybody whose history came back, so that their list is looked at again', () => {
    const { access, restore } = restoring();
    restore(historyKey('ann', 'a'), undefined, 1);
    restore(historyKey('bob', 'a'), 3, 4);
    expect(access.store(STORES.waiting).get('ann')).toBe(true);
    expect(access.store(STORES.waiting).get('bob')).toBe(true);
  });
});

describe('a restore of lists', () => {
  it('tells against what each list stands, so that one of another owner is not taken for our own', () => {
    const { access } = restoring();
    const { onRestore } = STORES.recommendations;
    const refreshed = access.store(STORES.refreshed);
    refreshed.put('ann', { generation: 4, edition: -1 });
    onRestore!('ann', () => undefined, list(['a'], { kind: 'PERSONAL', generation: 2 }), access);
    expect(refreshed.get('ann')).toEqual({ generation: 2, edition: -1 });
    // Against which popular list does not stand in a list, so no edition is the right one.
    onRestore!('bob', () => undefined, list(['a'], { kind: 'POPULAR', generation: null }), access);
    expect(refreshed.get('bob')).toEqual({ generation: -1, edition: -2 });
    onRestore!('bob', () => undefined, undefined, access);
    expect(refreshed.get('bob')).toBeUndefined();
  });
});

describe('the codecs of local stores', () => {
  it('give back what they took', () => {
    const trip = <V>({ codec }: LocalStoreDefinition<V>, value: V) =>
      codec.decode(codec.encode(value));
    expect(trip(STORES.users, 123_456)).toBe(123_456);
    expect(trip(STORES.waiting, true)).toBe(true);
    for (const mark of [
      { generation: -1, edition: 0 },
      { generation: 7, edition: -1 },
      { generation: 12, edition: 2 ** 48 - 1 },
    ])
      expect(trip(STORES.refreshed, mark)).toEqual(mark);
  });
});
