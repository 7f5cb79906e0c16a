/**
 * A long history as sums, so that one more listen costs O(d²) and not the whole history again:
 *
 *   N = Σ w_j·y_j·y_jᵀ,  v = Σ b_j·y_j,  n
 *
 * A change of one interaction's plays is a rank-1 change of N; a0·G + N + reg(n)·I is factored when the row is solved.
 * Sums are float64, and 10^5 changes move them by less than 1e-9; they belong to one model.
 */
import assert from 'node:assert';
import { type FoldIn, singularMatrix } from './fold-in';
import { observedTarget, observedWeight, regularization } from './rule';

export class LongHistory {
  readonly #foldIn: FoldIn;
  readonly #normal: Float64Array;
  readonly #rhs: Float64Array;
  #length = 0;

  constructor(foldIn: FoldIn) {
    const { stride } = foldIn.workspace;
    this.#foldIn = foldIn;
    this.#normal = new Float64Array(stride * stride);
    this.#rhs = new Float64Array(stride);
  }

  /** Interactions in the sums. */
  get length(): number {
    return this.#length;
  }

  /** Takes an interaction from `before` to `after` plays; 0 plays: it is not there. O(d²). */
  change(item: number, before: number, after: number): void {
    const { rule, itemFactors } = this.#foldIn.model;
    assert(item >= 0 && item < itemFactors.rows, `item ${item} is not among ${itemFactors.rows}`);
    const weight = (plays: number): number => (plays > 0 ? observedWeight(rule, plays) : 0);
    const target = (plays: number): number => (plays > 0 ? observedTarget(rule, plays) : 0);
    this.#length += (after > 0 ? 1 : 0) - (before > 0 ? 1 : 0);
    // In float32, as the staged form of `FoldIn` has them.
    this.#add(
      item,
      Math.fround(weight(after)) - Math.fround(weight(before)),
      Math.fround(target(after)) - Math.fround(target(before)),
    );
  }

  /** The row's factors: what `FoldIn.solve` gives for the same history. */
  solve(into?: Float32Array): Float32Array {
    const { workspace, model } = this.#foldIn;
    const { stride, sumsAt, outAt, kernels } = workspace;
    const d = model.rule.factorCount;
    const result = into ?? new Float32Array(d);
    if (this.#length === 0) return result.fill(0);
    const rhsAt = sumsAt + 8 * stride * stride;
    const normal = workspace.doubles(sumsAt, stride * stride);
    normal.set(this.#normal);
    workspace.doubles(rhsAt, stride).set(this.#rhs);
    kernels.mirror(sumsAt, stride);
    const reg = regularization(model.rule, this.#length, model.itemFactors.rows);
    if (kernels.foldInSums(sumsAt, rhsAt, reg, outAt) < 0) throw singularMatrix(this.#length, reg);
    result.set(workspace.floats(outAt, d));
    return result;
  }

  /** Upper triangle only. */
  #add(item: number, weight: number, target: number): void {
    const y = this.#foldIn.workspace.row(item);
    const { length } = y;
    const normal = this.#normal;
    for (let i = 0; i < length; i++) {
      const scaled = weight * y[i]!;
      this.#rhs[i]! += target * y[i]!;
      for (let j = i; j < length; j++) normal[i * length + j]! += scaled * y[j]!;
    }
  }
}
