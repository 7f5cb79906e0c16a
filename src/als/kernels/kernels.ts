/**
 * The compiled kernels: one module for the process, one instance for each memory. The module is compiled
 * synchronously and by the optimising compiler at once, so that the first call is as fast as the thousandth.
 */
import { readFileSync } from 'node:fs';
import { setFlagsFromString } from 'node:v8';
import { compiledPath } from '../../compiled-path';
import { SegueError } from '../../errors';

/** A byte address in the instance's memory. */
type Address = number;

/** See the file of each function in assembly/ for what it computes. Strides are in floats, multiples of 8. */
export interface Kernels {
  rankUpdate(
    a: Address,
    b: Address,
    count: number,
    rowBytes: number,
    out: Address,
    outRowBytes: number,
    order: number,
  ): void;
  addGramian(rows: Address, count: number, stride: number, out: Address, scratch: Address): void;
  addWeightedSquares(
    rows: Address,
    weights: Address,
    count: number,
    stride: number,
    out: Address,
  ): void;
  subtractTileProduct(out: Address, left: Address, right: Address): void;
  transposeTile(out: Address, from: Address): void;
  addDoubles(target: Address, source: Address, length: number): void;
  mirror(matrix: Address, order: number): void;
  eigenbasis(matrix: Address, order: number, values: Address, work: Address): number;
  rotateRows(rows: Address, count: number, stride: number, panels: Address, scratch: Address): void;
  startRows(
    rows: Address,
    first: number,
    count: number,
    used: number,
    stride: number,
    seed: number,
    scale: number,
  ): void;
  beginHalfStep(
    stride: number,
    fixedRows: Address,
    diagonal: Address,
    spread: Address,
    scratch: Address,
    targetOffset: number,
    relaxation: number,
  ): void;
  halfStep(
    rows: Address,
    first: number,
    count: number,
    starts: Address,
    offsets: Address,
    weights: Address,
    regs: Address,
    steps: number,
  ): number;
  cholesky(matrix: Address, order: number, inverse: Address): number;
  solve(matrix: Address, order: number, inverse: Address, x: Address): void;
  foldInWorkBytes(stride: number): number;
  beginFoldIn(
    stride: number,
    used: number,
    factors: Address,
    gramian: Address,
    work: Address,
  ): void;
  foldIn(
    offsets: Address,
    weights: Address,
    targets: Address,
    length: number,
    reg: number,
    short: boolean,
    out: Address,
  ): number;
  foldInSums(matrix: Address, rhs: Address, reg: number, out: Address): number;
  factorNormal(
    offsets: Address,
    weights: Address,
    targets: Address,
    length: number,
    reg: number,
  ): number;
  solveNormal(x: Address): void;
  normalAt(): Address;
  inverseAt(): Address;
  loadPanel(factors: Address, offsets: Address, order: number, panel: Address): void;
  solvePanel(matrix: Address, order: number, inverse: Address, panel: Address): void;
  bestReasons(
    factors: Address,
    offsets: Address,
    targets: Address,
    length: number,
    order: number,
    panel: Address,
    best: Address,
    index: Address,
  ): void;
}

export const PAGE_BYTES = 65536;
/** wasm32: 65,536 pages. */
export const MEMORY_BYTES_MAX = 65536 * PAGE_BYTES;

let compiled: WebAssembly.Module | undefined;

/** The module, compiled on first use. Can be handed to a worker thread, which then need not compile it. */
export function kernelModule(): WebAssembly.Module {
  if (compiled === undefined) {
    setFlagsFromString('--no-liftoff');
    compiled = new WebAssembly.Module(readFileSync(compiledPath('src/als/kernels/kernels.wasm')));
  }
  return compiled;
}

export function instantiateKernels(
  memory: WebAssembly.Memory,
  module: WebAssembly.Module = kernelModule(),
): Kernels {
  const instance = new WebAssembly.Instance(module, { env: { memory } });
  return instance.exports as unknown as Kernels;
}

/** A shared memory of at least `bytes`, zeroed. Throws MEMORY_EXCEEDED where the host or wasm32 cannot give it. */
export function allocateMemory(bytes: number): WebAssembly.Memory {
  const pages = Math.max(1, Math.ceil(bytes / PAGE_BYTES));
  if (bytes > MEMORY_BYTES_MAX) throw memoryExceeded(bytes);
  try {
    return new WebAssembly.Memory({ initial: pages, maximum: 65536, shared: true });
  } catch (cause) {
    throw memoryExceeded(bytes, cause);
  }
}

function memoryExceeded(bytes: number, cause?: unknown): SegueError {
  const wanted = `${(bytes / 2 ** 30).toFixed(2)} GiB`;
  return new SegueError(
    'MEMORY_EXCEEDED',
    `Factors and interactions need ${wanted}; one process here takes at most 4 GiB of them. ` +
      'Train with the Spark trainer (--trainer spark), or lower the factor count or the catalogue.',
    { cause },
  );
}

/** Floats a factor row takes in a kernel's memory: the factor count, rounded up to whole groups of 8. */
export function strideOf(factorCount: number): number {
  return Math.ceil(factorCount / 8) * 8;
}
