import { FoldIn } from '../../src/als/fold-in';
import { LongHistory } from '../../src/als/long-history';
import { hkvRule, implicitRule } from '../../src/als/rule';
import { hasCode } from '../../src/errors';
import { mulberry32 } from '../../src/random';
import { denseModel, denseRow, diagonalModel, relativeDifference } from '../support/dense-als';
import { DIALECTS, randomFactors, randomHistory } from '../support/random-als';

const LENGTHS = [1, 3, 20, 55, 64, 300];

describe.each(Object.entries(DIALECTS))('fold-in under the rule %s', (_, ruleOf) => {
  it.each(LENGTHS)('equals the dense solution for a history of %d', (length) => {
    const random = mulberry32(length);
    const model = denseModel(ruleOf(64), randomFactors(random, 400, 64));
    const history = randomHistory(random, length, 400);
    const x = new FoldIn(model).solve(history.items, history.plays);
    const exact = denseRow(model.rule, model.itemFactors, history.items, history.plays);
    expect(relativeDifference(x, exact)).toBeLessThan(1e-6);
  });

  it.each(LENGTHS)('equals it in the eigenbasis of the Gramian, history of %d', (length) => {
    const random = mulberry32(1000 + length);
    const model = diagonalModel(ruleOf(64), randomFactors(random, 400, 64));
    const history = randomHistory(random, length, 400);
    const x = new FoldIn(model).solve(history.items, history.plays);
    const exact = denseRow(model.rule, model.itemFactors, history.items, history.plays);
    expect(relativeDifference(x, exact)).toBeLessThan(1e-6);
  });

  it('equals the sum form of a long history after additions, changes and removals', () => {
    const random = mulberry32(7);
    const model = denseModel(ruleOf(24), randomFactors(random, 300, 24));
    const foldIn = new FoldIn(model);
    const long = new LongHistory(foldIn);
    const history = randomHistory(random, 120, 300);
    const gone = randomHistory(random, 40, 300);
    for (const [j, item] of gone.items.entries()) long.change(item, 0, gone.plays[j]!);
    for (const item of history.items) long.change(item, 0, 1);
    for (const [j, item] of gone.items.entries()) long.change(item, gone.plays[j]!, 0);
    for (const [j, item] of history.items.entries()) long.change(item, 1, history.plays[j]!);
    const exact = denseRow(model.rule, model.itemFactors, history.items, history.plays);
    expect(long.length).toBe(120);
    expect(relativeDifference(long.solve(), exact)).toBeLessThan(1e-6);
  });
});

describe('fold-in', () => {
  it.each([1, 8, 10, 33, 100])('works with %d factors', (factorCount) => {
    const random = mulberry32(factorCount);
    const rule = hkvRule({ factorCount, alpha: 5, lambda: 0.3 });
    const model = denseModel(rule, randomFactors(random, 200, factorCount));
    for (const length of [2, 90]) {
      const history = randomHistory(random, length, 200);
      const x = new FoldIn(model).solve(history.items, history.plays);
      const exact = denseRow(rule, model.itemFactors, history.items, history.plays);
      expect(x).toHaveLength(factorCount);
      expect(relativeDifference(x, exact)).toBeLessThan(1e-6);
    }
  });

  it.each([5, 70])('takes interactions of negative weight beside others, %d of them', (length) => {
    const random = mulberry32(length);
    const rule = implicitRule({ factorCount: 24, alpha: 0.4, lambda: 3 });
    const model = diagonalModel(rule, randomFactors(random, 200, 24));
    const history = randomHistory(random, length, 200);
    history.plays[0] = 1;
    history.plays[1] = 5;
    const x = new FoldIn(model).solve(history.items, history.plays);
    const exact = denseRow(rule, model.itemFactors, history.items, history.plays);
    expect(relativeDifference(x, exact)).toBeLessThan(1e-6);
  });

  it('gives zeros for an empty history and writes where it is told', () => {
    const rule = hkvRule({ factorCount: 8, alpha: 5, lambda: 0.3 });
    const foldIn = new FoldIn(denseModel(rule, randomFactors(mulberry32(1), 50, 8)));
    const into = new Float32Array(8).fill(9);
    expect(foldIn.solve(new Int32Array(0), new Float32Array(0), into)).toBe(into);
    expect([...into]).toEqual([0, 0, 0, 0, 0, 0, 0, 0]);
    expect([...new LongHistory(foldIn).solve()]).toEqual([...into]);
  });

  it('solves histories far beyond its first reservation', () => {
    const random = mulberry32(5);
    const rule = hkvRule({ factorCount: 16, alpha: 1, lambda: 1 });
    const model = denseModel(rule, randomFactors(random, 12_000, 16));
    const history = randomHistory(random, 10_000, 12_000);
    const foldIn = new FoldIn(model);
    const short = foldIn.solve(history.items.slice(0, 9), history.plays.slice(0, 9));
    const long = new LongHistory(foldIn);
    for (const [j, item] of history.items.entries()) long.change(item, 0, history.plays[j]!);
    const x = foldIn.solve(history.items, history.plays);
    expect(relativeDifference(long.solve(), x)).toBeLessThan(1e-6);
    const again = foldIn.solve(history.items.slice(0, 9), history.plays.slice(0, 9));
    expect([...again]).toEqual([...short]);
  });

  it('refuses a matrix without a unique solution', () => {
    const rule = { ...hkvRule({ factorCount: 8, alpha: 1, lambda: 0 }), unobservedWeight: 0 };
    const foldIn = new FoldIn(denseModel(rule, randomFactors(mulberry32(1), 50, 8)));
    const solve = () => foldIn.solve(Int32Array.of(3), Float32Array.of(1));
    expect(solve).toThrow(expect.objectContaining({ code: 'MATRIX_SINGULAR' }));
    const long = new LongHistory(foldIn);
    long.change(3, 0, 1);
    expect(() => long.solve()).toThrow(/Raise lambda/);
    expect(hasCode(new Error(), 'MATRIX_SINGULAR')).toBe(false);
  });

  it('refuses an item that the model does not have', () => {
    const rule = hkvRule({ factorCount: 8, alpha: 1, lambda: 1 });
    const foldIn = new FoldIn(denseModel(rule, randomFactors(mulberry32(1), 50, 8)));
    expect(() => foldIn.solve(Int32Array.of(50), Float32Array.of(1))).toThrow(/not among 50/);
  });
});
