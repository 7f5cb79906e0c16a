import type { AlsRule } from './rule';

/** Row-major float32 matrix: row r is values.subarray(r·columns, (r+1)·columns). */
export interface FactorMatrix {
  readonly rows: number;
  readonly columns: number;
  readonly values: Float32Array;
}

/** d × d, float64, row-major, symmetric: YᵀY. */
export type Gramian = Float64Array;

/** All that fold-in needs. Immutable; a new generation is a new object. */
export interface AlsModel {
  readonly rule: AlsRule;
  readonly itemFactors: FactorMatrix;
  readonly itemGramian: Gramian;
}

/** Compressed sparse rows: row r's entries are columns/values[starts[r] … starts[r+1]). */
export interface SparseRows {
  readonly rows: number;
  readonly columns: number;
  /** rows + 1 entries. */
  readonly starts: Uint32Array;
  readonly indices: Int32Array;
  /** Plays r > 0. */
  readonly values: Float32Array;
}
