import { Matrix, solve } from 'ml-matrix';
import { allocateFactors } from '../../src/als/factor-rows';
import { FoldIn } from '../../src/als/fold-in';
import { computeGramian } from '../../src/als/gramian';
import type { FactorMatrix } from '../../src/als/model';
import { solveNewItem } from '../../src/als/new-item';
import { type AlsRule, observedTarget, observedWeight, regularization } from '../../src/als/rule';
import { mulberry32 } from '../../src/random';
import {
  denseModel,
  denseRow,
  diagonalModel,
  relativeDifference,
  toMatrix,
} from '../support/dense-als';
import { DIALECTS, randomFactors, randomHistory } from '../support/random-als';

const FACTORS = 24;
const USERS = 500;

/** The first rows of a matrix. */
function head({ columns, values }: FactorMatrix, rows: number): FactorMatrix {
  const first = allocateFactors(rows, columns);
  first.values.set(values.subarray(0, rows * columns));
  return first;
}

/** The item half step for one item, over the first `listeners` users of all. */
function denseItem(rule: AlsRule, all: FactorMatrix, plays: Float32Array): number[] {
  const x = toMatrix(all);
  const a = x.transpose().mmul(x).mul(rule.unobservedWeight);
  const b = Matrix.zeros(FACTORS, 1);
  for (const [user, count] of plays.entries()) {
    const row = x.getRowVector(user).transpose();
    a.add(row.mmul(row.transpose()).mul(observedWeight(rule, count)));
    b.add(row.clone().mul(observedTarget(rule, count)));
  }
  a.add(Matrix.eye(FACTORS).mul(regularization(rule, plays.length, all.rows)));
  return solve(a, b).to1DArray();
}

describe.each(Object.entries(DIALECTS))('a new item under the rule %s', (_, ruleOf) => {
  it.each([1, 5, 30, 200])('gets the factors of the dense half step over %d users', (listeners) => {
    const random = mulberry32(listeners);
    const rule = ruleOf(FACTORS);
    const all = randomFactors(random, USERS, FACTORS);
    const { plays } = randomHistory(random, listeners, USERS);
    const side = { rule, userGramian: computeGramian(all), users: USERS };
    const factors = solveNewItem(side, head(all, listeners), plays);
    expect(relativeDifference(factors, denseItem(rule, all, plays))).toBeLessThan(1e-5);
  });

  it('is part of every fold-in from then on, also when its factors change', () => {
    const random = mulberry32(9);
    const rule = ruleOf(FACTORS);
    const whole = randomFactors(random, 303, FACTORS);
    const foldIn = new FoldIn(denseModel(rule, head(whole, 300)), { spareRows: 3 });
    const row = (item: number) => whole.values.slice(item * FACTORS, (item + 1) * FACTORS);
    foldIn.setRow(300, row(302));
    for (const item of [301, 300, 302]) foldIn.setRow(item, row(item));
    for (const length of [2, 20, 150]) {
      const { items, plays } = randomHistory(random, length, 303);
      items[0] = 302;
      const unique = new Set(items).size === items.length;
      if (!unique) continue;
      const exact = denseRow(rule, whole, items, plays);
      expect(relativeDifference(foldIn.solve(items, plays), exact)).toBeLessThan(1e-6);
    }
  });
});

it.each([2, 12, 40])(
  'is as exact for a history of %d in the eigenbasis of the trained items',
  (length) => {
    const random = mulberry32(length);
    const rule = { ...DIALECTS['hkv']!(64), lambda: 1, alpha: 5 };
    const trained = diagonalModel(rule, randomFactors(random, 2000, 64));
    for (const size of [0.001, 0.01, 0.1, 1]) {
      const foldIn = new FoldIn(trained, { spareRows: 5 });
      const added = randomFactors(random, 5, 64);
      for (let k = 0; k < added.values.length; k++) added.values[k]! *= size;
      const values = new Float32Array([...trained.itemFactors.values, ...added.values]);
      for (let row = 0; row < 5; row++)
        foldIn.setRow(2000 + row, added.values.slice(row * 64, (row + 1) * 64));
      const { items, plays } = randomHistory(random, length, 2005);
      const exact = denseRow(rule, { rows: 2005, columns: 64, values }, items, plays);
      expect(relativeDifference(foldIn.solve(items, plays), exact)).toBeLessThan(1e-6);
    }
  },
);

it('an item beyond the room for new ones, or with a gap before it, is an assertion', () => {
  const random = mulberry32(3);
  const rule = DIALECTS['hkv']!(FACTORS);
  const foldIn = new FoldIn(denseModel(rule, randomFactors(random, 10, FACTORS)), { spareRows: 1 });
  const factors = new Float32Array(FACTORS).fill(1);
  expect(() => foldIn.setRow(11, factors)).toThrow(/gap/);
  foldIn.setRow(10, factors);
  expect(() => foldIn.setRow(11, factors)).toThrow(/room for 11/);
});
