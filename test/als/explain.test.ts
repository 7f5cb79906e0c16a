import { explain, strongestReasons } from '../../src/als/explain';
import { FoldIn } from '../../src/als/fold-in';
import { mulberry32 } from '../../src/random';
import { denseModel, diagonalModel } from '../support/dense-als';
import { DIALECTS, randomFactors, randomHistory } from '../support/random-als';

const ITEMS = 300;

function score(x: Float32Array, row: Float32Array): number {
  return x.reduce((sum, value, k) => sum + value * row[k]!, 0);
}

describe.each(Object.entries(DIALECTS))('reasons under the rule %s', (_, ruleOf) => {
  const random = mulberry32(3);
  const factors = randomFactors(random, ITEMS, 20);
  const model = denseModel(ruleOf(20), factors);
  const foldIn = new FoldIn(model);

  it.each([1, 7, 150])('contributions of %d interactions add up to the score', (length) => {
    const { items, plays } = randomHistory(random, length, ITEMS);
    const x = foldIn.solve(items, plays);
    for (const target of [0, 5, items[0]!]) {
      const contributions = explain(foldIn, items, plays, target);
      const sum = contributions.reduce((total, value) => total + value, 0);
      const size = contributions.reduce((total, value) => total + Math.abs(value), 0);
      const expected = score(x, factors.values.subarray(target * 20, (target + 1) * 20));
      expect(Math.abs(sum - expected)).toBeLessThan(1e-6 * size);
    }
  });

  it('the batch form finds the largest contribution of each', () => {
    const { items, plays } = randomHistory(random, 150, ITEMS);
    const targets = Int32Array.from({ length: 21 }, (_, t) => (t * 13) % ITEMS);
    const reasons = strongestReasons(foldIn, items, plays, targets);
    targets.forEach((target, t) => {
      const contributions = explain(foldIn, items, plays, target);
      const largest = Math.max(...contributions);
      expect(contributions[reasons[t]!]! / largest).toBeCloseTo(1, 4);
    });
  });
});

describe('strongestReasons', () => {
  const rule = DIALECTS['spark']!(12);
  const foldIn = new FoldIn(diagonalModel(rule, randomFactors(mulberry32(8), 5000, 12)));

  it('has no reason for an empty history and no answer for no target', () => {
    const none = strongestReasons(
      foldIn,
      new Int32Array(0),
      new Float32Array(0),
      Int32Array.of(1, 2),
    );
    expect([...none]).toEqual([-1, -1]);
    const { items, plays } = randomHistory(mulberry32(1), 5, 5000);
    expect(strongestReasons(foldIn, items, plays, new Int32Array(0))).toHaveLength(0);
  });

  it('does not depend on how much was staged before', () => {
    const { items, plays } = randomHistory(mulberry32(2), 4090, 5000);
    const targets = Int32Array.from({ length: 100 }, (_, t) => t);
    const first = strongestReasons(foldIn, items, plays, targets);
    expect([...strongestReasons(foldIn, items, plays, targets)]).toEqual([...first]);
    expect(first.every((place) => place >= 0 && place < 4090)).toBe(true);
  });
});
