import { explainList } from '../../streams/explanation';
import { list, sampleModel } from '../support/stream-samples';

const MODEL = sampleModel(2);
const PLAYS = new Map([
  ['t003', 4],
  ['t010', 1],
  ['t042', 2],
  ['without factors', 7],
]);
const PROFILE = { plays: PLAYS, listens: 14, newestListenedAt: 1 };

describe('an explanation', () => {
  it('has one contribution of each own track with factors, and they add up to the score', () => {
    const { items, plays } = MODEL.known(PROFILE);
    const factors = MODEL.foldIn.solve(items, plays);
    const { items: top, scores } = MODEL.top(factors, 20, { exclude: items });
    const ids = Array.from(top, (item) => MODEL.tracks[item]!.trackId);
    const published = list(ids);
    const explained = explainList(published, PROFILE, MODEL);
    expect(explained).toHaveLength(20);
    explained.forEach(({ trackId, contributions }, place) => {
      expect(trackId).toBe(ids[place]);
      expect(contributions.map((one) => one.trackId).sort()).toEqual(['t003', 't010', 't042']);
      const sum = contributions.reduce((total, { contribution }) => total + contribution, 0);
      expect(Math.abs(sum - scores[place]!)).toBeLessThan(1e-4);
      const inOrder = contributions.map(({ contribution }) => contribution);
      expect(inOrder).toEqual([...inOrder].sort((a, b) => b - a));
    });
  });

  it('names the own tracks and how often they were played', () => {
    const [first] = explainList(list(['t020']), PROFILE, MODEL);
    const own = first!.contributions.find(({ trackId }) => trackId === 't003');
    expect(own).toMatchObject({ artistName: 'artist 3', trackName: 'track 3', plays: 4 });
  });

  it('keeps the published score, and says nothing of a track that the model does not know', () => {
    const [first] = explainList(list(['gone']), PROFILE, MODEL);
    expect(first).toEqual({ trackId: 'gone', score: 1, contributions: [] });
  });
});
