import { mulberry32 } from '../../../src/random';
import { TopTracks } from '../../../streams/by-track/top-tracks';

describe('the top tracks', () => {
  it('are those of a full sort, after any gains and losses', () => {
    for (let seed = 1; seed <= 30; seed++) {
      const random = mulberry32(seed);
      const counts = new Map<string, number>();
      const top = new TopTracks(10);
      const track = (id: string) => ({
        track_id: id,
        listeners: counts.get(id)!,
        artist_name: '',
        track_name: '',
      });
      for (let change = 0; change < 1500; change++) {
        const id = `t${random.below(80)}`;
        const before = counts.get(id) ?? 0;
        // Phases of growth and of decline, so that the held ones run short.
        const falls = before > 0 && random.next() < (change % 500 > 300 ? 0.75 : 0.25);
        counts.set(id, before + (falls ? -1 : 1));
        top.update(track(id));
        if (top.needsRecount) {
          top.clear();
          for (const one of counts.keys()) top.update(track(one));
        }
        const expected = [...counts]
          .filter(([, count]) => count > 0)
          .sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1))
          .slice(0, 10);
        const found = top.best().map(({ track_id, listeners }) => [track_id, listeners]);
        if (JSON.stringify(found) !== JSON.stringify(expected))
          throw new Error(`seed ${seed}, change ${change}: ${JSON.stringify({ found, expected })}`);
      }
    }
  });
});
