/** Seeded factors, histories and interactions for the tests of als/ and ranking/. */
import { allocateFactors } from '../../src/als/factor-rows';
import { buildSparseRows } from '../../src/als/interactions';
import type { FactorMatrix, SparseRows } from '../../src/als/model';
import { type AlsRule, hkvRule, implicitRule, rendleRule, sparkRule } from '../../src/als/rule';
import { normal, type Random } from '../../src/random';

/** Every form of the rule that is in use somewhere, by name. */
export const DIALECTS: Readonly<Record<string, (factorCount: number) => AlsRule>> = {
  hkv: (factorCount) => hkvRule({ factorCount, alpha: 10, lambda: 0.1 }),
  'hkv with logarithm': (factorCount) => ({
    ...hkvRule({ factorCount, alpha: 10, lambda: 0.1 }),
    scale: 'log',
    epsilon: 0.5,
  }),
  spark: (factorCount) => sparkRule({ factorCount, alpha: 4, lambda: 0.05 }),
  implicit: (factorCount) => implicitRule({ factorCount, alpha: 2, lambda: 0.1 }),
  'implicit with weights below zero': (factorCount) =>
    implicitRule({ factorCount, alpha: 0.4, lambda: 20 }),
  rendle: (factorCount) => rendleRule({ factorCount, alpha0: 0.1, lambda: 0.003, nu: 1 }),
  'rendle with constant regularisation': (factorCount) =>
    rendleRule({ factorCount, alpha0: 0.02, lambda: 2, nu: 0 }),
};

/** Columns of falling size, roughly as trained factors have them. */
export function randomFactors(random: Random, rows: number, columns: number): FactorMatrix {
  const factors = allocateFactors(rows, columns);
  for (let k = 0; k < rows * columns; k++) {
    factors.values[k] = (normal(random) * 0.6) / (1 + (k % columns) / 8);
  }
  return factors;
}

export interface History {
  readonly items: Int32Array;
  readonly plays: Float32Array;
}

/** `length` different items with 1 to 9 plays. */
export function randomHistory(random: Random, length: number, items: number): History {
  const chosen = new Set<number>();
  while (chosen.size < length) chosen.add(random.below(items));
  const plays = Float32Array.from({ length }, () => 1 + random.below(9));
  return { items: Int32Array.from(chosen), plays };
}

/** Users × items with popular and rare items, rows of every length, some empty. */
export function randomInteractions(
  random: Random,
  users: number,
  items: number,
  entries: number,
): SparseRows {
  const triples = { users: [] as number[], items: [] as number[], plays: [] as number[] };
  for (let k = 0; k < entries; k++) {
    triples.users.push(Math.floor(users * random.next() ** 1.5));
    triples.items.push(Math.floor(items * random.next() ** 2));
    triples.plays.push(1 + random.below(5));
  }
  return buildSparseRows(users, items, triples);
}

/** Users of ten tastes, each with 25 items mostly of their own taste: something to learn. */
export function tasteInteractions(random: Random, users: number, items: number): SparseRows {
  const triples = { users: [] as number[], items: [] as number[], plays: [] as number[] };
  for (let user = 0; user < users; user++) {
    for (let k = 0; k < 25; k++) {
      const any = Math.floor(items * random.next() ** 2);
      triples.users.push(user);
      triples.items.push(random.next() < 0.2 ? any : any - (any % 10) + (user % 10));
      triples.plays.push(1 + random.below(3));
    }
  }
  return buildSparseRows(users, items, triples);
}
