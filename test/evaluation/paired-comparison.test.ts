import { bootstrapMean, comparePaired } from '../../src/evaluation/paired-comparison';

test('a constant difference has no standard error', () => {
  const comparison = comparePaired(Float64Array.of(1.5, 2.5, 3.5), Float64Array.of(1, 2, 3));
  expect(comparison).toEqual({ users: 3, difference: 0.5, standardError: 0 });
});

test('the standard error is that of the differences', () => {
  const comparison = comparePaired(Float64Array.of(1, 0, 1, 0), new Float64Array(4));
  expect(comparison.difference).toBe(0.5);
  expect(comparison.standardError).toBeCloseTo(Math.sqrt(1 / 3 / 4), 12);
});

test('a bootstrap interval repeats with its seed and holds the mean', () => {
  const values = Float64Array.from({ length: 500 }, (_, at) => at % 10);
  const interval = bootstrapMean(values, { seed: 3 });
  expect(interval).toEqual(bootstrapMean(values, { seed: 3 }));
  expect(interval.low).toBeLessThan(4.5);
  expect(interval.high).toBeGreaterThan(4.5);
  expect(interval.high - interval.low).toBeCloseTo(4 * 0.1284, 1);
});
