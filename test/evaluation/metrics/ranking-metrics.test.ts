import { auc } from '../../../src/evaluation/metrics/auc';
import {
  averagePrecision,
  averagePrecisionAt,
} from '../../../src/evaluation/metrics/average-precision';
import { coverage, exposure, exposureGini } from '../../../src/evaluation/metrics/coverage';
import { ndcg } from '../../../src/evaluation/metrics/ndcg';
import { novelty } from '../../../src/evaluation/metrics/novelty';
import { pooledRecall, precision } from '../../../src/evaluation/metrics/precision';
import { recall, truncatedRecall } from '../../../src/evaluation/metrics/recall';
import { reciprocalRank } from '../../../src/evaluation/metrics/reciprocal-rank';
import { relevanceOf } from '../../../src/evaluation/metrics/relevance';

/** The example in the documentation of Spark's RankingMetrics: three users. */
const SPARK = [
  relevanceOf([1, 6, 2, 7, 8, 3, 9, 10, 4, 5], new Set([1, 2, 3, 4, 5])),
  relevanceOf([4, 1, 5, 6, 2, 7, 3, 8, 9, 10], new Set([1, 2, 3])),
];

const meanOf = (metric: (r: (typeof SPARK)[number]) => number, users: number) =>
  SPARK.reduce((sum, r) => sum + metric(r), 0) / users;

describe("metrics on the example of Spark's tests (its third user has no targets and counts as 0)", () => {
  test('precision', () => {
    expect(meanOf((r) => precision(r, 1), 3)).toBeCloseTo(1 / 3, 12);
    expect(meanOf((r) => precision(r, 4), 3)).toBeCloseTo(0.75 / 3, 12);
    expect(meanOf((r) => precision(r, 10), 3)).toBeCloseTo(0.8 / 3, 12);
    expect(meanOf((r) => precision(r, 15), 3)).toBeCloseTo(8 / 45, 12);
  });

  test('mean average precision, both forms', () => {
    expect(meanOf(averagePrecision, 3)).toBeCloseTo(0.355026, 5);
    expect(meanOf((r) => averagePrecisionAt(r, 1), 3)).toBeCloseTo(0.333334, 5);
    expect(meanOf((r) => averagePrecisionAt(r, 2), 3)).toBeCloseTo(0.25, 5);
  });

  test('NDCG', () => {
    expect(meanOf((r) => ndcg(r, 3), 3)).toBeCloseTo(1 / 3, 5);
    expect(meanOf((r) => ndcg(r, 5), 3)).toBeCloseTo(0.328788, 5);
    expect(meanOf((r) => ndcg(r, 10), 3)).toBeCloseTo(0.487913, 5);
  });

  test('recall', () => {
    expect(meanOf((r) => recall(r, 1), 3)).toBeCloseTo(1 / 15, 5);
    expect(meanOf((r) => recall(r, 5), 3)).toBeCloseTo(16 / 45, 5);
    expect(meanOf((r) => recall(r, 10), 3)).toBeCloseTo(2 / 3, 5);
  });
});

test('the two recalls differ where a user has more targets than the list has places', () => {
  const relevance = relevanceOf([1, 2, 9], new Set([1, 2, 3, 4, 5, 6]));
  expect(recall(relevance, 3)).toBeCloseTo(2 / 6, 12);
  expect(truncatedRecall(relevance, 3)).toBeCloseTo(2 / 3, 12);
  expect(pooledRecall([relevance, relevanceOf([7], new Set([8]))], 3)).toBeCloseTo(2 / 4, 12);
});

test('the two average precisions differ in the same case', () => {
  const relevance = relevanceOf([1, 9, 2], new Set([1, 2, 3, 4, 5, 6]));
  expect(averagePrecisionAt(relevance, 3)).toBeCloseTo((1 + 2 / 3) / 3, 12);
  expect(averagePrecision(relevance)).toBeCloseTo((1 + 2 / 3) / 6, 12);
});

test('a negative item ends a list', () => {
  expect([...relevanceOf([1, -1, 2], new Set([1, 2])).hits]).toEqual([1, 0, 0]);
});

test('the reciprocal rank is that of the first hit', () => {
  expect(reciprocalRank(relevanceOf([5, 1, 2], new Set([1, 2])), 3)).toBe(0.5);
  expect(reciprocalRank(relevanceOf([5, 1, 2], new Set([2])), 2)).toBe(0);
  expect(reciprocalRank(relevanceOf([5], new Set([2])), 2)).toBe(0);
});

test('AUC counts pairs in the right order, half for ties', () => {
  expect(auc([3, 1], [2, 1, 0])).toBeCloseTo((3 + 1.5) / 6, 12);
  expect(auc([1, 1], [1, 1])).toBe(0.5);
});

test('coverage and evenness tell one list for all from a spread', () => {
  const alike = exposure(
    [
      [0, 1],
      [0, 1, -1],
    ],
    4,
    2,
  );
  expect(coverage(alike)).toBe(0.5);
  expect(exposureGini(alike)).toBeCloseTo(0.5, 12);
  expect(exposureGini(exposure([[0], [1], [2], [3]], 4, 1))).toBe(0);
});

test('novelty is the mean self-information in bits', () => {
  expect(novelty([0, 1, -1], [8, 2], 8, 20)).toBe(1);
  expect(novelty([1], [8, 0], 8, 20)).toBe(3);
});
