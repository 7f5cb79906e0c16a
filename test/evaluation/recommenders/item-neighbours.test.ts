import { buildSparseRows } from '../../../src/als/interactions';
import type { SparseRows } from '../../../src/als/model';
import { trainItemKnn } from '../../../src/evaluation/recommenders/item-knn';
import type { ItemRecommender } from '../../../src/evaluation/recommenders/item-recommender';
import { trainRp3Beta } from '../../../src/evaluation/recommenders/rp3beta';
import { mulberry32 } from '../../../src/random';

const USERS = 40;
const ITEMS = 25;

function randomPlays(seed: number): { sparse: SparseRows; dense: number[][] } {
  const random = mulberry32(seed);
  const dense = Array.from({ length: USERS }, () =>
    Array.from({ length: ITEMS }, () => (random.below(4) === 0 ? 1 + random.below(5) : 0)),
  );
  const entries = dense.flatMap((row, user) => row.map((plays, item) => ({ user, item, plays })));
  const present = entries.filter(({ plays }) => plays > 0);
  const sparse = buildSparseRows(USERS, ITEMS, {
    users: present.map(({ user }) => user),
    items: present.map(({ item }) => item),
    plays: present.map(({ plays }) => plays),
  });
  return { sparse, dense };
}

/** Scores by full matrices: similarity(i, j), the k largest of each i. */
function denseScores(
  similarity: (i: number, j: number) => number,
  row: readonly number[],
  options: { k: number; self: boolean; weigh: (plays: number) => number },
): number[] {
  const scores = new Array<number>(ITEMS).fill(0);
  row.forEach((plays, i) => {
    if (plays === 0) return;
    const all = scores.map((_, j) => ({ j, s: similarity(i, j) }));
    const kept = all.filter(({ j, s }) => s !== 0 && (options.self || j !== i));
    kept.sort((a, b) => b.s - a.s || a.j - b.j);
    for (const { j, s } of kept.slice(0, options.k)) scores[j]! += options.weigh(plays) * s;
  });
  return scores;
}

function expectSameScores(
  recommender: ItemRecommender,
  sparse: SparseRows,
  expected: (user: number) => number[],
): void {
  for (let user = 0; user < USERS; user++) {
    const scores = new Float32Array(ITEMS);
    const [from, to] = [sparse.starts[user]!, sparse.starts[user + 1]!];
    recommender.score(sparse.indices.subarray(from, to), sparse.values.subarray(from, to), scores);
    expected(user).forEach((score, item) => {
      expect(scores[item]).toBeCloseTo(score, 4);
    });
  }
}

const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);

describe.each([1, 2])('neighbours on random plays, seed %i', (seed) => {
  const { sparse, dense } = randomPlays(seed);
  const column = (item: number) => dense.map((row) => row[item]!);
  const known = dense.map((row) => row.filter((plays) => plays > 0).length);
  const idf = known.map((m) => Math.log(ITEMS) - Math.log(1 + m));
  const knn = { k: 7, self: true, weigh: (plays: number) => plays };

  const inner = (a: number[], b: number[]) => sum(a.map((value, user) => value * b[user]!));

  test('cosine', () => {
    const cosine = (i: number, j: number) =>
      inner(column(i), column(j)) /
      Math.sqrt(inner(column(i), column(i)) * inner(column(j), column(j)));
    const recommender = trainItemKnn(sparse, { k: 7, weighting: { by: 'cosine' } });
    expectSameScores(recommender, sparse, (user) => denseScores(cosine, dense[user]!, knn));
  });

  test('tf-idf', () => {
    const weighted = (i: number) => column(i).map((plays, user) => Math.sqrt(plays) * idf[user]!);
    const similarity = (i: number, j: number) =>
      inner(weighted(i), weighted(j)) /
      Math.sqrt(inner(weighted(i), weighted(i)) * inner(weighted(j), weighted(j)));
    const recommender = trainItemKnn(sparse, { k: 7, weighting: { by: 'tf-idf' } });
    expectSameScores(recommender, sparse, (user) => denseScores(similarity, dense[user]!, knn));
  });

  test('BM25', () => {
    const [k1, b] = [1.2, 0.5];
    const average = sum(dense.flat()) / ITEMS;
    const weighted = (i: number) => {
      const length = 1 - b + (b * sum(column(i))) / average;
      return column(i).map(
        (plays, user) => ((plays * (k1 + 1)) / (k1 * length + plays)) * idf[user]!,
      );
    };
    const similarity = (i: number, j: number) => inner(weighted(i), weighted(j));
    const recommender = trainItemKnn(sparse, { k: 7, weighting: { by: 'bm25', k1, b } });
    expectSameScores(recommender, sparse, (user) => denseScores(similarity, dense[user]!, knn));
  });

  test('RP3β', () => {
    const [alpha, beta] = [0.8, 0.3];
    const usersOf = (i: number) => column(i).filter((plays) => plays > 0).length;
    const similarity = (i: number, j: number) =>
      sum(
        dense.map((row, user) =>
          row[i]! > 0 && row[j]! > 0 ? (usersOf(i) * known[user]!) ** -alpha : 0,
        ),
      ) /
      usersOf(j) ** beta;
    const recommender = trainRp3Beta(sparse, { alpha, beta, k: 7 });
    const options = { k: 7, self: false, weigh: () => 1 };
    expectSameScores(recommender, sparse, (user) => denseScores(similarity, dense[user]!, options));
  });
});
