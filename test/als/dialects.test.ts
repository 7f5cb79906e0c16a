/** The libraries' own formulas, written out as their sources have them, against the one rule. */
import { Matrix, solve } from 'ml-matrix';
import { FoldIn } from '../../src/als/fold-in';
import {
  type AlsRule,
  hkvRule,
  implicitRule,
  regularization,
  rendleRule,
  sparkRule,
} from '../../src/als/rule';
import { mulberry32 } from '../../src/random';
import { denseModel, relativeDifference, toMatrix } from '../support/dense-als';
import { type History, randomFactors, randomHistory } from '../support/random-als';

const D = 12;
const factors = randomFactors(mulberry32(1), 150, D);
const y = toMatrix(factors);
const gramian = y.transpose().mmul(y);

/** Solves (YᵀY·a0 + Σ weight(r)·yyᵀ + reg·I)x = Σ target(r)·y. */
function formula(
  { items, plays }: History,
  terms: { a0?: number; reg: number; weight(r: number): number; target(r: number): number },
): number[] {
  const a = gramian.clone().mul(terms.a0 ?? 1);
  const b = Matrix.zeros(D, 1);
  items.forEach((item, j) => {
    const row = y.getRowVector(item).transpose();
    a.add(row.mmul(row.transpose()).mul(terms.weight(plays[j]!)));
    b.add(row.clone().mul(terms.target(plays[j]!)));
  });
  return solve(a.add(Matrix.eye(D).mul(terms.reg)), b).to1DArray();
}

function difference(rule: AlsRule, history: History, expected: number[]): number {
  const x = new FoldIn(denseModel(rule, factors)).solve(history.items, history.plays);
  return relativeDifference(x, expected);
}

describe.each([1, 6, 11, 40])('with a history of %d, the fold-in is', (length) => {
  const history = randomHistory(mulberry32(length), length, 150);

  it("Spark's: c1 = alpha·|r|, lambda times the number of ratings, b = 1 + c1", () => {
    const rule = sparkRule({ factorCount: D, alpha: 7, lambda: 0.03 });
    const weight = (r: number) => 7 * Math.abs(r);
    const target = (r: number) => 1 + 7 * Math.abs(r);
    const expected = formula(history, { reg: 0.03 * length, weight, target });
    expect(difference(rule, history, expected)).toBeLessThan(1e-6);
    // The dialects are told apart by this test.
    const constant = formula(history, { reg: 0.03, weight, target });
    if (length > 1) expect(difference(rule, history, constant)).toBeGreaterThan(1e-5);
  });

  it("implicit's: c = alpha·r, weight c − 1, b = c, constant lambda", () => {
    const rule = implicitRule({ factorCount: D, alpha: 3, lambda: 0.4 });
    const weight = (r: number) => 3 * r - 1;
    const target = (r: number) => 3 * r;
    const expected = formula(history, { reg: 0.4, weight, target });
    expect(difference(rule, history, expected)).toBeLessThan(1e-6);
  });

  it("Hu, Koren and Volinsky's: c = 1 + alpha·r", () => {
    const rule = hkvRule({ factorCount: D, alpha: 3, lambda: 0.4 });
    const weight = (r: number) => 3 * r;
    const target = (r: number) => 1 + 3 * r;
    const expected = formula(history, { reg: 0.4, weight, target });
    expect(difference(rule, history, expected)).toBeLessThan(1e-6);
  });

  it("Rendle's and irspack's: alpha0 on all pairs, lambda·(n + alpha0·items)^nu", () => {
    const options = { factorCount: D, alpha0: 0.2, lambda: 0.05, nu: 0.75 };
    const reg = 0.05 * (length + 0.2 * 150) ** 0.75;
    const one = () => 1;
    const expected = formula(history, { a0: 0.2, reg, weight: one, target: one });
    expect(difference(rendleRule(options), history, expected)).toBeLessThan(1e-6);
    const counts: AlsRule = { ...rendleRule(options), scale: 'linear' };
    const plays = formula(history, { a0: 0.2, reg, weight: (r) => r, target: (r) => r });
    expect(difference(counts, history, plays)).toBeLessThan(1e-6);
  });

  it('with logarithmic confidence: ln(1 + r/epsilon)', () => {
    const linear = hkvRule({ factorCount: D, alpha: 3, lambda: 0.4 });
    const weight = (r: number) => 3 * Math.log(1 + r / 0.5);
    const target = (r: number) => 1 + 3 * Math.log(1 + r / 0.5);
    const expected = formula(history, { reg: 0.4, weight, target });
    const rule: AlsRule = { ...linear, scale: 'log', epsilon: 0.5 };
    expect(difference(rule, history, expected)).toBeLessThan(1e-6);
  });
});

it('regularisation counts interactions and, with kappa, all rows of the other side', () => {
  const base = sparkRule({ factorCount: D, alpha: 1, lambda: 2 });
  expect(regularization(base, 5, 1000)).toBe(10);
  expect(regularization({ ...base, nu: 0 }, 5, 1000)).toBe(2);
  expect(regularization({ ...base, nu: 0.5, kappa: 0.01 }, 6, 1000)).toBe(8);
});
