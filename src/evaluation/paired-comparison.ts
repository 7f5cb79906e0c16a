/**
 * Two models, the same users: the mean of the differences and its standard error, which is several
 * times smaller than that of either mean, and a seeded bootstrap interval for a single mean.
 */
import assert from 'node:assert';
import { mulberry32 } from '../random';

export interface PairedComparison {
  readonly users: number;
  /** Mean of a − b. */
  readonly difference: number;
  /** Standard deviation of a − b over √users. */
  readonly standardError: number;
}

export function comparePaired(a: Float64Array, b: Float64Array): PairedComparison {
  assert.equal(a.length, b.length, 'paired values are of the same users');
  return {
    users: a.length,
    difference: mean(a.map((value, user) => value - b[user]!)),
    standardError: standardErrorOf(a.map((value, user) => value - b[user]!)),
  };
}

export function mean(values: Float64Array): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** Sample standard deviation (n − 1) over √n. */
export function standardErrorOf(values: Float64Array): number {
  const centre = mean(values);
  const squares = values.reduce((sum, value) => sum + (value - centre) ** 2, 0);
  return Math.sqrt(squares / (values.length - 1) / values.length);
}

export interface Interval {
  readonly low: number;
  readonly high: number;
}

/** Percentile bootstrap of the mean over users (Efron 1979). */
export function bootstrapMean(values: Float64Array, options: BootstrapOptions): Interval {
  return bootstrapMeans([values], options)[0]!;
}

export interface BootstrapOptions {
  readonly seed: number;
  readonly samples?: number;
  readonly level?: number;
}

/** Of several values of the same users, each sample drawn once for all of them. */
export function bootstrapMeans(
  columns: readonly Float64Array[],
  { seed, samples = 1000, level = 0.95 }: BootstrapOptions,
): Interval[] {
  const users = columns[0]?.length ?? 0;
  const random = mulberry32(seed);
  const means = columns.map(() => new Float64Array(samples));
  const sums = new Float64Array(columns.length);
  for (let sample = 0; sample < samples; sample++) {
    sums.fill(0);
    for (let draw = 0; draw < users; draw++) {
      const user = random.below(users);
      for (let column = 0; column < sums.length; column++) sums[column]! += columns[column]![user]!;
    }
    for (let column = 0; column < sums.length; column++)
      means[column]![sample] = sums[column]! / users;
  }
  return means.map((sorted) => {
    sorted.sort();
    const at = (share: number) => sorted[Math.min(samples - 1, Math.floor(share * samples))]!;
    return { low: at((1 - level) / 2), high: at((1 + level) / 2) };
  });
}
