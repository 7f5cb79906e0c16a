/** Reads Kafka's primitive types from a buffer; byte fields are views into it, not copies. */

const TWO_32 = 2 ** 32;

/** A signed 64-bit integer as a number (exact to 2^53). */
export function int64At(buffer: Buffer, at: number): number {
  return buffer.readInt32BE(at) * TWO_32 + buffer.readUInt32BE(at + 4);
}

export class WireReader {
  constructor(
    readonly buffer: Buffer,
    public at = 0,
  ) {}

  int8(): number {
    return this.buffer.readInt8(this.#advance(1));
  }

  int16(): number {
    return this.buffer.readInt16BE(this.#advance(2));
  }

  int32(): number {
    return this.buffer.readInt32BE(this.#advance(4));
  }

  int64(): number {
    return int64At(this.buffer, this.#advance(8));
  }

  bigInt64(): bigint {
    return this.buffer.readBigInt64BE(this.#advance(8));
  }

  string(): string {
    return this.#text(Math.max(this.int16(), 0));
  }

  uvarint(): number {
    let value = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = this.buffer.readUInt8(this.#advance(1));
      value |= (byte & 127) << shift;
      if (byte < 128) return value >>> 0;
    }
  }

  compactString(): string {
    return this.#text(Math.max(this.uvarint() - 1, 0));
  }

  skipTags(): void {
    for (let tags = this.uvarint(); tags > 0; tags--) {
      this.uvarint();
      this.#advance(this.uvarint());
    }
  }

  /** A view of the next `length` bytes. */
  bytes(length: number): Buffer {
    const at = this.#advance(length);
    return this.buffer.subarray(at, at + length);
  }

  array<T>(read: (reader: WireReader) => T): T[] {
    return this.#items(this.int32(), read);
  }

  compactArray<T>(read: (reader: WireReader) => T): T[] {
    return this.#items(this.uvarint() - 1, read);
  }

  #items<T>(count: number, read: (reader: WireReader) => T): T[] {
    const items: T[] = [];
    for (let i = 0; i < count; i++) items.push(read(this));
    return items;
  }

  #text(length: number): string {
    const at = this.#advance(length);
    return this.buffer.toString('utf8', at, at + length);
  }

  #advance(bytes: number): number {
    const at = this.at;
    this.at += bytes;
    return at;
  }
}
