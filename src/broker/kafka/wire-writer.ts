/** Writes Kafka's primitive types into one growing buffer (protocol guide, "Protocol Primitive Types"). */
import type { WirePayload } from './kafkajs-internals';

const FIRST_BYTES = 256;

export class WireWriter {
  #buffer: Buffer;
  #length = 0;

  constructor(bytes = FIRST_BYTES) {
    this.#buffer = Buffer.allocUnsafe(bytes);
  }

  int8(value: number): this {
    const at = this.#reserve(1);
    this.#buffer.writeInt8(value, at);
    return this;
  }

  int16(value: number): this {
    const at = this.#reserve(2);
    this.#buffer.writeInt16BE(value, at);
    return this;
  }

  int32(value: number): this {
    const at = this.#reserve(4);
    this.#buffer.writeInt32BE(value, at);
    return this;
  }

  int64(value: number | bigint): this {
    const at = this.#reserve(8);
    this.#buffer.writeBigInt64BE(BigInt(value), at);
    return this;
  }

  string(value: string | null): this {
    if (value === null) return this.int16(-1);
    const bytes = Buffer.byteLength(value);
    this.int16(bytes);
    const at = this.#reserve(bytes);
    this.#buffer.write(value, at, 'utf8');
    return this;
  }

  /** Unsigned variable-length integer. */
  uvarint(value: number): this {
    let rest = value;
    for (; rest > 127; rest >>>= 7) this.int8(((rest & 127) | 128) - 256);
    return this.int8(rest);
  }

  /** A string of the "flexible" request versions: its length + 1 as uvarint; null is 0. */
  compactString(value: string | null): this {
    if (value === null) return this.uvarint(0);
    const bytes = Buffer.byteLength(value);
    this.uvarint(bytes + 1);
    const at = this.#reserve(bytes);
    this.#buffer.write(value, at, 'utf8');
    return this;
  }

  /** The empty list of tagged fields that ends each structure of a flexible version. */
  noTags(): this {
    return this.uvarint(0);
  }

  raw(bytes: Buffer): this {
    const at = this.#reserve(bytes.length);
    bytes.copy(this.#buffer, at);
    return this;
  }

  finish(): Buffer {
    return this.#buffer.subarray(0, this.#length);
  }

  /** As kafkajs' connection takes it. */
  payload(): WirePayload {
    const buffer = this.finish();
    return { buf: buffer, buffer, size: () => buffer.length };
  }

  /** Must be called before `#buffer` is named: it may put a larger one in its place. */
  #reserve(bytes: number): number {
    const at = this.#length;
    this.#length += bytes;
    if (this.#length > this.#buffer.length) {
      const larger = Buffer.allocUnsafe(Math.max(this.#length, 2 * this.#buffer.length));
      this.#buffer.copy(larger, 0, 0, at);
      this.#buffer = larger;
    }
    return at;
  }
}
