import type { History } from '../../../schemas/records';
import { LargeProfiles } from '../../../streams/by-user/large-profiles';
import { profileOf } from '../../../streams/by-user/profiles';
import { chunkKey, historyKey, historyPrefix } from '../../../streams/by-user/stores';
import { budget, MapStore } from '../../support/fake-processor-context';

const ONE_PAGE = budget({ spent: () => true });

function history(plays: number, last = plays): History {
  return { plays, first_listened_at: 1, last_listened_at: last, entries: [], chunks: [] };
}

const track = (number: number) => `track-${String(number).padStart(3, '0')}`;

function fixture(tracks = 10) {
  const users = new MapStore<number>();
  const histories = new MapStore<History>();
  let ms = 0;
  const large = new LargeProfiles({ users, histories }, () => ms, { tracksMin: 5, page: 3 });
  users.put('ann', tracks);
  users.put('bob', 4);
  for (let number = 0; number < tracks; number++)
    histories.put(historyKey('ann', track(number)), history(1 + (number % 3), number));
  histories.put(chunkKey('ann', track(1), 0), history(99));
  histories.put(historyKey('anna', track(0)), history(7));
  const truth = async () => profileOf(await histories.scan(historyPrefix('ann')));
  const readAll = async () => {
    for (let page = 0; page < 100; page++) {
      const read = await large.readOn(ONE_PAGE);
      if (read !== undefined) return read;
    }
    return undefined;
  };
  const change = (number: number, plays: number, last = 1000) => {
    histories.put(historyKey('ann', track(number)), history(plays, last));
    large.changed('ann', track(number), history(plays, last));
  };
  const pass = (by: number) => {
    ms += by;
  };
  return { large, truth, readAll, change, pass };
}

describe('a large profile', () => {
  it('begins with the tracks that a user has', () => {
    const { large } = fixture();
    expect(large.isLarge('ann')).toBe(true);
    expect(large.isLarge('bob')).toBe(false);
    expect(large.isLarge('nobody')).toBe(false);
  });

  it('is read a page at a time when there is no time, to what one scan says', async () => {
    const { large, truth, readAll } = fixture();
    large.add({ user: 'ann' });
    expect(await large.readOn(ONE_PAGE)).toBeUndefined();
    expect(large.hasMore).toBe(true);
    const read = await readAll();
    expect(read?.profile).toEqual(await truth());
    expect(large.hasMore).toBe(false);
  });

  it('is read at once when there is time', async () => {
    const { large, truth } = fixture();
    large.add({ user: 'ann' });
    expect((await large.readOn(budget()))?.profile).toEqual(await truth());
  });

  it('knows of changes that come while it is read, in front of the place reached and behind it', async () => {
    const { large, truth, readAll, change } = fixture();
    large.add({ user: 'ann' });
    await large.readOn(ONE_PAGE);
    change(0, 5);
    change(9, 4);
    change(10, 1);
    expect((await readAll())?.profile).toEqual(await truth());
  });

  it('is read anew when a listen that was read is deleted', async () => {
    const { large, truth, readAll, change } = fixture();
    large.add({ user: 'ann' });
    await large.readOn(ONE_PAGE);
    await large.readOn(ONE_PAGE);
    change(2, 0, 0);
    expect((await readAll())?.profile).toEqual(await truth());
  });

  it('carries the oldest listen that the list does not know', async () => {
    const { large, readAll } = fixture();
    const oldest = { producedAtMs: 1, receivedAtMs: 2 };
    large.add({ user: 'ann', oldest });
    large.add({ user: 'ann', oldest: { producedAtMs: 8, receivedAtMs: 9 } });
    expect((await readAll())?.next).toEqual({ user: 'ann', oldest });
  });

  it('is not read again before others had ten times as long', async () => {
    const { large, pass } = fixture();
    large.add({ user: 'ann' });
    const slow = budget({
      spent: () => {
        pass(10);
        return false;
      },
    });
    expect(await large.readOn(slow)).toBeDefined();
    large.add({ user: 'ann' });
    expect(await large.readOn(budget())).toBeUndefined();
    expect(large.hasMore).toBe(true);
    pass(1000);
    expect(await large.readOn(budget())).toBeDefined();
  });
});
