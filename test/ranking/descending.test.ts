import { mulberry32, normal } from '../../src/random';
import { descending } from '../../src/ranking/descending';

test.each([1, 2, 3])('scores sort best first, equal ones by index, seed %i', (seed) => {
  const random = mulberry32(seed);
  const drawn = Array.from({ length: 500 }, () => Math.round(normal(random) * 20) / 4);
  const extremes = [0, -0, 3e38, -3e38, 1e-45, -1e-45, Number.POSITIVE_INFINITY, -1, 1];
  const scores = Float32Array.from([...drawn, ...extremes, ...extremes]);
  const expected = [...scores.keys()].sort((a, b) =>
    scores[a] === scores[b] ? a - b : scores[b]! - scores[a]!,
  );
  expect([...descending(scores)]).toEqual(expected);
});

test('more scores than an index has bits for sort the same way', () => {
  const scores = new Float32Array(2 ** 21 + 1);
  scores[7] = -1;
  scores[2 ** 21] = 1;
  const order = descending(scores);
  expect([order[0], order[1], order[7], order[8], order[2 ** 21]]).toEqual([2 ** 21, 0, 6, 8, 7]);
});
