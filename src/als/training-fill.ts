/**
 * Puts the interactions into the training memory, both orders, as the kernels want them: rows padded to groups of 4,
 * byte offsets instead of indices, weights under the rule instead of plays.
 */
import type { SparseRows } from './model';
import { type AlsRule, observedWeight, regularization } from './rule';
import { firstRowsOfBlocks, paddedLength, type SideLayout } from './training-memory';

/** Fills a side's interactions: padded rows, weights under the rule, regularisation, blocks. */
export function fillSide(
  buffer: ArrayBufferLike,
  side: SideLayout,
  matrix: SparseRows,
  rule: AlsRule,
  stride: number,
): void {
  const starts = new Uint32Array(buffer, side.startsAt, side.rows + 1);
  const regs = new Float32Array(buffer, side.regsAt, side.rows);
  const rowBytes = 4 * stride;
  const zeroRow = matrix.columns * rowBytes;
  let entries = 0;
  for (let r = 0; r < side.rows; r++) {
    const length = matrix.starts[r + 1]! - matrix.starts[r]!;
    entries += paddedLength(matrix, r);
    starts[r + 1] = entries;
    regs[r] = length === 0 ? 0 : regularization(rule, length, matrix.columns);
  }
  const offsets = new Uint32Array(buffer, side.offsetsAt, entries);
  const weights = new Float32Array(buffer, side.weightsAt, entries);
  const weightOf = weightTable(rule);
  for (let r = 0; r < side.rows; r++) {
    let at = starts[r]!;
    const end = matrix.starts[r + 1]!;
    for (let k = matrix.starts[r]!; k < end; k++, at++) {
      offsets[at] = matrix.indices[k]! * rowBytes;
      weights[at] = weightOf(matrix.values[k]!);
    }
    for (; at < starts[r + 1]!; at++) offsets[at] = zeroRow;
  }
  const blocks = new Uint32Array(buffer, side.blocksAt, side.blocks + 1);
  blocks.set(firstRowsOfBlocks(matrix));
  blocks[side.blocks] = side.rows;
}

/** Σ of the weights that name each row of `side`, from the other side's rows. Returns Σ of all. */
export function fillTotals(
  buffer: ArrayBufferLike,
  side: SideLayout,
  other: SparseRows,
  rule: AlsRule,
): number {
  const totals = new Float32Array(buffer, side.totalsAt, side.rows);
  const weightOf = weightTable(rule);
  let total = 0;
  for (let k = 0; k < other.indices.length; k++) {
    const weight = weightOf(other.values[k]!);
    totals[other.indices[k]!]! += weight;
    total += weight;
  }
  return total;
}

/** w by plays; small whole counts, the usual case, from a table. */
function weightTable(rule: AlsRule): (plays: number) => number {
  const table = new Float32Array(1024);
  for (let plays = 0; plays < table.length; plays++) table[plays] = observedWeight(rule, plays);
  return (plays) => {
    const small = plays | 0;
    return small === plays && small >= 0 && small < 1024
      ? table[small]!
      : observedWeight(rule, plays);
  };
}
