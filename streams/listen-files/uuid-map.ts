/**
 * A map from UUID to UUID, or to a number, that holds tens of millions: 32 bytes an entry in an open-addressed table,
 * instead of some three hundred as a Map of texts.
 */
import { SegueError } from '../../src/errors';
import { isUuid } from '../by-user/track-id';

/** Words of a slot: the key's four, the value's four. A key of zeros is an empty slot. */
const SLOT_WORDS = 8;
const SLOTS_MIN = 1024;
/** 2 GiB of table. */
const SLOTS_MAX = 2 ** 26;
const LOAD_MAX = 0.75;
const DASH = 45;
const WORD = 2 ** 32;

export class UuidMap {
  #table = new Uint32Array(SLOTS_MIN * SLOT_WORDS);
  #slots = SLOTS_MIN;
  #size = 0;
  readonly #key = new Uint32Array(4);
  readonly #value = new Uint32Array(4);

  constructor(private readonly slotsMax: number = SLOTS_MAX) {}

  get size(): number {
    return this.#size;
  }

  /** The last value of a key counts. Throws MEMORY_EXCEEDED beyond three quarters of the largest table. */
  set(key: string, value: string): void {
    const at = this.#put(key);
    this.#table.set(wordsOf(value, this.#value), at + 4);
  }

  /** In lower case; undefined also for what is no UUID. */
  get(key: string): string | undefined {
    const at = this.#find(key);
    return at === undefined ? undefined : textOf(this.#table, at + 4);
  }

  /** In a map of numbers: whole, from 0 to 2^53. */
  setNumber(key: string, value: number): void {
    const at = this.#put(key);
    this.#table[at + 4] = Math.floor(value / WORD);
    this.#table[at + 5] = value % WORD;
  }

  getNumber(key: string): number | undefined {
    const at = this.#find(key);
    return at === undefined ? undefined : this.#table[at + 4]! * WORD + this.#table[at + 5]!;
  }

  #put(key: string): number {
    if (this.#size + 1 > this.#slots * LOAD_MAX) this.#grow();
    const words = wordsOf(key, this.#key);
    const at = this.#slotOf(words) * SLOT_WORDS;
    if (isEmpty(this.#table, at)) this.#size++;
    this.#table.set(words, at);
    return at;
  }

  #find(key: string): number | undefined {
    if (!isUuid(key)) return undefined;
    const at = this.#slotOf(wordsOf(key, this.#key)) * SLOT_WORDS;
    return isEmpty(this.#table, at) ? undefined : at;
  }

  /** The slot of the key, or the empty one where it would stand. */
  #slotOf(words: Uint32Array): number {
    const mask = this.#slots - 1;
    // UUIDs are random, or hashes: any bits will do, but versions and variants stand at fixed places.
    let slot = (words[0]! ^ Math.imul(words[3]!, 0x9e3779b1)) & mask;
    for (;;) {
      const at = slot * SLOT_WORDS;
      if (isEmpty(this.#table, at) || isSame(this.#table, at, words)) return slot;
      slot = (slot + 1) & mask;
    }
  }

  #grow(): void {
    if (this.#slots * 2 > this.slotsMax) {
      throw new SegueError(
        'MEMORY_EXCEEDED',
        `expected at most ${Math.floor(this.slotsMax * LOAD_MAX)} ids in a mapping; ` +
          'leave out the rows of tracks that the files do not have',
      );
    }
    const old = this.#table;
    this.#slots *= 2;
    this.#table = new Uint32Array(this.#slots * SLOT_WORDS);
    for (let at = 0; at < old.length; at += SLOT_WORDS) {
      if (isEmpty(old, at)) continue;
      const slot = this.#slotOf(old.subarray(at, at + 4));
      this.#table.set(old.subarray(at, at + SLOT_WORDS), slot * SLOT_WORDS);
    }
  }
}

function isEmpty(table: Uint32Array, at: number): boolean {
  return (table[at]! | table[at + 1]! | table[at + 2]! | table[at + 3]!) === 0;
}

function isSame(table: Uint32Array, at: number, words: Uint32Array): boolean {
  for (let k = 0; k < 4; k++) if (table[at + k] !== words[k]) return false;
  return true;
}

/** Into `words`; by character, since a mapping has tens of millions of rows. Throws nothing: callers have checked the form. */
function wordsOf(uuid: string, words: Uint32Array): Uint32Array {
  let digits = 0;
  let word = 0;
  for (let at = 0; at < uuid.length; at++) {
    const code = uuid.charCodeAt(at);
    if (code === DASH) continue;
    // 0 to 9, else a to f in either case.
    word = (word << 4) | (code < 58 ? code - 48 : (code | 32) - 87);
    digits++;
    if ((digits & 7) === 0) words[(digits >> 3) - 1] = word;
  }
  return words;
}

function textOf(table: Uint32Array, at: number): string {
  const digits = Array.from(table.subarray(at, at + 4), (word) =>
    word.toString(16).padStart(8, '0'),
  ).join('');
  return digits.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}
