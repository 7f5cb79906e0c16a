import { afterChange, countListeners } from '../../../streams/by-track/count-listeners';
import { segueTopics } from '../../../streams/topics';
import { segueStores } from '../../../streams/topology';
import { inContext } from '../../support/fake-processor-context';

const USERS_MAX = 3;

const change = (listened_at: number, track_name: string, by = 1, user = `u${listened_at}`) => ({
  change: by,
  listened_at,
  user,
  artist_name: 'artist',
  track_name,
});

describe('count-listeners', () => {
  it('counts up and down and keeps a track that nobody listens to any more', () => {
    const one = afterChange(undefined, change(10, 'a'), USERS_MAX);
    const two = afterChange(one, change(11, 'b'), USERS_MAX);
    expect(two.listeners).toBe(2);
    const less = afterChange(two, change(11, '', -1), USERS_MAX);
    const none = afterChange(less, change(10, '', -1), USERS_MAX);
    expect(none).toEqual({
      listeners: 0,
      named_at: 10,
      artist_name: 'artist',
      track_name: 'a',
      users: [],
    });
  });

  it('names a track after its earliest first listen, whatever the order of arrival', () => {
    const changes = [change(30, 'c'), change(10, 'b'), change(10, 'a'), change(20, 'd')];
    const names = new Set<string>();
    for (const order of [
      [0, 1, 2, 3],
      [3, 2, 1, 0],
      [1, 3, 0, 2],
      [2, 0, 3, 1],
    ]) {
      const count = order.reduce<ReturnType<typeof afterChange> | undefined>(
        (before, place) => afterChange(before, changes[place]!, USERS_MAX),
        undefined,
      );
      names.add(count!.track_name);
    }
    expect([...names]).toEqual(['a']);
  });

  it('knows who the listeners are while they are few, in any order of arrival', () => {
    const users = (changes: ReturnType<typeof change>[]) =>
      changes.reduce<ReturnType<typeof afterChange> | undefined>(
        (before, one) => afterChange(before, one, USERS_MAX),
        undefined,
      )!.users;
    const [ann, bob, cid, dan] = ['ann', 'bob', 'cid', 'dan'].map((user) =>
      change(1, 'a', 1, user),
    );
    expect(users([cid!, ann!, bob!])).toEqual(['ann', 'bob', 'cid']);
    expect(users([bob!, cid!, ann!])).toEqual(['ann', 'bob', 'cid']);
    expect(users([bob!, cid!, change(1, 'a', -1, 'bob')])).toEqual(['cid']);
    expect(users([ann!, bob!, cid!, dan!])).toEqual([]);
    expect(users([change(1, 'a', 1, ''), ann!])).toEqual(['ann']);
  });

  it('keeps the histogram of tracks by unique listeners with each change, without those that nobody hears', () => {
    const { context, processor } = inContext(
      countListeners(segueStores(segueTopics()).listenerCounts, { usersMax: USERS_MAX }),
    );
    const take = (trackId: string, by: 1 | -1) =>
      processor.process({
        topic: 'listener-changes',
        partition: 0,
        offset: 0,
        timestampMs: 0,
        key: Buffer.from(trackId),
        value: change(1, trackId, by),
        rawValue: Buffer.alloc(0),
      });
    for (const trackId of ['a', 'a', 'a', 'b', 'c']) take(trackId, 1);
    take('c', -1);
    take('a', -1);
    expect(context.sums.histogram('listenersPerTrack')).toEqual(
      new Map([
        [2, 1],
        [1, 1],
      ]),
    );
    expect(context.forwarded.at(-1)).toMatchObject({ trackId: 'a', count: { listeners: 2 } });
    expect(context.forwarded).toHaveLength(7);
  });
});
