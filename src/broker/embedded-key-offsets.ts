/**
 * The last offset of each key within a stretch of a partition, in bounded memory: an open-addressing
 * table of 128-bit digests, 24 bytes a slot, as Kafka's cleaner keeps it. A `Map` of strings would take six times as much.
 */
import { hash } from 'node:crypto';

export class KeyOffsets {
  private readonly digests: Int32Array;
  /** Offset + 1; 0 is a free slot. */
  private readonly offsets: Float64Array;
  private readonly mask: number;
  private count = 0;

  /** At most `keysMax` distinct keys. */
  constructor(private readonly keysMax: number) {
    const slots = 2 ** Math.ceil(Math.log2(Math.max(16, keysMax * 1.5)));
    this.digests = new Int32Array(4 * slots);
    this.offsets = new Float64Array(slots);
    this.mask = slots - 1;
  }

  /** Whether as many further keys would fit. */
  hasRoomFor(keys: number): boolean {
    return this.count + keys <= this.keysMax;
  }

  set(key: Buffer, offset: number): void {
    const digest = digestOf(key);
    const slot = this.slotOf(digest);
    if (this.offsets[slot] === 0) {
      for (let i = 0; i < 4; i++) this.digests[4 * slot + i] = digest.readInt32LE(4 * i);
      this.count++;
    }
    this.offsets[slot] = offset + 1;
  }

  /** −1 where the key was not set. */
  get(key: Buffer): number {
    return this.offsets[this.slotOf(digestOf(key))]! - 1;
  }

  private slotOf(digest: Buffer): number {
    const [a, b, c, d] = [0, 4, 8, 12].map((at) => digest.readInt32LE(at));
    for (let slot = a! & this.mask; ; slot = (slot + 1) & this.mask) {
      if (this.offsets[slot] === 0) return slot;
      const at = 4 * slot;
      const { digests } = this;
      if (
        digests[at] === a &&
        digests[at + 1] === b &&
        digests[at + 2] === c &&
        digests[at + 3] === d
      )
        return slot;
    }
  }
}

/** Not for security: for its even spread. 128 of its bits make two keys fall together never in practice. */
function digestOf(key: Buffer): Buffer {
  return hash('sha1', key, 'buffer');
}
