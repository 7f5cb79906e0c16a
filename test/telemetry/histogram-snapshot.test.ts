import fc from 'fast-check';
import { HistogramCell } from '../../src/telemetry/cells';
import { difference, quantile } from '../../src/telemetry/histogram-snapshot';

const BOUNDS = [1, 2, 5, 10];

function cellOf(values: readonly number[]): HistogramCell {
  const cell = new HistogramCell({}, BOUNDS);
  for (const value of values) cell.observe(value);
  return cell;
}

describe('quantile', () => {
  it('is undefined without observations', () => {
    expect(quantile(cellOf([]).snapshot(), 0.5)).toBeUndefined();
  });

  it('is linear within a bucket, like histogram_quantile', () => {
    const snapshot = cellOf([1.5, 1.5, 4, 4]).snapshot();
    expect(quantile(snapshot, 0.25)).toBeCloseTo(1.5);
    expect(quantile(snapshot, 0.75)).toBeCloseTo(3.5);
    expect(quantile(snapshot, 1)).toBe(5);
  });

  it('answers the largest bound for what lies above all', () => {
    expect(quantile(cellOf([100, 200]).snapshot(), 0.5)).toBe(10);
  });

  it('lies in the bucket of the exact quantile', () => {
    fc.assert(
      fc.property(
        fc.array(fc.double({ min: 0.001, max: 9.99, noNaN: true }), { minLength: 1 }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (values, q) => {
          const rank = Math.max(1, Math.ceil(q * values.length - 1e-9));
          const exact = [...values].sort((a, b) => a - b)[rank - 1] as number;
          const bucket = BOUNDS.findIndex((bound) => exact <= bound);
          const lower = bucket === 0 ? 0 : (BOUNDS[bucket - 1] as number);
          const found = quantile(cellOf(values).snapshot(), q) as number;
          expect(found).toBeGreaterThanOrEqual(lower);
          expect(found).toBeLessThanOrEqual(BOUNDS[bucket] as number);
        },
      ),
    );
  });
});

describe('difference', () => {
  it('holds what was observed in between', () => {
    const cell = cellOf([1, 3, 20]);
    const earlier = cell.snapshot();
    cell.observe(3);
    cell.observe(0.5);
    const between = difference(cell.snapshot(), earlier);
    expect(between).toEqual(cellOf([3, 0.5]).snapshot());
  });
});
