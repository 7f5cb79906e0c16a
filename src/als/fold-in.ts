/**
 * One row's factors from its whole history: the batch half step for a single row, exact to float32. For a new
 * item the same with roles swapped: a model whose "item factors" are the users'.
 */
import { SegueError } from '../errors';
import { FoldInWorkspace } from './fold-in-workspace';
import type { AlsModel } from './model';

export class FoldIn {
  readonly workspace: FoldInWorkspace;

  /**
   * Copies the model's item factors into a kernel's memory (4·d bytes an item). Use from one thread. `spareRows`: items
   * that may be added with `setRow`.
   */
  constructor(
    readonly model: AlsModel,
    { spareRows = 0 }: { readonly spareRows?: number } = {},
  ) {
    this.workspace = new FoldInWorkspace(model, spareRows);
  }

  /** See `FoldInWorkspace.setRow`: from now on histories may hold the item, and all rows are solved with it. */
  setRow(item: number, factors: Float32Array): void {
    this.workspace.setRow(item, factors);
  }

  /**
   * x of (a0·G + Σ w·y·yᵀ + reg·I)·x = Σ b·y over the history, each item given once. An empty history gives zeros.
   * Writes into `into` (factorCount floats) where given. Throws MATRIX_SINGULAR.
   */
  solve(itemIndices: Int32Array, plays: Float32Array, into?: Float32Array): Float32Array {
    const { workspace } = this;
    const d = this.model.rule.factorCount;
    const result = into ?? new Float32Array(d);
    if (itemIndices.length === 0) return result.fill(0);
    const staged = workspace.stage(itemIndices, plays);
    const { offsetsAt, weightsAt, targetsAt, outAt, kernels } = workspace;
    const { length, reg, short } = staged;
    const rounds = kernels.foldIn(offsetsAt, weightsAt, targetsAt, length, reg, short, outAt);
    if (rounds < 0) throw singularMatrix(length, reg);
    result.set(workspace.floats(outAt, d));
    return result;
  }
}

export function singularMatrix(length: number, reg: number): SegueError {
  return new SegueError(
    'MATRIX_SINGULAR',
    `The normal matrix of a row of ${length} interactions is not positive definite ` +
      `(regularisation ${reg}). Raise lambda, or check the factors for NaN.`,
  );
}
