/**
 * A processor's view of its state: reads go this step's overlay → the overlay being committed → a bounded cache of
 * decoded values → the database. Writes go to the overlay only, so the database never sees an uncommitted byte.
 *
 * Values are immutable by agreement: change one by putting a new object.
 */
import { assert } from '../assert';
import { BoundedCache } from './bounded-cache';
import type { SlotDatabase, Write } from './slot-database';

/** Synchronous encoding of a store's values. */
export interface ValueCodec<V> {
  encode(value: V): Buffer;
  decode(bytes: Buffer): V;
}

/** What processors may do. Keys are any text without U+10FFFF, which is no character. */
export interface StateStore<V> {
  get(key: string): V | undefined;
  put(key: string, value: V): void;
  delete(key: string): void;
  /** Visits all entries whose key begins with `prefix`, this step's own writes included; not in order. */
  visit(prefix: string, visitor: (key: string, value: V) => void): Promise<void>;
  /** The same as a map: for prefixes that hold little. */
  scan(prefix: string): Promise<Map<string, V>>;
  /**
   * Entries of the committed keys in order from behind `after`, at most `limit`, with this step's own values: for going
   * through a store in pages, past the cache. Ends with an empty page.
   */
  entriesAfter(after: string, limit: number): Promise<Map<string, V>>;
  /** Keys in order from behind `after`, at most `limit`, as committed: for sweeps that see each key sooner or later. */
  keysAfter(after: string, limit: number): Promise<string[]>;
}

/** One dirty key of a frozen step; null bytes for a deletion. */
export interface FrozenEntry {
  readonly key: string;
  readonly bytes: Buffer | null;
}

type Overlay<V> = Map<string, V | null>;

/** Rough size of a decoded value against its encoded bytes, and of the map entry and key around it. */
const DECODED_FACTOR = 3;
const ENTRY_BYTES = 120;

export class LayeredStore<V> implements StateStore<V> {
  #current: Overlay<V> = new Map();
  #committing: Overlay<V> | undefined;
  #frozenBytes: readonly FrozenEntry[] = [];
  readonly #cache: BoundedCache<V>;

  constructor(
    readonly name: string,
    private readonly prefix: string,
    private readonly database: SlotDatabase,
    private readonly codec: ValueCodec<V>,
    cacheBytesMax: number,
  ) {
    this.#cache = new BoundedCache(cacheBytesMax);
  }

  get dirtyKeys(): number {
    return this.#current.size;
  }

  get cacheStatistics(): {
    readonly hits: number;
    readonly misses: number;
    readonly bytes: number;
  } {
    return { hits: this.#cache.hits, misses: this.#cache.misses, bytes: this.#cache.bytes };
  }

  get(key: string): V | undefined {
    let written = this.#current.get(key);
    if (written === undefined) written = this.#committing?.get(key);
    if (written !== undefined) return written === null ? undefined : written;
    const cached = this.#cache.get(key);
    if (cached !== undefined) return cached;
    const bytes = this.database.get(this.prefix + key);
    if (bytes === undefined) return undefined;
    const value = this.codec.decode(bytes);
    this.#remember(key, value, bytes.length);
    return value;
  }

  put(key: string, value: V): void {
    this.#current.set(key, value);
  }

  delete(key: string): void {
    this.#current.set(key, null);
  }

  async visit(prefix: string, visitor: (key: string, value: V) => void): Promise<void> {
    // Taken before the database's snapshot: a commit that ends meanwhile is then in one of the two at least.
    const overlaid = new Map<string, V | null>();
    for (const overlay of [this.#committing, this.#current]) {
      for (const [key, value] of overlay ?? [])
        if (key.startsWith(prefix)) overlaid.set(key, value);
    }
    for await (const [stored, bytes] of this.database.entries(this.prefix + prefix)) {
      const key = stored.slice(this.prefix.length);
      if (!overlaid.has(key)) visitor(key, this.codec.decode(bytes));
    }
    for (const [key, value] of overlaid) if (value !== null) visitor(key, value);
  }

  async scan(prefix: string): Promise<Map<string, V>> {
    const found = new Map<string, V>();
    await this.visit(prefix, (key, value) => found.set(key, value));
    return found;
  }

  async entriesAfter(after: string, limit: number): Promise<Map<string, V>> {
    // Taken before the database's snapshot, as in `visit`.
    const [committing, current] = [this.#committing, this.#current];
    const entries = await this.database.entriesAfter(this.prefix, this.prefix + after, limit);
    const page = new Map<string, V>();
    for (const [stored, bytes] of entries) {
      const key = stored.slice(this.prefix.length);
      const written = current.get(key) ?? committing?.get(key);
      page.set(key, written ?? this.codec.decode(bytes));
    }
    return page;
  }

  async keysAfter(after: string, limit: number): Promise<string[]> {
    const keys = await this.database.keysAfter(this.prefix, this.prefix + after, limit);
    return keys.map((key) => key.slice(this.prefix.length));
  }

  /** Ends the overlay of a step and encodes it; a new, empty one takes the next step's writes. */
  freeze(): readonly FrozenEntry[] {
    assert(this.#committing === undefined, 'one step commits at a time');
    const frozen: FrozenEntry[] = [];
    this.#current.forEach((value, key) => {
      frozen.push({ key, bytes: value === null ? null : this.codec.encode(value) });
    });
    this.#committing = this.#current;
    this.#current = new Map();
    this.#frozenBytes = frozen;
    return frozen;
  }

  /** The frozen entries as database writes. */
  writes(frozen: readonly FrozenEntry[]): Write[] {
    return frozen.map(({ key, bytes }) => ({ key: this.prefix + key, value: bytes }));
  }

  /** The frozen step is committed and in the database: its overlay turns into cache. */
  committed(): void {
    const overlay = this.#committing;
    if (overlay === undefined) return;
    for (const { key, bytes } of this.#frozenBytes) {
      const value = overlay.get(key);
      if (value === null || value === undefined || bytes === null) this.#cache.delete(key);
      else this.#remember(key, value, bytes.length);
    }
    this.#committing = undefined;
    this.#frozenBytes = [];
  }

  /** Forgets everything not in the database (after a failed step, or before a restore). */
  reset(): void {
    this.#current = new Map();
    this.#committing = undefined;
    this.#frozenBytes = [];
    this.#cache.clear();
  }

  /** For restores: the database write for one changelog record, past all layers. */
  restoreWrite(key: string, bytes: Buffer | null): Write {
    this.#cache.delete(key);
    return { key: this.prefix + key, value: bytes };
  }

  decode(bytes: Buffer): V {
    return this.codec.decode(bytes);
  }

  #remember(key: string, value: V, encodedBytes: number): void {
    this.#cache.set(key, value, ENTRY_BYTES + key.length + encodedBytes * DECODED_FACTOR);
  }
}
