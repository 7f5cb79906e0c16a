import type { ListKind } from '../../../schemas/records';
import { publishRecommendations } from '../../../streams/by-user/publish-recommendations';
import type { RankedUser } from '../../../streams/by-user/recommend-tracks';
import { userStores } from '../../../streams/by-user/stores';
import { Coverage } from '../../../streams/model/coverage';
import type { ServingModel } from '../../../streams/model/serving-model';
import { segueTopics } from '../../../streams/topics';
import { FakeProcessorContext, inContext } from '../../support/fake-processor-context';
import { ObservingMeter } from '../../support/observing-meter';
import { list } from '../../support/stream-samples';

const TOPICS = segueTopics();
const STORES = userStores(TOPICS);

interface Given {
  readonly kind?: ListKind;
  readonly generation?: number;
  readonly scores?: number;
  readonly times?: RankedUser['times'];
}

function ranked(trackIds: readonly string[], given: Given = {}): RankedUser {
  const { kind = 'PERSONAL', generation, scores = 1, times } = given;
  return {
    user: 'ann',
    profile: { plays: new Map([['own', 3]]), listens: 3, newestListenedAt: 77 },
    // Only its number is looked at.
    model:
      generation === undefined
        ? undefined
        : ({ generation, tracks: [] } as unknown as ServingModel),
    kind,
    tracks: list(trackIds).tracks.map((track) => ({ ...track, score: track.score * scores })),
    rankingMs: 4,
    ...(times === undefined ? {} : { times }),
  };
}

function fixture() {
  const meter = new ObservingMeter();
  const { context, processor } = inContext(
    publishRecommendations(TOPICS, STORES, new Coverage()),
    new FakeProcessorContext<never>(meter),
  );
  return { context, processor, meter, lists: context.store(STORES.recommendations) };
}

describe('publish-recommendations', () => {
  it('says what the list is made of: generation, position, listens, newest listen, time', () => {
    const { context, processor, lists } = fixture();
    context.offset = 41;
    processor.process(ranked(['a', 'b'], { generation: 6 }));
    expect(lists.get('ann')).toEqual({
      kind: 'PERSONAL',
      generation: 6,
      additions: 0,
      position: 41,
      listens: 3,
      newest_listened_at: 77,
      published_at: context.now(),
      tracks: list(['a', 'b']).tracks,
    });
    processor.process(ranked(['c'], { kind: 'POPULAR' }));
    expect(lists.get('ann')).toMatchObject({ kind: 'POPULAR', generation: null });
  });

  it('publishes again when tracks, order, kind or generation changed, and not for scores alone', () => {
    const { processor, meter, lists } = fixture();
    const same = ranked(['a', 'b'], { generation: 1 });
    const published = () => meter.counted('segue_lists_published_total');
    processor.process(same);
    const first = lists.get('ann');
    processor.process(same);
    processor.process(ranked(['a', 'b'], { generation: 1, scores: 1.1 }));
    expect(lists.get('ann')).toBe(first);
    expect(published()).toBe(1);
    for (const [place, next] of [
      ranked(['b', 'a'], { generation: 1 }),
      ranked(['b', 'c'], { generation: 1 }),
      ranked(['b'], { generation: 1 }),
      ranked(['b'], { generation: 2 }),
      ranked(['b'], { generation: 2, kind: 'POPULAR' }),
    ].entries()) {
      processor.process(next);
      expect(published()).toBe(2 + place);
    }
  });

  it('measures freshness from the production of the oldest listen to the commit, once, and its parts', () => {
    const { context, processor, meter } = fixture();
    const now = context.now();
    const times = {
      producedAtMs: now - 300,
      receivedAtMs: now - 250,
      startedAtMs: now - 150,
      foldInMs: 3,
    };
    processor.process(ranked(['a'], { generation: 1, times }));
    expect(meter.observed('segue_freshness_seconds')).toEqual([]);
    context.advance(200);
    context.commit();
    context.commit();
    expect(meter.observed('segue_freshness_seconds')).toEqual([0.5]);
    // Waiting, counting, folding in, ranking, commit.
    expect(meter.observed('segue_freshness_stage_seconds')).toEqual([0.05, 0.1, 0.003, 0.004, 0.2]);
  });

  it('counts exactly how many users have a list of each kind', () => {
    const { context, processor } = fixture();
    const lists = () => context.sums.toRecord().sums;
    processor.process(ranked(['a'], { kind: 'POPULAR' }));
    processor.process(ranked(['b'], { kind: 'POPULAR' }));
    expect(lists()).toEqual({ 'live.lists.popular': 1 });
    processor.process(ranked(['b'], { generation: 1 }));
    expect(lists()).toEqual({ 'live.lists.popular': 0, 'live.lists.personal': 1 });
  });

  it('measures no freshness of a list that nobody listened for', () => {
    const { context, processor, meter } = fixture();
    processor.process(ranked(['a'], { generation: 1 }));
    context.commit();
    expect(meter.observed('segue_freshness_seconds')).toEqual([]);
  });
});
