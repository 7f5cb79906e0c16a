/**
 * The exact top N of a catalogue for one user: the items with the largest inner product of factors.
 *
 * A score is the inner product summed in float64 in the order of the factors and rounded once to
 * float32, so that everybody who recomputes it gets the same bits. Scores are compared as float32;
 * ties go to the lower item index. Nothing is approximate.
 */
import assert from 'node:assert';
import type { FactorMatrix } from '../als/model';
import { capGroups, type PerGroup } from './cap-groups';

export type { PerGroup } from './cap-groups';

/** Items that must not stand in a list. */
export type Exclusion = Int32Array | ReadonlySet<number>;

export interface TopItemsOptions {
  /** Group of each item (its artist, say); −1: none. Needed for `perGroup`. */
  readonly groupOf?: Int32Array | undefined;
}

export interface TopOptions {
  readonly exclude?: Exclusion | undefined;
  readonly perGroup?: PerGroup | undefined;
}

export interface TopList {
  /** Best first; fewer than n where the catalogue has no more to offer. */
  readonly items: Int32Array;
  readonly scores: Float32Array;
  /** Share of the catalogue that was looked at, 0 … 1. */
  readonly scannedShare: number;
  /** Items whose exact score was computed. */
  readonly rescored: number;
}

export class TopItems {
  readonly #factors: FactorMatrix;
  readonly #groupOf: Int32Array | undefined;

  constructor(itemFactors: FactorMatrix, options: TopItemsOptions = {}) {
    this.#factors = itemFactors;
    this.#groupOf = options.groupOf;
  }

  get itemCount(): number {
    return this.#factors.rows;
  }

  /** The n best items. `perGroup` needs the `groupOf` of the constructor. */
  top(userFactors: Float32Array, n: number, options: TopOptions = {}): TopList {
    const ranked = this.#rankAll(userFactors, options.exclude);
    if (!options.perGroup) return this.#listOf(ranked.slice(0, n), userFactors);
    const groupOf = this.#groupOf;
    assert(groupOf, 'perGroup needs groupOf');
    const groups = ranked.map((item) => groupOf[item]!);
    const { picked } = capGroups(groups, n, options.perGroup);
    return this.#listOf(
      Int32Array.from(picked, (place) => ranked[place]!),
      userFactors,
    );
  }

  #listOf(items: Int32Array, userFactors: Float32Array): TopList {
    const scores = Float32Array.from(items, (item) => exactScore(this.#factors, item, userFactors));
    return { items, scores, scannedShare: 1, rescored: this.#factors.rows };
  }

  #rankAll(userFactors: Float32Array, exclude: Exclusion | undefined): Int32Array {
    const excluded = exclude instanceof Int32Array ? new Set(exclude) : exclude;
    const scores = Float32Array.from({ length: this.#factors.rows }, (_, item) =>
      exactScore(this.#factors, item, userFactors),
    );
    return Int32Array.from(scores.keys())
      .filter((item) => !excluded?.has(item))
      .sort((a, b) => scores[b]! - scores[a]! || a - b);
  }
}

/** The score of one item, as defined above. */
export function exactScore(factors: FactorMatrix, item: number, userFactors: Float32Array): number {
  const { columns, values } = factors;
  const start = item * columns;
  let sum = 0;
  for (let k = 0; k < columns; k++) sum += userFactors[k]! * values[start + k]!;
  return Math.fround(sum);
}
