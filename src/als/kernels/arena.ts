/** Lays out a kernel's memory: each region gets an address, 64-byte aligned, and nothing is ever freed. */
export class Arena {
  #end: number;

  /** Address 0 stays unused, so that a forgotten address is a visible fault. */
  constructor(start = 64) {
    this.#end = Math.ceil(start / 64) * 64;
  }

  /** Reserves `bytes` and returns where. */
  take(bytes: number): number {
    const at = this.#end;
    this.#end = Math.ceil((at + bytes) / 64) * 64;
    return at;
  }

  /** Bytes laid out so far. */
  get bytes(): number {
    return this.#end;
  }
}
