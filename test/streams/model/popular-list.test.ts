import { mulberry32 } from '../../../src/random';
import { PopularList } from '../../../streams/model/popular-list';
import { popularTrack } from '../../support/stream-samples';

const tracks = (...pairs: (readonly [string, number])[]) => ({
  tracks: pairs.map(([trackId, listeners]) => popularTrack(trackId, listeners)),
});

describe('the popular list', () => {
  it("merges the slots' lists, most listeners first, ties by track id, cut to its depth", () => {
    const popular = new PopularList(3);
    popular.update('slot-0', tracks(['b', 5], ['d', 2]));
    popular.update('slot-1', tracks(['a', 5], ['c', 9]));
    expect(popular.tracks.map(({ track_id }) => track_id)).toEqual(['c', 'a', 'b']);
    expect(['c', 'b', 'd', 'x'].map((track) => popular.placeOf(track))).toEqual([
      0,
      2,
      undefined,
      undefined,
    ]);
  });

  it('takes what a slot says last, and nothing of a slot that takes it back', () => {
    const popular = new PopularList(10);
    popular.update('slot-0', tracks(['a', 5]));
    popular.update('slot-0', tracks(['a', 4], ['b', 4]));
    expect(popular.tracks.map(({ track_id }) => track_id)).toEqual(['a', 'b']);
    popular.update('slot-0', null);
    expect(popular.tracks).toEqual([]);
    expect(popular.placeOf('a')).toBeUndefined();
  });

  it('has another edition when tracks or their order change, the same one when only numbers do', () => {
    const popular = new PopularList(10);
    const empty = popular.edition;
    popular.update('slot-0', tracks(['a', 5], ['b', 3]));
    const first = popular.edition;
    popular.update('slot-0', tracks(['a', 6], ['b', 4]));
    expect(popular.edition).toBe(first);
    expect(popular.tracks[0]!.listeners).toBe(6);
    popular.update('slot-0', tracks(['b', 7], ['a', 6]));
    expect(new Set([empty, first, popular.edition]).size).toBe(3);
  });

  it('has the same edition in every process and life that shows the same tracks, and no other', () => {
    // Marks with an edition outlive the process: another list under the same number would never reach its readers.
    const random = mulberry32(3);
    const editions = new Map<number, string>();
    for (let life = 0; life < 300; life++) {
      const popular = new PopularList(5);
      const updates = 1 + random.below(4);
      for (let update = 0; update < updates; update++) {
        const pairs = Array.from(
          { length: 5 },
          () => [`slot ${update % 2} track ${random.below(6)}`, 1 + random.below(9)] as const,
        );
        popular.update(`slot-${update % 2}`, tracks(...new Map(pairs)));
      }
      const shown = popular.tracks.map(({ track_id }) => track_id).join();
      expect(editions.get(popular.edition) ?? shown).toBe(shown);
      editions.set(popular.edition, shown);
      expect(popular.edition).toBeGreaterThanOrEqual(0);
      expect(Number.isSafeInteger(popular.edition)).toBe(true);
    }
    expect(new Set(editions.values()).size).toBe(editions.size);
  });
});
