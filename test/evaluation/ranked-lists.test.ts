import { buildEvaluationSet } from '../../src/evaluation/evaluation-set';
import { listsOfRanking, topOfScores } from '../../src/evaluation/ranked-lists';
import { mulberry32 } from '../../src/random';

test.each([1, 2, 3, 4])('the best of scores are those of a full sort, seed %i', (seed) => {
  const random = mulberry32(seed);
  const scores = Float32Array.from({ length: 500 }, () =>
    random.below(10) === 0 ? -Infinity : random.below(20),
  );
  const sorted = Array.from(scores.keys())
    .filter((item) => scores[item] !== -Infinity)
    .sort((a, b) => scores[b]! - scores[a]! || a - b);
  for (const n of [0, 1, 17, 100, 600])
    expect([...topOfScores(scores, n)]).toEqual(sorted.slice(0, n));
});

test('known items are taken out of a masked list only', () => {
  const events = (pairs: [number, number][]) => ({
    users: Int32Array.from(pairs, ([user]) => user),
    items: Int32Array.from(pairs, ([, item]) => item),
    times: new Float64Array(0),
  });
  const set = buildEvaluationSet({
    train: events([
      [0, 0],
      [1, 1],
      [1, 2],
    ]),
    test: events([[0, 1]]),
  });
  const ranking = Int32Array.of(0, 2, 1);
  const masked = listsOfRanking(set, ranking, { n: 3, masked: true });
  expect([...masked.items]).toEqual([2, 1, -1]);
  const unmasked = listsOfRanking(set, ranking, { n: 3, masked: false });
  expect([...unmasked.items]).toEqual([0, 2, 1]);
});
