/** Columns of numbers of unknown length: doubled when full, so that they take what typed arrays take. */
export class GrowingColumn<A extends Int32Array | Uint32Array> {
  #values: A;
  #length = 0;

  constructor(private readonly make: (length: number) => A) {
    this.#values = make(1024);
  }

  get length(): number {
    return this.#length;
  }

  push(value: number): void {
    if (this.#length === this.#values.length) {
      const grown = this.make(2 * this.#length);
      grown.set(this.#values);
      this.#values = grown;
    }
    this.#values[this.#length++] = value;
  }

  /** What has been pushed; shares the memory. */
  values(): A {
    return this.#values.subarray(0, this.#length) as A;
  }
}
