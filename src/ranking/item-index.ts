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
import { scratchBytes } from './block-scanner';
import { PANEL_STEP } from './blocks';
import { findCentroids, PAIR_FLOATS } from './coarse-centroids';
import { inverseNorm, tableBytes } from './coarse-tables';
import { FIRST_FREE_BYTE, scanKernelsOn } from './scan-kernels';

/** Plain data on shared buffers: may be posted to a worker thread as it is. */
export interface ItemIndex {
  readonly factors: FactorMatrix;
  readonly memory: WebAssembly.Memory;
  /** Groups of four factors, an even number, filled with zeros. */
  readonly groups: number;
  /** Positions, a multiple of 32; those at and above factors.rows hold no item. */
  readonly positions: number;
  /** Byte offsets into memory. */
  readonly codesAt: number;
  readonly scalesAt: number;
  readonly errorsAt: number;
  readonly centroidsAt: number;
  readonly scratchAt: number;
  readonly coarse: CoarseCodes;
  /** Item at each position. */
  readonly itemAt: Int32Array;
  /** Position of each item. */
  readonly positionOf: Int32Array;
  /** Norm at each position, rounded up, descending. */
  readonly norms: Float32Array;
  /** The largest norm of a row of codes. */
  codeNormMax: number;
}

/** Four bits for each two factors, see coarse-codes.ts in src/als/kernels/assembly. */
interface CoarseCodes {
  readonly codesAt: number;
  /** A byte for each position: the length of what the centroids leave, in steps of largestError / 255. */
  readonly errorsAt: number;
  largestError: number;
  meanError: number;
}

/** Elements handled between two yields: a few milliseconds. */
const SLICE_ELEMENTS = 1_000_000;
const SLICE_ROWS = 4096;
const SAMPLE_ROWS = 1024;
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
  yield* learnCentroids(index);
  yield* encode(index);
  return index;
}

function layOut(factors: FactorMatrix): ItemIndex {
  const { rows, columns } = factors;
  const groups = 2 * Math.ceil(columns / 8);
  const positions = Math.ceil(rows / PANEL_STEP) * PANEL_STEP;
  const codesAt = FIRST_FREE_BYTE;
  const scalesAt = codesAt + positions * groups * 4;
  const errorsAt = scalesAt + positions * 4;
  const coarseCodesAt = errorsAt + positions * 4;
  const coarseErrorsAt = coarseCodesAt + positions * groups;
  const centroidsAt = coarseErrorsAt + positions;
  const scratchAt = centroidsAt + groups * 2 * PAIR_FLOATS * 4;
  const end = scratchAt + Math.max(SLICE_ROWS * (groups * 16 + 4), scratchBytes(groups, 1));
  return {
    factors,
    memory: allocateMemory(end),
    groups,
    positions,
    codesAt,
    scalesAt,
    errorsAt,
    centroidsAt,
    scratchAt,
    coarse: { codesAt: coarseCodesAt, errorsAt: coarseErrorsAt, largestError: 0, meanError: 0 },
    itemAt: new Int32Array(new SharedArrayBuffer(rows * 4)),
    positionOf: new Int32Array(new SharedArrayBuffer(rows * 4)),
    norms: new Float32Array(new SharedArrayBuffer(rows * 4)),
    codeNormMax: 0,
  };
}

/** The 8-bit scan's codes of one user and three constants, padded to 16 bytes. */
export function codesBytes(groups: number): number {
  return groups * 8 + 16;
}

/** All that the scans know of one user. */
export function userBlockBytes(groups: number): number {
  return codesBytes(groups) + tableBytes(groups * 4);
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

function* encode(index: ItemIndex): Generator<void> {
  const { factors, groups, memory, itemAt, scratchAt, coarse } = index;
  const kernels = scanKernelsOn(memory);
  const width = groups * 4;
  const rows = new Float32Array(memory.buffer, scratchAt, SLICE_ROWS * width);
  const inverses = new Float32Array(memory.buffer, scratchAt + rows.byteLength, SLICE_ROWS);
  let codeNormSquared = 0;
  const slice = Math.min(SLICE_ROWS, Math.ceil(SLICE_ELEMENTS / 4 / width / 16) * 16);
  for (let from = 0; from < factors.rows; from += slice) {
    const count = Math.min(slice, factors.rows - from);
    const filled = Math.ceil(count / 16) * 16;
    rows.fill(0, count * width, filled * width);
    for (let r = 0; r < count; r++) {
      const start = itemAt[from + r]! * factors.columns;
      rows.set(factors.values.subarray(start, start + factors.columns), r * width);
      inverses[r] = inverseNorm(index.norms[from + r]!);
    }
    const largest = kernels.quantizeRows(
      scratchAt,
      count,
      groups,
      from,
      index.codesAt,
      index.scalesAt,
      index.errorsAt,
    );
    codeNormSquared = Math.max(codeNormSquared, largest);
    kernels.encodeCoarse(
      scratchAt,
      filled,
      width,
      from,
      inverses.byteOffset,
      index.centroidsAt,
      coarse.codesAt,
      coarse.errorsAt,
      // Rounded up: the factor covers the conversion to float32.
      (255 / coarse.largestError) * ROUND_UP,
    );
    yield;
  }
  index.codeNormMax = Math.sqrt(codeNormSquared);
}

/** Centroids of a sample of the items, evenly over their norms. */
function* learnCentroids(index: ItemIndex): Generator<void> {
  const { factors, groups, norms, itemAt, coarse } = index;
  const width = groups * 4;
  const count = Math.min(SAMPLE_ROWS, factors.rows);
  const directions = new Float32Array(count * width);
  for (let s = 0; s < count; s++) {
    const position = Math.floor((s * factors.rows) / count);
    const start = itemAt[position]! * factors.columns;
    const inverse = inverseNorm(norms[position]!);
    for (let k = 0; k < factors.columns; k++)
      directions[s * width + k] = factors.values[start + k]! * inverse;
  }
  const found = yield* findCentroids(directions, width);
  new Float32Array(index.memory.buffer, index.centroidsAt, found.values.length).set(found.values);
  coarse.largestError = found.largestError;
  coarse.meanError = found.meanError;
}
