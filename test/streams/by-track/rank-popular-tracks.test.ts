import type { PopularTracks } from '../../../schemas/records';
import { afterChange } from '../../../streams/by-track/count-listeners';
import { rankPopularTracks } from '../../../streams/by-track/rank-popular-tracks';
import { segueTopics } from '../../../streams/topics';
import { segueStores } from '../../../streams/topology';
import { budget, FakeProcessorContext } from '../../support/fake-processor-context';

const TOPICS = segueTopics();
const COUNTS = segueStores(TOPICS).listenerCounts;
const BUSY = budget({ idle: false });

function fixture(popularDepth = 3) {
  const context = new FakeProcessorContext<never>();
  const counts = context.store(COUNTS);
  const settings = { popularDepth, popularIntervalMs: 5000 };
  const processor = rankPopularTracks(TOPICS, COUNTS, settings).build(context);
  const change = (trackId: string, by: 1 | -1) => {
    const names = { artist_name: 'artist', track_name: trackId };
    const count = afterChange(
      counts.get(trackId),
      { change: by, listened_at: 1, user: 'ann', ...names },
      0,
    );
    counts.put(trackId, count);
    processor.process({ trackId, count });
  };
  const published = () => {
    const sent = context.takeSent();
    expect(sent.length).toBeLessThan(2);
    return sent.map(({ topic, key, value }) => ({
      topic,
      key,
      tracks: (value as PopularTracks).tracks.map(({ track_id, listeners }) => [
        track_id,
        listeners,
      ]),
    }))[0];
  };
  return { context, processor, counts, change, published };
}

describe('rank-popular-tracks', () => {
  it("publishes its slot's best, at most once in the interval while there is input", async () => {
    const { context, processor, change, published } = fixture();
    change('a', 1);
    await processor.endStep!(BUSY);
    expect(published()).toEqual({ topic: 'popular-tracks', key: 'slot-0', tracks: [['a', 1]] });
    change('b', 1);
    change('b', 1);
    expect(await processor.endStep!(BUSY)).toBe(true);
    expect(published()).toBeUndefined();
    context.advance(5000);
    expect(await processor.endStep!(BUSY)).toBe(false);
    expect(published()!.tracks).toEqual([
      ['b', 2],
      ['a', 1],
    ]);
  });

  it('publishes soon once input is quiet, and then holds its peace', async () => {
    const { context, processor, change, published } = fixture();
    change('a', 1);
    await processor.endStep!(BUSY);
    published();
    change('b', 1);
    expect(await processor.endStep!(budget())).toBe(true);
    context.advance(300);
    expect(await processor.endStep!(budget())).toBe(false);
    expect(published()!.tracks).toHaveLength(2);
    context.advance(60_000);
    expect(await processor.endStep!(budget())).toBe(false);
    expect(published()).toBeUndefined();
  });

  it('knows the best after a restore', async () => {
    const { processor, counts, published } = fixture();
    for (const [trackId, listeners] of [
      ['a', 2],
      ['b', 5],
      ['c', 0],
      ['d', 1],
      ['e', 4],
    ] as const)
      counts.put(trackId, {
        listeners,
        named_at: 1,
        artist_name: 'artist',
        track_name: trackId,
        users: [],
      });
    await processor.restored!();
    await processor.endStep!(budget());
    expect(published()!.tracks).toEqual([
      ['b', 5],
      ['e', 4],
      ['a', 2],
    ]);
  });

  it('reads all tracks in pages after a restore, and publishes when it is through', async () => {
    const { context, processor, counts, change, published } = fixture(2);
    const stored = (listeners: number) => ({
      listeners,
      named_at: 1,
      artist_name: 'artist',
      track_name: 'track',
      users: [],
    });
    for (let track = 0; track < 1200; track++)
      counts.put(`t${String(track).padStart(4, '0')}`, stored(1 + (track % 7)));
    counts.put('t0003', stored(50));
    counts.put('t1100', stored(40));
    await processor.restored!();
    expect(await processor.endStep!(budget({ spent: () => true }))).toBe(true);
    expect(published()).toBeUndefined();
    // One track that has been read and one that has not, one new one: all in between.
    for (let listener = 0; listener < 30; listener++) change('t0004', 1);
    for (let listener = 0; listener < 5; listener++) change('t1100', -1);
    change('t2000', 1);
    for (let page = 0; page < 2; page++)
      expect(await processor.endStep!(budget({ spent: () => true }))).toBe(true);
    context.advance(300);
    await processor.endStep!(budget());
    expect(published()!.tracks).toEqual([
      ['t0003', 50],
      ['t0004', 35],
    ]);
  });

  it('counts anew when losses leave too few, within the same step', async () => {
    const { context, processor, change, published } = fixture(3);
    for (let track = 0; track < 20; track++) {
      for (let listener = 0; listener <= track; listener++)
        change(`t${String(track).padStart(2, '0')}`, 1);
    }
    await processor.endStep!(BUSY);
    published();
    for (let track = 19; track >= 10; track--) {
      for (let listener = 0; listener <= track; listener++) change(`t${track}`, -1);
    }
    context.advance(5000);
    await processor.endStep!(BUSY);
    expect(published()!.tracks).toEqual([
      ['t09', 10],
      ['t08', 9],
      ['t07', 8],
    ]);
  });
});
