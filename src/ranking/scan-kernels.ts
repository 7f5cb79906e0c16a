/** The WASM kernels of the scan over item codes, instantiated on a memory that the index lies in. */
import { instantiateKernels, PAGE_BYTES } from '../als/kernels/kernels';

/** Addresses are byte offsets into the memory; see src/als/kernels/assembly/scan-codes.ts. */
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
