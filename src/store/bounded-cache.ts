/**
 * A cache bounded by bytes. Two generations of maps stand in for an exact LRU list: a hit in the old one moves the
 * entry to the young one; when the young one is half full it becomes the old one, whose rest is forgotten. That is
 * one or two map look-ups a read, no list to maintain, and never more than `bytesMax`. What alone is more than half of
 * that is not kept.
 */
export class BoundedCache<V> {
  #young = new Map<string, Entry<V>>();
  #old = new Map<string, Entry<V>>();
  #youngBytes = 0;
  #oldBytes = 0;
  hits = 0;
  misses = 0;

  constructor(private readonly bytesMax: number) {}

  get bytes(): number {
    return this.#youngBytes + this.#oldBytes;
  }

  get(key: string): V | undefined {
    const young = this.#young.get(key);
    if (young !== undefined) {
      this.hits += 1;
      return young.value;
    }
    const old = this.#old.get(key);
    if (old === undefined) {
      this.misses += 1;
      return undefined;
    }
    this.hits += 1;
    this.#forget(this.#old, key, old);
    this.#insert(key, old);
    return old.value;
  }

  /** `bytes`: about what the entry holds in memory, key included. */
  set(key: string, value: V, bytes: number): void {
    this.delete(key);
    this.#insert(key, { value, bytes });
  }

  delete(key: string): void {
    const young = this.#young.get(key);
    if (young !== undefined) this.#forget(this.#young, key, young);
    const old = this.#old.get(key);
    if (old !== undefined) this.#forget(this.#old, key, old);
  }

  clear(): void {
    this.#young = new Map();
    this.#old = new Map();
    this.#youngBytes = 0;
    this.#oldBytes = 0;
  }

  #insert(key: string, entry: Entry<V>): void {
    const half = this.bytesMax / 2;
    if (entry.bytes > half) return;
    if (this.#youngBytes + entry.bytes > half) {
      this.#old = this.#young;
      this.#oldBytes = this.#youngBytes;
      this.#young = new Map();
      this.#youngBytes = 0;
    }
    this.#young.set(key, entry);
    this.#youngBytes += entry.bytes;
  }

  #forget(map: Map<string, Entry<V>>, key: string, entry: Entry<V>): void {
    map.delete(key);
    if (map === this.#young) this.#youngBytes -= entry.bytes;
    else this.#oldBytes -= entry.bytes;
  }
}

interface Entry<V> {
  readonly value: V;
  readonly bytes: number;
}
