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
import type { AlsRule } from './rule';

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
  const { rows } = matrix;
  let entries = 0;
  for (let r = 0; r < rows; r++) entries += paddedLength(matrix, r);
  const blocks = firstRowsOfBlocks(matrix).length;
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

/** Where blocks of rows begin: about BLOCK_INTERACTIONS each, or one longer row. */
export function firstRowsOfBlocks(matrix: SparseRows): number[] {
  const firstRows = [0];
  let inBlock = 0;
  for (let r = 0; r < matrix.rows; r++) {
    const length = paddedLength(matrix, r);
    if (inBlock > 0 && inBlock + length > BLOCK_INTERACTIONS) {
      firstRows.push(r);
      inBlock = 0;
    }
    inBlock += length + EMPTY_ROW_COST;
  }
  return firstRows;
}

/** A row costs something beside its interactions; without this a million empty rows were one block. */
const EMPTY_ROW_COST = 8;

/** Rows are padded to groups of 4 interactions. */
export function paddedLength(matrix: SparseRows, row: number): number {
  return (matrix.starts[row + 1]! - matrix.starts[row]! + 3) & ~3;
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
