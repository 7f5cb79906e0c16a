import fc from 'fast-check';
import type { ListenKind } from '../../../schemas/records';
import type { AcceptedListen } from '../../../streams/by-user/clean-listen';
import { keepHistory } from '../../../streams/by-user/keep-history';
import { historyKey, parseHistoryKey, userStores } from '../../../streams/by-user/stores';
import { segueTopics } from '../../../streams/topics';
import { inContext } from '../../support/fake-processor-context';

const TOPICS = segueTopics();
const STORES = userStores(TOPICS);

function listen(
  user: string,
  trackId: string,
  listenedAt: number,
  kind: ListenKind = 'LISTEN',
): AcceptedListen {
  return {
    user,
    trackId,
    listenedAt,
    kind,
    artistName: 'artist',
    trackName: trackId,
    releaseName: '',
    producedAtMs: listenedAt * 1000 + 5,
  };
}

function keeper(entriesMax = 4) {
  const { context, processor } = inContext(keepHistory(TOPICS, STORES, { entriesMax }));
  const sums = () => context.sums.toRecord().sums;
  return { context, processor, sums };
}

describe('keep-history', () => {
  it('tells the track of the first listen only, with names and the time it was produced', () => {
    const { context, processor, sums } = keeper();
    processor.process(listen('ann', 'roads', 100));
    processor.process(listen('ann', 'roads', 200));
    expect(context.sent).toEqual([
      {
        topic: 'listener-changes',
        key: 'roads',
        value: {
          change: 1,
          listened_at: 100,
          user: 'ann',
          artist_name: 'artist',
          track_name: 'roads',
        },
        options: { timestampMs: 100_005 },
      },
    ]);
    expect(context.forwarded.map(({ listenerChange }) => listenerChange)).toEqual([1, 0]);
    expect(context.forwarded[1]!.history.plays).toBe(2);
    expect(sums()).toMatchObject({ listens: 2, pairs: 1, users: 1 });
  });

  it('counts a duplicate, and nothing else of it goes on', () => {
    const { context, processor, sums } = keeper();
    processor.process(listen('ann', 'roads', 100));
    context.takeForwarded();
    context.takeSent();
    const before = new Map(context.store(STORES.histories).values);
    processor.process(listen('ann', 'roads', 100));
    expect(context.forwarded).toEqual([]);
    expect(context.sent).toEqual([]);
    expect(context.store(STORES.histories).values).toEqual(before);
    expect(sums()).toMatchObject({ listens: 1, duplicates: 1, pairs: 1 });
  });

  it('takes the listener away with the last listen, and the user with the last track', () => {
    const { context, processor, sums } = keeper();
    processor.process(listen('ann', 'roads', 100));
    processor.process(listen('ann', 'roads', 200));
    processor.process(listen('ann', 'roads', 100, 'DELETION'));
    expect(context.sent).toHaveLength(1);
    processor.process(listen('ann', 'roads', 200, 'DELETION'));
    expect(context.sent.map(({ value }) => (value as { change: number }).change)).toEqual([1, -1]);
    expect(sums()).toMatchObject({ listens: 0, deletions: 2, pairs: 0, users: 0 });
    expect(context.sums.histogram('tracksPerUser')).toEqual(new Map());
  });

  it('keeps a deletion that comes first and swallows the listen after it, forwarding neither', () => {
    const { context, processor, sums } = keeper();
    processor.process(listen('ann', 'roads', 100, 'DELETION'));
    processor.process(listen('ann', 'roads', 100));
    expect(context.forwarded).toEqual([]);
    expect(context.sent).toEqual([]);
    expect(sums()).toMatchObject({ deletions: 1 });
    expect(sums()['listens'] ?? 0).toBe(0);
    expect(context.store(STORES.histories).get(historyKey('ann', 'roads'))?.plays).toBe(0);
  });

  it('puts chunks beside the history, under keys that say so', () => {
    const { context, processor } = keeper(2);
    for (let time = 1; time <= 40; time++) processor.process(listen('ann', 'roads', time));
    const keys = [...context.store(STORES.histories).values.keys()].map(parseHistoryKey);
    expect(keys.filter(({ chunk }) => chunk === undefined)).toEqual([
      { user: 'ann', trackId: 'roads' },
    ]);
    expect(keys.length).toBeGreaterThan(2);
    expect(context.store(STORES.histories).get(historyKey('ann', 'roads'))?.plays).toBe(40);
  });

  it('comes to the sums, changes and histograms of plain sets, whatever comes in whatever order', () => {
    const event = fc.record({
      user: fc.constantFrom('ann', 'bob', 'cem'),
      track: fc.constantFrom('a', 'b', 'c', 'd'),
      time: fc.integer({ min: 1, max: 12 }),
      kind: fc.constantFrom<ListenKind>('LISTEN', 'LISTEN', 'LISTEN', 'DELETION'),
    });
    fc.assert(
      fc.property(
        fc.array(event, { maxLength: 150 }),
        fc.integer({ min: 1, max: 5 }),
        (events, entriesMax) => {
          const { context, processor, sums } = keeper(entriesMax);
          const heard = new Set<string>();
          const deleted = new Set<string>();
          for (const { user, track, time, kind } of events) {
            processor.process(listen(user, track, time, kind));
            (kind === 'LISTEN' ? heard : deleted).add(`${user} ${track} ${time}`);
          }
          const alive = [...heard].filter((id) => !deleted.has(id)).map((id) => id.split(' '));
          const pairs = new Set(alive.map(([user, track]) => `${user} ${track}`));
          const tracksOf = new Map<string, number>();
          for (const pair of pairs) {
            const [user] = pair.split(' ');
            tracksOf.set(user!, (tracksOf.get(user!) ?? 0) + 1);
          }
          const found = sums();
          expect({
            listens: found['listens'] ?? 0,
            deletions: found['deletions'] ?? 0,
            duplicates: found['duplicates'] ?? 0,
            pairs: found['pairs'] ?? 0,
            users: found['users'] ?? 0,
          }).toEqual({
            listens: alive.length,
            deletions: deleted.size,
            duplicates: events.length - heard.size - deleted.size,
            pairs: pairs.size,
            users: tracksOf.size,
          });
          const histogram = new Map<number, number>();
          for (const tracks of tracksOf.values())
            histogram.set(tracks, (histogram.get(tracks) ?? 0) + 1);
          expect(context.sums.histogram('tracksPerUser')).toEqual(histogram);
          const listeners = new Map<string, number>();
          for (const { key, value } of context.sent) {
            const { change } = value as { change: number };
            listeners.set(key!, (listeners.get(key!) ?? 0) + change);
          }
          for (const track of ['a', 'b', 'c', 'd']) {
            const expected = [...pairs].filter((pair) => pair.endsWith(` ${track}`)).length;
            expect(listeners.get(track) ?? 0).toBe(expected);
          }
        },
      ),
      { numRuns: 200 },
    );
  });
});
