/** The WASM kernels of the scan over item codes, instantiated on a memory that the index lies in. */
import { instantiateKernels, PAGE_BYTES } from '../als/kernels/kernels';

/** Addresses are byte offsets into the memory; see scan-codes.ts and coarse-codes.ts in src/als/kernels/assembly. */
export interface ScanKernels {
  scanForOne(
    codes: number,
    scales: number,
    errors: number,
    groups: number,
    from: number,
    to: number,
    user: number,
    out: number,
  ): number;
  scanListed(
    codes: number,
    scales: number,
    errors: number,
    groups: number,
    list: number,
    count: number,
    user: number,
    out: number,
  ): number;
  scanForFour(
    codes: number,
    scales: number,
    errors: number,
    groups: number,
    from: number,
    to: number,
    users: number,
    out: number,
    outBytes: number,
  ): void;
  scanCoarse(
    codes: number,
    errors: number,
    width: number,
    from: number,
    to: number,
    user: number,
    out: number,
  ): number;
  widestRange(user: number, width: number, centroids: number): number;
  writeTables(user: number, width: number, centroids: number, step: number, tables: number): number;
  encodeCoarse(
    rows: number,
    count: number,
    width: number,
    from: number,
    inverses: number,
    centroids: number,
    codes: number,
    errors: number,
    stepsPerUnit: number,
  ): void;
  quantizeRows(
    rows: number,
    count: number,
    groups: number,
    from: number,
    codes: number,
    scales: number,
    errors: number,
  ): number;
}

/** Below this lies what the compiler placed. */
export const FIRST_FREE_BYTE = PAGE_BYTES;

/** Adds `bytes` to the end of the memory and returns where they begin. */
export function growMemory(memory: WebAssembly.Memory, bytes: number): number {
  return memory.grow(Math.ceil(bytes / PAGE_BYTES)) * PAGE_BYTES;
}

export function scanKernelsOn(memory: WebAssembly.Memory): ScanKernels {
  return instantiateKernels(memory) as unknown as ScanKernels;
}
