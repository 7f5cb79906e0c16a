/**
 * What the search for the top items reads: items in descending order of their norm, as 8-bit codes
 * with a scale and a rigorous bound of the error, in one WASM memory that threads can share.
 *
 * By Cauchy and Schwarz no item at or after a position can score above ‖user‖ · norm at that position,
 * so a search may stop early; the codes cost a quarter of the memory traffic of float32 rows. The
 * float32 rows themselves stay where they are and are read only for the few items that are rescored.
 */
import assert from 'node:assert';
import { allocateMemory } from '../als/kernels/kernels';
import type { FactorMatrix } from '../als/model';
import { FIRST_FREE_BYTE, scanKernelsOn } from './scan-kernels';

/** Plain data on shared buffers: may be posted to a worker thread as it is. */
export interface ItemIndex {
  readonly factors: FactorMatrix;
  readonly memory: WebAssembly.Memory;
  /** Groups of four factors, an even number, filled with zeros. */
  readonly groups: number;
  /** Positions, a multiple of sixteen; those at and above factors.rows hold no item. */
  readonly positions: number;
  /** Byte offsets into memory. */
  readonly codesAt: number;
  readonly scalesAt: number;
  readonly errorsAt: number;
  readonly scratchAt: number;
  /** Item at each position. */
  readonly itemAt: Int32Array;
  /** Position of each item. */
  readonly positionOf: Int32Array;
  /** Norm at each position, rounded up, descending. */
  readonly norms: Float32Array;
  /** The largest norm of a row of codes. */
  codeNormMax: number;
}

/** Positions that one call of the kernel covers at most. */
export const BLOCK_POSITIONS = 8192;

/** Elements handled between two yields: a few milliseconds. */
const SLICE_ELEMENTS = 1_000_000;
const SLICE_ROWS = 4096;
/** Covers the rounding of a norm to float32. */
const ROUND_UP = 1 + 1e-6;

/** Builds the index; each `yield` is a place to let others run. */
export function* indexItems(factors: FactorMatrix): Generator<void, ItemIndex> {
  const index = layOut(factors);
  const unsorted = new Float32Array(factors.rows);
  yield* measureNorms(factors, unsorted);
  yield* sortByNorm(unsorted, index.itemAt);
  const { itemAt, positionOf, norms } = index;
  for (let from = 0; from < factors.rows; from += SLICE_ELEMENTS) {
    const to = Math.min(factors.rows, from + SLICE_ELEMENTS);
    for (let position = from; position < to; position++) {
      positionOf[itemAt[position]!] = position;
      norms[position] = unsorted[itemAt[position]!]!;
    }
    yield;
  }
  yield* quantize(index);
  return index;
}

function layOut(factors: FactorMatrix): ItemIndex {
  const { rows, columns } = factors;
  const groups = 2 * Math.ceil(columns / 8);
  const positions = Math.ceil(rows / 16) * 16;
  const codesAt = FIRST_FREE_BYTE;
  const scalesAt = codesAt + positions * groups * 4;
  const errorsAt = scalesAt + positions * 4;
  const stagingAt = errorsAt + positions * 4;
  const end = stagingAt + Math.max(SLICE_ROWS * groups * 16, scratchBytes(groups, 1));
  return {
    factors,
    memory: allocateMemory(end),
    groups,
    positions,
    codesAt,
    scalesAt,
    errorsAt,
    scratchAt: stagingAt,
    itemAt: new Int32Array(new SharedArrayBuffer(rows * 4)),
    positionOf: new Int32Array(new SharedArrayBuffer(rows * 4)),
    norms: new Float32Array(new SharedArrayBuffer(rows * 4)),
    codeNormMax: 0,
  };
}

/** Bytes that a search of `users` users at a time needs: their codes, four lists of candidates. */
export function scratchBytes(groups: number, users: number): number {
  return 16 + users * userBlockBytes(groups) + Math.min(4, users) * BLOCK_POSITIONS * 8;
}

/** Codes of one user and three constants, padded to 16 bytes. */
export function userBlockBytes(groups: number): number {
  return groups * 8 + 16;
}

function* measureNorms(factors: FactorMatrix, norms: Float32Array): Generator<void> {
  const { rows, columns, values } = factors;
  const slice = Math.max(1, Math.floor(SLICE_ELEMENTS / Math.max(1, columns)));
  for (let from = 0; from < rows; from += slice) {
    const to = Math.min(rows, from + slice);
    for (let row = from; row < to; row++) {
      let sum = 0;
      const end = (row + 1) * columns;
      for (let k = row * columns; k < end; k++) sum += values[k]! * values[k]!;
      norms[row] = Math.sqrt(sum) * ROUND_UP;
    }
    yield;
  }
  assert(norms.every(Number.isFinite), 'item factors must be finite numbers');
}

const DIGIT_BITS = 11;
const DIGITS = 1 << DIGIT_BITS;

/** Stable radix sort, largest first: the bits of a positive float32 sort as an integer. */
function* sortByNorm(norms: Float32Array, itemAt: Int32Array): Generator<void> {
  const rows = norms.length;
  const bits = new Uint32Array(norms.buffer, norms.byteOffset, rows);
  let from = Int32Array.from(itemAt.keys());
  let to = new Int32Array(rows);
  yield;
  for (let shift = 0; shift < 32; shift += DIGIT_BITS) {
    const starts = new Int32Array(DIGITS + 1);
    const digit = (item: number) => DIGITS - 1 - ((bits[item]! >>> shift) & (DIGITS - 1));
    for (let at = 0; at < rows; at++) {
      starts[digit(from[at]!) + 1]!++;
      if (at % SLICE_ELEMENTS === SLICE_ELEMENTS - 1) yield;
    }
    for (let d = 0; d < DIGITS; d++) starts[d + 1]! += starts[d]!;
    yield;
    for (let at = 0; at < rows; at++) {
      to[starts[digit(from[at]!)]!++] = from[at]!;
      if (at % SLICE_ELEMENTS === SLICE_ELEMENTS - 1) yield;
    }
    [from, to] = [to, from];
    yield;
  }
  itemAt.set(from);
}

function* quantize(index: ItemIndex): Generator<void> {
  const { factors, groups, memory, itemAt } = index;
  const kernels = scanKernelsOn(memory);
  const width = groups * 4;
  const staging = new Float32Array(memory.buffer, index.scratchAt, SLICE_ROWS * width);
  let codeNormSquared = 0;
  const slice = Math.min(SLICE_ROWS, Math.max(1, Math.floor(SLICE_ELEMENTS / 4 / width)));
  for (let from = 0; from < factors.rows; from += slice) {
    const count = Math.min(slice, factors.rows - from);
    for (let r = 0; r < count; r++) {
      const start = itemAt[from + r]! * factors.columns;
      staging.set(factors.values.subarray(start, start + factors.columns), r * width);
    }
    const largest = kernels.quantizeRows(
      index.scratchAt,
      count,
      groups,
      from,
      index.codesAt,
      index.scalesAt,
      index.errorsAt,
    );
    codeNormSquared = Math.max(codeNormSquared, largest);
    yield;
  }
  index.codeNormMax = Math.sqrt(codeNormSquared);
}
