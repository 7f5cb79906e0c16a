/**
 * The one shared memory of a training run: both factor matrices, both orders of the interactions, and each worker's
 * work space. Everything a run touches is here, so its need is known before it starts:
 *
 *   bytes ≈ 4·stride·(users + items) + 16·interactions + 48·(users + items) + 8·stride²·(segments + 4) + workers'
 */
import { copyOut } from './factor-rows';
import { Arena } from './kernels/arena';
import { strideOf } from './kernels/kernels';
import type { FactorMatrix, SparseRows } from './model';
import { type AlsRule, observedWeight, regularization } from './rule';

/** One side (users or items): addresses of its factor rows and of its interactions. */
export interface SideLayout {
  readonly rows: number;
  readonly factorsAt: number;
  /** rows + 1 uint32: where each row's interactions begin, counted in padded entries. */
  readonly startsAt: number;
  /** uint32 byte offsets of the other side's factor rows. */
  readonly offsetsAt: number;
  readonly weightsAt: number;
  /** Regularisation of each row. */
  readonly regsAt: number;
  /** Σ of the weights that name each row: how often interactions meet it. */
  readonly totalsAt: number;
  /** First row of each block of rows, then the number of rows. */
  readonly blocksAt: number;
  readonly blocks: number;
}

export interface TrainingLayout {
  readonly stride: number;
  readonly factorCount: number;
  readonly users: SideLayout;
  readonly items: SideLayout;
  /** Int32: barrier, cursors, stop flag. */
  readonly controlAt: number;
  /** Doubles: one loss a block of the larger side. */
  readonly lossesAt: number;
  /**
   * `segments` times: a partial Gramian (stride × stride doubles), a partial spread and partial squares (stride
   * doubles each). Added in this order, whatever the thread count.
   */
  readonly segmentsAt: number;
  readonly segments: number;
  /** Doubles: the Gramians of the result. */
  readonly userGramianAt: number;
  readonly itemGramianAt: number;
  /** Doubles: eigenvalues. */
  readonly valuesAt: number;
  readonly eigenWorkAt: number;
  /** Floats: Q in panels. */
  readonly panelsAt: number;
  /** Floats: a0·Λ. */
  readonly diagonalAt: number;
  readonly scratchAt: number;
  readonly scratchBytes: number;
  readonly bytes: number;
}

/** Interactions a block of rows holds, about: small enough to share out evenly, large enough to be worth a claim. */
const BLOCK_INTERACTIONS = 8192;

/** Rows a rotation handles at a time (rotate.ts). */
const ROTATE_ROWS = 32;

export function layOutTraining(
  interactions: SparseRows,
  transposed: SparseRows,
  rule: AlsRule,
  threads: number,
): TrainingLayout {
  const arena = new Arena();
  const stride = strideOf(rule.factorCount);
  const square = stride * stride;
  const users = layOutSide(arena, interactions, stride);
  const items = layOutSide(arena, transposed, stride);
  const segments = stride <= 256 ? 16 : 4;
  const scratchBytes = 64 * Math.ceil((4 * (square + stride * ROTATE_ROWS)) / 64);
  return {
    stride,
    factorCount: rule.factorCount,
    users,
    items,
    controlAt: arena.take(64),
    lossesAt: arena.take(8 * Math.max(users.blocks, items.blocks)),
    segmentsAt: arena.take(8 * (square + 2 * stride) * segments),
    segments,
    userGramianAt: arena.take(8 * square),
    itemGramianAt: arena.take(8 * square),
    valuesAt: arena.take(8 * stride),
    eigenWorkAt: arena.take(8 * (square + 3 * stride)),
    panelsAt: arena.take(4 * square),
    diagonalAt: arena.take(4 * stride),
    scratchBytes,
    scratchAt: arena.take(scratchBytes * threads),
    bytes: arena.bytes,
  };
}

function layOutSide(arena: Arena, matrix: SparseRows, stride: number): SideLayout {
  const { rows, starts } = matrix;
  let entries = 0;
  let blocks = 1;
  let inBlock = 0;
  for (let r = 0; r < rows; r++) {
    const length = paddedLength(starts[r + 1]! - starts[r]!);
    if (inBlock > 0 && inBlock + length > BLOCK_INTERACTIONS) {
      blocks += 1;
      inBlock = 0;
    }
    inBlock += length + EMPTY_ROW_COST;
    entries += length;
  }
  return {
    rows,
    // One row more than there are: all zero, the target of padding.
    factorsAt: arena.take(4 * stride * (rows + 1)),
    startsAt: arena.take(4 * (rows + 1)),
    offsetsAt: arena.take(4 * entries),
    weightsAt: arena.take(4 * entries),
    regsAt: arena.take(4 * rows),
    totalsAt: arena.take(4 * rows),
    blocksAt: arena.take(4 * (blocks + 1)),
    blocks,
  };
}

/** A row costs something beside its interactions; without this a million empty rows were one block. */
const EMPTY_ROW_COST = 8;

/** Rows are padded to groups of 4 interactions. */
function paddedLength(length: number): number {
  return (length + 3) & ~3;
}

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
    entries += paddedLength(length);
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
  fillBlocks(buffer, side, starts);
}

function fillBlocks(buffer: ArrayBufferLike, side: SideLayout, starts: Uint32Array): void {
  const blocks = new Uint32Array(buffer, side.blocksAt, side.blocks + 1);
  let block = 1;
  let inBlock = 0;
  for (let r = 0; r < side.rows; r++) {
    const length = starts[r + 1]! - starts[r]!;
    if (inBlock > 0 && inBlock + length > BLOCK_INTERACTIONS) {
      blocks[block++] = r;
      inBlock = 0;
    }
    inBlock += length + EMPTY_ROW_COST;
  }
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

/** The factors as they are now, copied. */
export function copyFactors(
  memory: WebAssembly.Memory,
  layout: TrainingLayout,
): { userFactors: FactorMatrix; itemFactors: FactorMatrix } {
  const { stride, factorCount } = layout;
  const copy = (side: SideLayout): FactorMatrix => {
    const rows = new Float32Array(memory.buffer, side.factorsAt, side.rows * stride);
    return copyOut(rows, stride, side.rows, factorCount);
  };
  return { userFactors: copy(layout.users), itemFactors: copy(layout.items) };
}
