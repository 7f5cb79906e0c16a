import { inverse, Matrix } from 'ml-matrix';
import { buildSparseRows } from '../../../src/als/interactions';
import { trainEase } from '../../../src/evaluation/recommenders/ease';
import { mulberry32 } from '../../../src/random';

const SEED = 5;

test.each([
  { items: 1, threads: 1 },
  { items: 64, threads: 2 },
  { items: 150, threads: 1 },
  { items: 200, threads: 3 },
])('EASE over $items items equals the dense closed form', async ({ items, threads }) => {
  const random = mulberry32(SEED);
  const users = 300;
  const pairs = new Set(Array.from({ length: 6 * items }, () => random.below(users * items)));
  const plays = buildSparseRows(users, items, {
    users: Array.from(pairs, (pair) => Math.floor(pair / items)),
    items: Array.from(pairs, (pair) => pair % items),
    plays: Array.from(pairs, () => 1),
  });
  const x = Matrix.zeros(users, items);
  for (const pair of pairs) x.set(Math.floor(pair / items), pair % items, 1);
  const p = inverse(x.transpose().mmul(x).add(Matrix.eye(items).mul(20)));
  const recommender = await trainEase(plays, { lambda: 20, threads });
  for (let user = 0; user < users; user++) {
    const history = plays.indices.subarray(plays.starts[user]!, plays.starts[user + 1]!);
    const scores = new Float32Array(items);
    recommender.score(history, new Float32Array(history.length), scores);
    for (let j = 0; j < items; j++) {
      let expected = 0;
      for (const i of history) if (i !== j) expected -= p.get(i, j) / p.get(j, j);
      expect(Math.abs(scores[j]! - expected)).toBeLessThan(1e-5);
    }
  }
});
