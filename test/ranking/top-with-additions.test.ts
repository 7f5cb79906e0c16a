import type { FactorMatrix } from '../../src/als/model';
import { mulberry32, normal, type Random } from '../../src/random';
import { TopItems } from '../../src/ranking/top-items';
import { topWithAdditions } from '../../src/ranking/top-with-additions';
import { topItemsReference } from '../support/top-items-reference';

const COLUMNS = 6;

/** Few distinct values where `coarse`, so that many scores are equal. */
function factorsOf(random: Random, rows: number, coarse: boolean): FactorMatrix {
  const values = Float32Array.from({ length: rows * COLUMNS }, () =>
    coarse ? random.below(3) - 1 : normal(random),
  );
  return { rows, columns: COLUMNS, values };
}

function part({ columns, values }: FactorMatrix, from: number, to: number): FactorMatrix {
  return { rows: to - from, columns, values: values.slice(from * columns, to * columns) };
}

describe.each([
  { trained: 300, added: 0 },
  { trained: 300, added: 1 },
  { trained: 300, added: 90 },
  { trained: 20, added: 60 },
])('the top of $trained items and $added that came later', ({ trained, added }) => {
  it.each([1, 2, 3, 4])('is that of a full sort over both, seed %i', (seed) => {
    const random = mulberry32(seed);
    const whole = factorsOf(random, trained + added, seed % 2 === 0);
    const groupOf = Int32Array.from({ length: whole.rows }, () => random.below(9) - 1);
    const topItems = new TopItems(part(whole, 0, trained), { groupOf: groupOf.slice(0, trained) });
    const additions = { factors: part(whole, trained, whole.rows), groupOf };
    for (const n of [1, 10, 100]) {
      const userFactors = Float32Array.from({ length: COLUMNS }, () => random.below(3) - 1);
      const exclude = Int32Array.from({ length: 15 }, () => random.below(whole.rows));
      for (const perGroup of [undefined, { max: 2, window: 5 }, { max: 1, window: 20 }]) {
        const list = topWithAdditions(topItems, additions, { userFactors, n, exclude, perGroup });
        const expected = topItemsReference(whole, userFactors, n, {
          exclude,
          groupOf,
          ...(perGroup === undefined ? {} : { perGroup }),
        });
        expect([...list.items]).toEqual(expected.items);
        expect([...list.scores]).toEqual(expected.scores);
      }
    }
  });
});
