import { EigenvalueDecomposition, Matrix } from 'ml-matrix';
import { topEigenvalueShare } from '../../src/als/top-eigenvalue';
import { mulberry32 } from '../../src/random';

describe('the share of the largest eigenvalue', () => {
  it('is that of a dense decomposition', () => {
    for (let seed = 1; seed <= 20; seed++) {
      const random = mulberry32(seed);
      const rows = new Matrix(40, 8);
      for (let row = 0; row < 40; row++)
        for (let column = 0; column < 8; column++) rows.set(row, column, random.next() - 0.3);
      const gramian = rows.transpose().mmul(rows);
      const values = new EigenvalueDecomposition(gramian).realEigenvalues;
      const expected = Math.max(...values) / values.reduce((sum, value) => sum + value, 0);
      expect(topEigenvalueShare(Float64Array.from(gramian.to1DArray()), 8)).toBeCloseTo(
        expected,
        4,
      );
    }
  });

  it('is 1 for one direction, and 0 for nothing', () => {
    expect(topEigenvalueShare(Float64Array.from([1, 1, 1, 1]), 2)).toBeCloseTo(1, 9);
    expect(topEigenvalueShare(new Float64Array(4), 2)).toBe(0);
  });
});
