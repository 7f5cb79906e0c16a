/** LightFM against Python's, seed for seed: reference.json is what make_reference.py printed. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { SparseRows } from '../../src/als/model';
import { projectRoot } from '../../src/compiled-path';
import { LightFm } from '../../src/lightfm/light-fm';
import type { LightFmOptions } from '../../src/lightfm/light-fm-options';

interface JsonRows {
  readonly rows: number;
  readonly columns: number;
  readonly starts: readonly number[];
  readonly indices: readonly number[];
  readonly values: readonly number[];
}

interface Case {
  readonly name: string;
  readonly options: Readonly<Record<string, unknown>>;
  readonly features?: boolean;
  readonly weighted?: boolean;
  readonly users: readonly number[];
  readonly userBiases: readonly number[];
  readonly items: readonly number[];
  readonly itemBiases: readonly number[];
  readonly ranks: readonly number[];
  readonly auc: number;
}

interface Reference {
  readonly likes: JsonRows;
  readonly signs: JsonRows;
  readonly weights: readonly number[];
  readonly userFeatures: JsonRows;
  readonly itemFeatures: JsonRows;
  readonly test: JsonRows;
  readonly cases: readonly Case[];
}

const REFERENCE = JSON.parse(
  readFileSync(join(projectRoot(), 'test/support/lightfm/reference.json'), 'utf8'),
) as Reference;

function sparse({ rows, columns, starts, indices, values }: JsonRows): SparseRows {
  return {
    rows,
    columns,
    starts: Uint32Array.from(starts),
    indices: Int32Array.from(indices),
    values: Float32Array.from(values),
  };
}

/** no_components → noComponents */
function optionsOf(options: Case['options']): Partial<LightFmOptions> {
  const camel = (name: string) =>
    name.replace(/_(\w)/g, (_, letter: string) => letter.toUpperCase());
  return Object.fromEntries(Object.entries(options).map(([name, value]) => [camel(name), value]));
}

function largestDifference(found: ArrayLike<number>, expected: readonly number[]): number {
  expect(found.length).toBe(expected.length);
  return expected.reduce((most, value, k) => Math.max(most, Math.abs(value - found[k]!)), 0);
}

const likes = sparse(REFERENCE.likes);

describe("learns what Python's LightFM learns from the same seed", () => {
  it.each(REFERENCE.cases.map((one) => [one.name, one] as const))('%s', async (_, one) => {
    const options = optionsOf(one.options);
    const features = one.features
      ? {
          userFeatures: sparse(REFERENCE.userFeatures),
          itemFeatures: sparse(REFERENCE.itemFeatures),
        }
      : {};
    const sampleWeight = one.weighted ? Float32Array.from(REFERENCE.weights) : undefined;
    const model = new LightFm(options);
    const data = options.loss === 'logistic' ? sparse(REFERENCE.signs) : likes;
    await model.fit(data, { epochs: 3, ...features, sampleWeight });
    const { users, items } = model.representations();
    expect(largestDifference(items.embeddings.values, one.items)).toBeLessThan(2e-5);
    expect(largestDifference(items.biases, one.itemBiases)).toBeLessThan(2e-5);
    expect(largestDifference(users.embeddings.values, one.users)).toBeLessThan(2e-5);
    expect(largestDifference(users.biases, one.userBiases)).toBeLessThan(2e-5);
    const ranks = model.predictRank(sparse(REFERENCE.test), { ...features, train: likes });
    expect([...ranks]).toEqual(one.ranks);
  });
});
