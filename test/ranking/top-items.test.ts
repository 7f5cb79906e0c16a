import type { FactorMatrix } from '../../src/als/model';
import { mulberry32, normal, type Random } from '../../src/random';
import { TopItems } from '../../src/ranking/top-items';
import { topItemsReference } from '../support/top-items-reference';

function randomFactors(random: Random, rows: number, columns: number): FactorMatrix {
  const values = new Float32Array(rows * columns);
  for (let row = 0; row < rows; row++) {
    const length = Math.exp(normal(random));
    for (let k = 0; k < columns; k++) values[row * columns + k] = length * normal(random);
  }
  return { rows, columns, values };
}

/** Directions around fifty tastes, as trained factors' are: lists have scores well above the rest. */
function tasteFactors(random: Random, rows: number, columns: number): FactorMatrix {
  const tastes = Array.from({ length: 50 }, () => randomFactors(random, 1, columns).values);
  const factors = randomFactors(random, rows, columns);
  for (let row = 0; row < rows; row++) {
    const taste = tastes[random.below(50)]!;
    const length = Math.exp(normal(random));
    for (let k = 0; k < columns; k++)
      factors.values[row * columns + k] = length * (taste[k]! + normal(random) / 2);
  }
  return factors;
}

/** Few distinct values, so that many scores are equal. */
function coarseFactors(random: Random, rows: number, columns: number): FactorMatrix {
  return {
    rows,
    columns,
    values: Float32Array.from({ length: rows * columns }, () => random.below(3) - 1),
  };
}

const SHAPES = [
  { rows: 1, columns: 1 },
  { rows: 3, columns: 8 },
  { rows: 200, columns: 5 },
  { rows: 1000, columns: 64 },
  { rows: 5000, columns: 33 },
];

describe.each([1, 2, 3])('the top items, seed %i', (seed) => {
  test.each(SHAPES)('are those of a full sort, $rows × $columns', ({ rows, columns }) => {
    const random = mulberry32(seed);
    for (const factors of [
      randomFactors(random, rows, columns),
      coarseFactors(random, rows, columns),
    ]) {
      const top = new TopItems(factors);
      const user = Float32Array.from({ length: columns }, () => normal(random));
      const coarse = Float32Array.from({ length: columns }, () => random.below(3) - 1);
      const exclude = Int32Array.from({ length: Math.floor(rows / 3) }, () => random.below(rows));
      for (const n of [0, 1, 20, rows + 5])
        for (const vector of [user, coarse, new Float32Array(columns)]) {
          const expected = topItemsReference(factors, vector, n, { exclude });
          for (const exclusion of [exclude, new Set(exclude)]) {
            const list = top.top(vector, n, { exclude: exclusion });
            expect([...list.items]).toEqual(expected.items);
            expect([...list.scores]).toEqual(expected.scores);
          }
        }
    }
  });

  test('are those of a full sort where tastes are few and norms have a long tail', () => {
    const random = mulberry32(seed);
    const factors = tasteFactors(random, 5000, 64);
    const top = new TopItems(factors);
    for (let trial = 0; trial < 2; trial++) {
      const start = random.below(5000) * 64;
      const user = factors.values
        .slice(start, start + 64)
        .map((value) => value + normal(random) / 2);
      const exclude = Int32Array.from({ length: 50 }, () => random.below(5000));
      for (const n of [1, 30]) {
        const list = top.top(user, n, { exclude });
        const expected = topItemsReference(factors, user, n, { exclude });
        expect([...list.items]).toEqual(expected.items);
        expect([...list.scores]).toEqual(expected.scores);
      }
    }
  });

  test.each([1e-42, 1e-35, 1e-30, 1e-12, 1e12, 1e18, 1e31])(
    'are those of a full sort where lengths are of the order of %f, or zero',
    (scale) => {
      const random = mulberry32(seed);
      const { values, ...shape } = randomFactors(random, 600, 24);
      const stretch = Float32Array.from({ length: 600 }, (_, row) =>
        row % 7 === 0 ? 0 : scale * 10 ** (-row % 5),
      );
      const factors = {
        ...shape,
        values: values.map((v, at) => v * stretch[Math.floor(at / 24)]!),
      };
      const top = new TopItems(factors);
      for (const length of [1e-20, 1e-3, 1, 1e5]) {
        const user = Float32Array.from({ length: 24 }, () => length * normal(random));
        const list = top.top(user, 20);
        const expected = topItemsReference(factors, user, 20, {});
        expect([...list.items]).toEqual(expected.items);
        expect([...list.scores]).toEqual(expected.scores);
      }
    },
  );

  test('keep to the caps of a group in every window, whatever the depth', () => {
    const random = mulberry32(seed);
    const factors = randomFactors(random, 2000, 16);
    for (const groups of [1, 3, 40, 1500]) {
      const groupOf = Int32Array.from({ length: 2000 }, () => random.below(groups + 1) - 1);
      const top = new TopItems(factors, { groupOf });
      const user = Float32Array.from({ length: 16 }, () => normal(random));
      for (const perGroup of [
        { max: 2, window: 20 },
        { max: 1, window: 7 },
      ]) {
        const list = top.top(user, 100, { perGroup, exclude: Int32Array.of(1, 2, 3) });
        const expected = topItemsReference(factors, user, 100, {
          exclude: [1, 2, 3],
          groupOf,
          perGroup,
        });
        expect([...list.items]).toEqual(expected.items);
        expect([...list.scores]).toEqual(expected.scores);
      }
    }
  });
});

test('an artist who owns the head of the catalogue is passed over to any depth', () => {
  const rows = 3000;
  const values = Float32Array.from({ length: rows }, (_, item) => rows - item);
  const groupOf = Int32Array.from({ length: rows }, (_, item) => (item < 2900 ? 0 : item));
  const top = new TopItems({ rows, columns: 1, values }, { groupOf });
  const list = top.top(Float32Array.of(1), 40, { perGroup: { max: 2, window: 20 } });
  expect([...list.items.subarray(0, 4)]).toEqual([0, 1, 2900, 2901]);
  expect([...list.items.subarray(20, 24)]).toEqual([2, 3, 2918, 2919]);
});

test('a list ends where no candidate may stand', () => {
  const factors = { rows: 5, columns: 1, values: Float32Array.of(5, 4, 3, 2, 1) };
  const top = new TopItems(factors, { groupOf: new Int32Array(5) });
  const list = top.top(Float32Array.of(1), 5, { perGroup: { max: 2, window: 3 } });
  expect([...list.items]).toEqual([0, 1]);
});
