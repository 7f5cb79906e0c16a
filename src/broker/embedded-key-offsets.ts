/**
 * The last offset of each key within a stretch of a partition, in bounded memory: an open-addressing
 * table beside one block of key bytes. Keys are compared whole, since a digest that falls together, by
 * chance or by somebody's design, would delete a record. A `Map` of strings takes several times as much
 * and keeps the garbage collector busy.
 */
import { murmur2 } from './partitioner';

/** The block starts with this and doubles as needed. */
const BLOCK_BYTES_MIN = 64 * 1024;

export class KeyOffsets {
  private readonly hashes: Int32Array;
  /** Where a key lies in the block, and how long it is. */
  private readonly starts: Uint32Array;
  private readonly lengths: Uint32Array;
  /** Offset + 1; 0 is a free slot. */
  private readonly offsets: Float64Array;
  private readonly mask: number;
  private block = Buffer.allocUnsafeSlow(BLOCK_BYTES_MIN);
  private blockUsed = 0;
  private count = 0;

  /** At most `keysMax` distinct keys, 30 bytes each, with `keyBytesMax` bytes in all. */
  constructor(
    private readonly keysMax: number,
    private readonly keyBytesMax: number,
  ) {
    const slots = 2 ** Math.ceil(Math.log2(Math.max(16, keysMax * 1.5)));
    this.hashes = new Int32Array(slots);
    this.starts = new Uint32Array(slots);
    this.lengths = new Uint32Array(slots);
    this.offsets = new Float64Array(slots);
    this.mask = slots - 1;
  }

  /** Whether that many further keys of that many bytes would fit. The first always have room, whatever their bytes. */
  hasRoomFor(keys: number, keyBytes: number): boolean {
    if (this.count === 0) return keys <= this.keysMax;
    return this.count + keys <= this.keysMax && this.blockUsed + keyBytes <= this.keyBytesMax;
  }

  set(key: Buffer, offset: number): void {
    const hash = murmur2(key);
    const slot = this.slotOf(key, hash);
    if (this.offsets[slot] === 0) {
      this.hashes[slot] = hash;
      this.starts[slot] = this.keep(key);
      this.lengths[slot] = key.length;
      this.count++;
    }
    this.offsets[slot] = offset + 1;
  }

  /** −1 where the key was not set. */
  get(key: Buffer): number {
    return this.offsets[this.slotOf(key, murmur2(key))]! - 1;
  }

  /** The slot of the key, or the free one where it belongs. */
  private slotOf(key: Buffer, hash: number): number {
    for (let slot = hash & this.mask; ; slot = (slot + 1) & this.mask) {
      if (this.offsets[slot] === 0) return slot;
      if (this.hashes[slot] === hash && this.isKeyAt(slot, key)) return slot;
    }
  }

  private isKeyAt(slot: number, key: Buffer): boolean {
    const length = this.lengths[slot]!;
    if (length !== key.length) return false;
    const start = this.starts[slot]!;
    return this.block.compare(key, 0, length, start, start + length) === 0;
  }

  /** Puts the key into the block and answers where. */
  private keep(key: Buffer): number {
    const start = this.blockUsed;
    this.blockUsed += key.length;
    if (this.blockUsed > this.block.length) {
      const larger = Buffer.allocUnsafeSlow(Math.max(this.blockUsed, 2 * this.block.length));
      larger.set(this.block.subarray(0, start));
      this.block = larger;
    }
    this.block.set(key, start);
    return start;
  }
}
