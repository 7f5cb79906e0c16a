import { COUNTERPARTS, counterpartTable } from '../../../src/evaluation/metrics/counterparts';
import { randomLists, relevancesOf } from '../../support/random-lists';

const relevances = relevancesOf(randomLists(1));

function value(library: string, name: string, k: number): number {
  return COUNTERPARTS.find((one) => one.library === library && one.name === name)!.compute(
    relevances,
    k,
  );
}

it('tells three things apart that are called MAP', () => {
  const values = [
    value('Spark', 'meanAveragePrecisionAt(k)', 20),
    value('Spark', 'meanAveragePrecision', 20),
    value('ranx', 'map@k', 20),
  ];
  expect(new Set(values.map((one) => one.toFixed(6))).size).toBe(3);
  expect(value('implicit', 'map@k', 20)).toBe(values[0]);
});

it("shows that implicit's precision is none", () => {
  expect(value('implicit', 'precision@k', 100)).toBeGreaterThan(
    value('Spark', 'precisionAt(k)', 100),
  );
});

it('makes a row of each', () => {
  const lines = counterpartTable().split('\n');
  expect(lines).toHaveLength(2 + COUNTERPARTS.length);
  expect(lines.every((line) => line.split('|').length === 6)).toBe(true);
});
