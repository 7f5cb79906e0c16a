import { mulberry32 } from '../../../src/random';
import type { FoldedUser } from '../../../streams/by-user/fold-in-user';
import { recommendTracks } from '../../../streams/by-user/recommend-tracks';
import { explainList } from '../../../streams/explanation';
import { PopularList } from '../../../streams/model/popular-list';
import type { ServingModel } from '../../../streams/model/serving-model';
import type { StreamSettings } from '../../../streams/stream-settings';
import { inContext } from '../../support/fake-processor-context';
import { DenseLists, oracleCapped } from '../../support/oracle/lists';
import { list, popularTrack, SAMPLE_RULE, sampleModel } from '../../support/stream-samples';

const SETTINGS = { listLength: 10, perArtistMax: 0, perArtistWindow: 20 } as StreamSettings;

function profileOf(plays: ReadonlyMap<string, number>) {
  return { plays, listens: plays.size, newestListenedAt: 1 };
}

function folded(model: ServingModel, plays: ReadonlyMap<string, number>): FoldedUser {
  const profile = profileOf(plays);
  const history = model.known(profile);
  const factors = model.foldIn.solve(history.items, history.plays);
  return { user: 'ann', profile, model, personal: { history, factors } };
}

function ranked(
  user: FoldedUser,
  settings: StreamSettings = SETTINGS,
  popular = new PopularList(50),
) {
  const { context, processor } = inContext(recommendTracks(popular, settings));
  processor.process(user);
  return context.forwarded[0]!;
}

function dense({ als, tracks }: ServingModel): DenseLists {
  return new DenseLists({
    factorCount: SAMPLE_RULE.factorCount,
    alpha: SAMPLE_RULE.alpha,
    lambda: SAMPLE_RULE.lambda,
    nu: 0,
    factors: als.itemFactors.values,
    trackIds: tracks.map(({ trackId }) => trackId),
  });
}

function somePlays(seed: number, tracks: number): Map<string, number> {
  const random = mulberry32(seed);
  return new Map(
    Array.from({ length: tracks }, () => [
      `t${String(random.below(60)).padStart(3, '0')}`,
      1 + random.below(5),
    ]),
  );
}

describe('recommend-tracks', () => {
  it('ranks the whole catalogue as a dense solve and a full sort do, without what was heard', () => {
    const model = sampleModel(3);
    const oracle = dense(model);
    for (let seed = 1; seed <= 30; seed++) {
      const plays = somePlays(seed, 3 + (seed % 20));
      const { kind, tracks } = ranked(folded(model, plays));
      expect(kind).toBe('PERSONAL');
      const ids = tracks.map(({ track_id }) => track_id);
      expect([seed, oracle.fault(ids, plays, 10, 1e-6)]).toEqual([seed, undefined]);
      const scores = oracle.scores(plays);
      for (const { track_id, score } of tracks)
        expect(score).toBeCloseTo(scores[model.itemOf(track_id)!]!, 5);
    }
  });

  it('gives each track the names of the model and the listen that speaks most for it', () => {
    const model = sampleModel(3);
    const plays = somePlays(5, 12);
    const { tracks } = ranked(folded(model, plays));
    expect(tracks[0]!.artist_name).toBe(
      model.tracks[model.itemOf(tracks[0]!.track_id)!]!.artistName,
    );
    const explained = explainList(list([], {}), profileOf(plays), model);
    expect(explained).toEqual([]);
    const reasons = explainList({ ...list([]), tracks }, profileOf(plays), model);
    reasons.forEach(({ contributions }, place) => {
      expect(tracks[place]!.because).toBe(contributions[0]!.trackId);
    });
  });

  it('takes at most so many of one artist in each window, the best of those that may stand', () => {
    const artistOf = (item: number) => (item % 3 === 0 ? '' : ` Artist ${item % 4}`);
    const model = sampleModel(3, { artistOf });
    const settings = { ...SETTINGS, listLength: 30, perArtistMax: 2, perArtistWindow: 10 };
    const oracle = dense(model);
    for (let seed = 1; seed <= 20; seed++) {
      const plays = somePlays(seed, 8);
      const { tracks } = ranked(folded(model, plays), settings);
      const expected = oracleCapped(
        [...oracle.scores(plays)]
          .map((score, item) => ({ score, item }))
          .filter(({ score }) => score > Number.NEGATIVE_INFINITY)
          .sort((a, b) => b.score - a.score)
          .map(({ item }) => ({ id: model.tracks[item]!.trackId, artist: artistOf(item).trim() })),
        { length: 30, max: 2, window: 10 },
      );
      expect([seed, ...tracks.map(({ track_id }) => track_id)]).toEqual([seed, ...expected]);
    }
  });

  it('counts artists that differ in case and blanks only as one', () => {
    const model = sampleModel(3, {
      artistOf: (item) => ['Nina Simone', ' nina simone '][item % 2]!,
    });
    const settings = { ...SETTINGS, perArtistMax: 1, perArtistWindow: 5 };
    expect(ranked(folded(model, somePlays(1, 5)), settings).tracks).toHaveLength(1);
  });

  it('lists what there is when the user has heard almost everything', () => {
    const model = sampleModel(3, { items: 12 });
    const plays = new Map(model.tracks.slice(0, 10).map(({ trackId }) => [trackId, 1]));
    const { tracks } = ranked(folded(model, plays));
    expect(tracks.map(({ track_id }) => track_id).sort()).toEqual(['t010', 't011']);
  });

  it('gives the popular list without what was heard to those without factors', () => {
    const popular = new PopularList(50);
    popular.update('slot-0', {
      tracks: ['a', 'b', 'c', 'd'].map((track, place) => popularTrack(track, 9 - place)),
    });
    const user = { user: 'ann', profile: profileOf(new Map([['b', 1]])), model: undefined };
    const { kind, tracks } = ranked(user, { ...SETTINGS, listLength: 2 }, popular);
    expect(kind).toBe('POPULAR');
    expect(tracks).toMatchObject([
      { track_id: 'a', score: 9, because: null, artist_name: 'artist of a' },
      { track_id: 'c', score: 7, because: null },
    ]);
  });
});
