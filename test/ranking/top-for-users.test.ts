import type { FactorMatrix, SparseRows } from '../../src/als/model';
import { mulberry32, normal } from '../../src/random';
import { TopItems } from '../../src/ranking/top-items';

const SEED = 7;

function factors(rows: number, columns: number, seed: number): FactorMatrix {
  const random = mulberry32(seed);
  const values = Float32Array.from({ length: rows * columns }, () => normal(random));
  return { rows, columns, values };
}

function exclusions(rows: number, columns: number): SparseRows {
  const random = mulberry32(SEED);
  const each = Array.from({ length: rows }, () =>
    Array.from({ length: random.below(30) }, () => random.below(columns)),
  );
  const starts = new Uint32Array(rows + 1);
  each.forEach((row, r) => {
    starts[r + 1] = starts[r]! + row.length;
  });
  const indices = Int32Array.from(each.flat());
  return { rows, columns, starts, indices, values: new Float32Array(indices.length).fill(1) };
}

test.each([1, 2, 3])(
  'lists of many users on %i threads are the lists of each user',
  async (threads) => {
    const top = new TopItems(factors(3000, 30, 1));
    const users = factors(205, 30, 2);
    const exclude = exclusions(205, 3000);
    const lists = await top.topForUsers(users, 20, exclude, threads);
    for (let user = 0; user < users.rows; user++) {
      const vector = users.values.subarray(user * 30, user * 30 + 30);
      const excluded = exclude.indices.subarray(exclude.starts[user]!, exclude.starts[user + 1]!);
      const expected = top.top(vector, 20, { exclude: excluded });
      expect(lists.items.subarray(user * 20, user * 20 + 20)).toEqual(expected.items);
      expect(lists.scores.subarray(user * 20, user * 20 + 20)).toEqual(expected.scores);
    }
    expect(lists.scannedShare).toBeGreaterThan(0);
    expect(lists.rescored).toBeGreaterThanOrEqual(205 * 20);
  },
);

test('a list longer than the catalogue is filled up with −1', async () => {
  const top = new TopItems(factors(5, 4, 1));
  const lists = await top.topForUsers(factors(2, 4, 2), 8, undefined, 1);
  expect([...lists.items.subarray(5, 8)]).toEqual([-1, -1, -1]);
  expect(new Set(lists.items.subarray(0, 5))).toEqual(new Set([0, 1, 2, 3, 4]));
});
