import { SimulatedListeners } from '../../../streams/simulator/simulated-listeners';

/** User by user: what they heard first of all (to learn from) and what they discovered after. */
function observe(listensToLearn: number, listensToTest: number, settings: object) {
  const listeners = new SimulatedListeners({
    users: 800,
    tracks: 6000,
    artists: 500,
    genres: 10,
    listensPerSecond: 20,
    newReleasesPerDay: 0,
    ...settings,
  });
  const known = new Map<string, Set<string>>();
  const found = new Map<string, Set<string>>();
  const setOf = (map: Map<string, Set<string>>, user: string): Set<string> => {
    const set = map.get(user) ?? new Set();
    map.set(user, set);
    return set;
  };
  for (let count = 0; count < listensToLearn + listensToTest; count++) {
    const { userId, track } = listeners.next();
    if (count < listensToLearn) setOf(known, userId).add(track.trackId);
    else if (known.has(userId) && !known.get(userId)?.has(track.trackId))
      setOf(found, userId).add(track.trackId);
  }
  return { known, found };
}

function best(scores: ReadonlyMap<string, number>, heard: ReadonlySet<string>): readonly string[] {
  return [...scores]
    .filter(([track]) => !heard.has(track))
    .sort(([, a], [, b]) => b - a)
    .slice(0, 20)
    .map(([track]) => track);
}

/** Share of the discoveries that stood among the 20 tracks foretold, for popularity and item-kNN (cosine). */
function hitRates({ known, found }: ReturnType<typeof observe>) {
  const listeners = new Map<string, string[]>();
  for (const [user, tracks] of known)
    for (const track of tracks) {
      const users = listeners.get(track) ?? [];
      users.push(user);
      listeners.set(track, users);
    }
  const popularity = new Map([...listeners].map(([track, users]) => [track, users.length]));
  const hits = { popular: 0, neighbours: 0, trials: 0 };
  for (const [user, discoveries] of [...found].slice(0, 100)) {
    const heard = known.get(user) ?? new Set<string>();
    const scores = new Map<string, number>();
    for (const track of heard)
      for (const other of listeners.get(track) ?? [])
        for (const candidate of known.get(other) ?? []) {
          const weight =
            1 / Math.sqrt((popularity.get(track) ?? 1) * (popularity.get(candidate) ?? 1));
          scores.set(candidate, (scores.get(candidate) ?? 0) + weight);
        }
    const [popular, neighbours] = [best(popularity, heard), best(scores, heard)];
    hits.trials += discoveries.size;
    hits.popular += popular.filter((track) => discoveries.has(track)).length;
    hits.neighbours += neighbours.filter((track) => discoveries.has(track)).length;
  }

  return { popular: hits.popular / hits.trials, neighbours: hits.neighbours / hits.trials };
}

describe('the tastes of simulated listeners', () => {
  it.each([1, 2, 3])(
    'can be learnt: item-kNN foretells far more than popularity (seed %d)',
    (seed) => {
      const { popular, neighbours } = hitRates(observe(25_000, 15_000, { seed }));
      expect(neighbours).toBeGreaterThan(2 * popular);
      expect(popular).toBeGreaterThan(0);
    },
  );

  it('cannot be learnt when there are none, so this test can fail', () => {
    const { popular, neighbours } = hitRates(
      observe(25_000, 15_000, { seed: 1, offTasteShare: 1, sameArtistShare: 0 }),
    );
    expect(neighbours).toBeLessThan(1.2 * popular);
  });
});
