import { systemClock } from '../../src/clock';
import { runYardsticks } from '../../src/study/model-steps';
import { type SplitName, splitTable } from '../../src/study/study-split';
import { tableOf } from '../support/interaction-tables';

/** Each user has a few items of their own; so many that a dense matrix of items is out of the question. */
function sparseSplit(users: number, part: 'test' | 'validation') {
  const plays = Array.from({ length: users * 10 }, (_, n) => ({
    user: `u${n % users}`,
    item: `i${n}`,
    time: n,
  }));
  const settings = { name: 'pairs' as SplitName, trainShare: 0.8, coldShare: 0, seed: 1 };
  return splitTable(tableOf(plays), settings, { itemUsersMin: () => 1, userItemsMin: 1 }, part);
}

describe('yardsticks', () => {
  it('are left out where the catalogue is too large for them, with the reason', async () => {
    const { json } = await runYardsticks({
      test: sparseSplit(1600, 'test'),
      validation: sparseSplit(1600, 'validation'),
      judging: { seed: 1, aucUsersMax: 5 },
      tuning: { tuningUsersMax: 20, seed: 1, threads: 1, onProgress: () => undefined },
      clock: systemClock,
    });
    expect(json.models.map(({ id }) => id)).toEqual(['item-knn', 'rp3beta']);
    expect(json.leftOut).toEqual(['EASE: 12800 items, at most 12000']);
  });
});
