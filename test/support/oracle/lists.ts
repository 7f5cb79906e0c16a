/** Lists from scratch: a dense solve by ml-matrix, a full sort; and the popular list. Shares no code with the streams. */
import { Matrix, solve } from 'ml-matrix';

export interface OracleModel {
  readonly factorCount: number;
  readonly alpha: number;
  readonly lambda: number;
  /** 0: lambda as it is; 1: times the user's interactions. */
  readonly nu: number;
  /** Row i: factors of item i, in the order of `trackIds`. */
  readonly factors: Float32Array;
  readonly trackIds: readonly string[];
}

/** (YᵀY + Σ alpha·r·y·yᵀ + lambda·n^nu·I) x = Σ (1 + alpha·r)·y: Hu, Koren and Volinsky with nu 0, Spark with 1. */
export class DenseLists {
  readonly #gramian: Matrix;
  readonly #itemOf: ReadonlyMap<string, number>;

  constructor(private readonly model: OracleModel) {
    const rows = Matrix.from1DArray(
      model.trackIds.length,
      model.factorCount,
      Array.from(model.factors),
    );
    this.#gramian = rows.transpose().mmul(rows);
    this.#itemOf = new Map(model.trackIds.map((trackId, item) => [trackId, item]));
  }

  /** Items of the model that the user has heard. */
  known(plays: ReadonlyMap<string, number>): [number, number][] {
    return [...plays].flatMap(([trackId, count]) => {
      const item = this.#itemOf.get(trackId);
      return item === undefined ? [] : [[item, count] as [number, number]];
    });
  }

  /** Score of every item, −Infinity for heard ones. */
  scores(plays: ReadonlyMap<string, number>): Float64Array {
    const { factorCount: d, factors, trackIds } = this.model;
    const known = this.known(plays);
    const user = this.#solve(known);
    const scores = new Float64Array(trackIds.length);
    for (let item = 0; item < scores.length; item++) {
      let sum = 0;
      for (let i = 0; i < d; i++) sum += user[i]! * factors[item * d + i]!;
      scores[item] = sum;
    }
    for (const [item] of known) scores[item] = Number.NEGATIVE_INFINITY;
    return scores;
  }

  /** Score of one track; undefined where it is no item. */
  scoreOf(trackId: string, plays: ReadonlyMap<string, number>): number | undefined {
    const item = this.#itemOf.get(trackId);
    if (item === undefined) return undefined;
    const { factorCount: d, factors } = this.model;
    const user = this.#solve(this.known(plays));
    return user.reduce((sum, value, i) => sum + value * factors[item * d + i]!, 0);
  }

  #solve(known: readonly [number, number][]): number[] {
    const { factorCount: d, alpha, lambda, nu, factors } = this.model;
    const normal = Float64Array.from(this.#gramian.to1DArray());
    const right = new Float64Array(d);
    for (let i = 0; i < d; i++) normal[i * d + i]! += lambda * known.length ** nu;
    for (const [item, count] of known) {
      const row = factors.subarray(item * d, (item + 1) * d);
      for (let i = 0; i < d; i++) {
        right[i]! += (1 + alpha * count) * row[i]!;
        const weighted = alpha * count * row[i]!;
        for (let j = 0; j < d; j++) normal[i * d + j]! += weighted * row[j]!;
      }
    }
    return solve(Matrix.from1DArray(d, d, normal), Matrix.columnVector(right)).to1DArray();
  }

  /**
   * What is wrong with a published list, if anything: it must be the `length` best in order, except where scores differ
   * by less than `tolerance`: never rising, and nothing outside better than its last.
   */
  fault(
    list: readonly string[],
    plays: ReadonlyMap<string, number>,
    length: number,
    tolerance: number,
  ): string | undefined {
    const scores = this.scores(plays);
    const expected = Math.min(
      length,
      scores.filter((score) => score > Number.NEGATIVE_INFINITY).length,
    );
    if (list.length !== expected) return `${list.length} tracks, expected ${expected}`;
    if (new Set(list).size !== list.length) return 'a track stands in it twice';
    let last = Number.POSITIVE_INFINITY;
    for (const [place, trackId] of list.entries()) {
      const item = this.#itemOf.get(trackId);
      if (plays.has(trackId) || item === undefined)
        return `${trackId} has been heard, or is no item`;
      if (!(scores[item]! < last + tolerance))
        return `place ${place + 1}: score ${scores[item]} after ${last}`;
      last = scores[item]!;
      scores[item] = Number.NEGATIVE_INFINITY;
    }
    const outside = scores.reduce((best, score) => Math.max(best, score), Number.NEGATIVE_INFINITY);
    return outside < last + tolerance
      ? undefined
      : `a track outside scores ${outside}, the last one inside ${last}`;
  }
}

/** The `depth` tracks with most listeners, ties by id. */
export function oraclePopularTracks(
  listeners: ReadonlyMap<string, number>,
  depth: number,
): string[] {
  const sorted = [...listeners].sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1));
  return sorted.slice(0, depth).map(([track]) => track);
}

/** Without the heard ones. */
export function oraclePopular(
  popular: readonly string[],
  plays: ReadonlyMap<string, number>,
  length: number,
): string[] {
  return popular.filter((track) => !plays.has(track)).slice(0, length);
}

export interface Cap {
  readonly length: number;
  /** Tracks of one artist in each `window` places; a track without an artist counts against nobody. */
  readonly max: number;
  readonly window: number;
}

/**
 * Fills place after place with the best track that is left and may stand in the window of that place, as the rule says
 * it; ends where none may.
 */
export function oracleCapped(
  best: readonly { readonly id: string; readonly artist: string }[],
  { length, max, window }: Cap,
): string[] {
  const left = [...best];
  const list: (typeof best)[number][] = [];
  while (list.length < length) {
    const inWindow = list.slice(list.length - (list.length % window));
    const next = left.findIndex(
      ({ artist }) => artist === '' || inWindow.filter((one) => one.artist === artist).length < max,
    );
    if (next < 0) break;
    list.push(...left.splice(next, 1));
  }
  return list.map(({ id }) => id);
}
