/** The WASM kernels of the scan over item codes, instantiated on a memory that the index lies in. */
import { readFileSync } from 'node:fs';
import { compiledPath } from '../compiled-path';

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

const PAGE_BYTES = 65_536;
/** Below this lies what the compiler placed. */
export const FIRST_FREE_BYTE = PAGE_BYTES;

let compiled: WebAssembly.Module | undefined;

function kernelModule(): WebAssembly.Module {
  compiled ??= new WebAssembly.Module(readFileSync(compiledPath('src/als/kernels/kernels.wasm')));
  return compiled;
}

/** Shared, so that worker threads can scan the same index. */
export function sharedMemoryOf(bytes: number): WebAssembly.Memory {
  const pages = Math.ceil(bytes / PAGE_BYTES);
  return new WebAssembly.Memory({ initial: pages, maximum: pages + PAGES_TO_GROW, shared: true });
}

/** Room that worker threads may add for their scratch. */
const PAGES_TO_GROW = 1024;

/** Adds `bytes` to the end of the memory and returns where they begin. */
export function growMemory(memory: WebAssembly.Memory, bytes: number): number {
  return memory.grow(Math.ceil(bytes / PAGE_BYTES)) * PAGE_BYTES;
}

export function scanKernelsOn(memory: WebAssembly.Memory): ScanKernels {
  const { exports } = new WebAssembly.Instance(kernelModule(), { env: { memory } });
  return exports as unknown as ScanKernels;
}
