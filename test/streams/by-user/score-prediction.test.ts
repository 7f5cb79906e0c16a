import { mulberry32 } from '../../../src/random';
import { rankAmongUnheard, scorePrediction } from '../../../streams/by-user/score-prediction';
import { historyKey, userStores } from '../../../streams/by-user/stores';
import { PopularList } from '../../../streams/model/popular-list';
import type { ServingModel } from '../../../streams/model/serving-model';
import { segueTopics } from '../../../streams/topics';
import { inContext } from '../../support/fake-processor-context';
import { history, list, popularTrack, sampleModel } from '../../support/stream-samples';

const STORES = userStores(segueTopics());
const TRACKS = Array.from({ length: 120 }, (_, place) => `p${String(place).padStart(3, '0')}`);

function fixture(model?: ServingModel) {
  const popular = new PopularList(500);
  popular.update('slot-0', {
    tracks: TRACKS.map((track, place) => popularTrack(track, 1000 - place)),
  });
  const { context, processor } = inContext(
    scorePrediction(STORES, { model: () => model, popular }),
  );
  return {
    context,
    lists: context.store(STORES.recommendations),
    histories: context.store(STORES.histories),
    hear: (user: string, trackId: string, listenerChange: 1 | 0 | -1 = 1) =>
      processor.process({
        user,
        trackId,
        listenedAt: 1,
        producedAtMs: 1000,
        history: history(1),
        listenerChange,
      }),
    sums: () => context.sums.toRecord().sums,
  };
}

describe('score-prediction', () => {
  it('scores a first listen against the list published before it, at all three depths', () => {
    const { lists, hear, sums } = fixture();
    lists.put('ann', list(Array.from({ length: 100 }, (_, place) => `t${place}`)));
    for (const track of ['t0', 't9', 't10', 't19', 't20', 't99', 'elsewhere']) hear('ann', track);
    expect(sums()).toMatchObject({
      'live.personalList.trials': 7,
      'live.personalList.hits10': 2,
      'live.personalList.hits20': 4,
      'live.personalList.hits100': 6,
      'live.popularBeside.trials': 7,
    });
  });

  it('scores neither repeats nor users without a list, and passes every listen on', () => {
    const { context, lists, hear, sums } = fixture();
    lists.put('ann', list(['t0']));
    hear('ann', 't0', 0);
    hear('ann', 't0', -1);
    hear('bob', 't0', 1);
    expect(sums()).toEqual({});
    expect(context.forwarded).toHaveLength(3);
  });

  it('puts a popular list of the user on an account of its own', () => {
    const { lists, hear, sums } = fixture();
    lists.put('ann', list(['t0'], { kind: 'POPULAR' }));
    hear('ann', 't0');
    expect(sums()).toEqual({
      'live.popularList.trials': 1,
      'live.popularList.hits10': 1,
      'live.popularList.hits20': 1,
      'live.popularList.hits100': 1,
    });
  });

  it('asks what the popular list of that moment, without what the user knows, would have had', () => {
    const { lists, histories, hear, sums } = fixture();
    lists.put('ann', list(['t0']));
    for (const track of TRACKS.slice(0, 5)) histories.put(historyKey('ann', track), history(1));
    histories.put(historyKey('ann', TRACKS[5]!), history(0));
    // Place 15 of all, 10 without the five that are known; the one whose listens were deleted counts as unknown.
    hear('ann', TRACKS[14]!);
    hear('ann', TRACKS[15]!);
    expect(sums()).toMatchObject({
      'live.popularBeside.hits10': 1,
      'live.popularBeside.hits20': 2,
    });
  });

  it('counts how many first listens fall on tracks that the model knows', () => {
    const { hear, sums } = fixture(sampleModel(1));
    hear('ann', 't001');
    hear('ann', 'new');
    hear('ann', 'newer');
    expect(sums()).toEqual({ 'live.firstListens.with': 1, 'live.firstListens.without': 2 });
  });
});

describe('the rank among unheard tracks', () => {
  it('is the place in the list with the heard ones taken out', () => {
    const popular = new PopularList(500);
    popular.update('slot-0', {
      tracks: TRACKS.map((track, place) => popularTrack(track, 1000 - place)),
    });
    for (let seed = 1; seed <= 50; seed++) {
      const random = mulberry32(seed);
      const heard = new Set(TRACKS.filter(() => random.next() < 0.4));
      const wanted = TRACKS.filter((track) => !heard.has(track));
      for (const track of [...wanted, 'not in it']) {
        const place = wanted.indexOf(track);
        const expected = place < 0 || place >= 100 ? undefined : place + 1;
        const found = rankAmongUnheard(popular, track, (other) => heard.has(other));
        if (found !== expected) throw new Error(`seed ${seed}, ${track}: ${found}, ${expected}`);
      }
    }
  });
});
