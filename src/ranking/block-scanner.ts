/**
 * Runs searches over the blocks of an index, several users side by side. Where the coarse codes of a block rule most
 * items out for a user, they say whose 8-bit codes are looked at; for the others one pass over those serves four.
 */
import { BLOCK_POSITIONS, blockEnd, PANEL_STEP } from './blocks';
import { type ItemIndex, userBlockBytes } from './item-index';
import { ListSearch } from './list-search';
import { type ScanKernels, scanKernelsOn } from './scan-kernels';

const OUT_BYTES = BLOCK_POSITIONS * 8;
/** Of a list of panels of four positions. */
const LIST_BYTES = BLOCK_POSITIONS;

/** Bytes that a search of `users` users at a time needs: what the scans know of them, lists of candidates. */
export function scratchBytes(groups: number, users: number): number {
  return 16 + users * userBlockBytes(groups) + Math.min(4, users) * OUT_BYTES + LIST_BYTES;
}

export class BlockScanner {
  readonly searches: readonly ListSearch[];
  readonly #index: ItemIndex;
  readonly #kernels: ScanKernels;
  /** Four addresses of users in, four counts out. */
  readonly #table: Int32Array;
  readonly #found: readonly Int32Array[];
  readonly #tableAt: number;
  readonly #outAt: number;
  readonly #listAt: number;

  /** `scratchAt`: where scratchBytes(groups, users) bytes are free. */
  constructor(index: ItemIndex, scratchAt: number, users: number) {
    const { memory, groups } = index;
    this.#index = index;
    this.#kernels = scanKernelsOn(memory);
    this.#tableAt = scratchAt;
    this.#table = new Int32Array(memory.buffer, scratchAt, 4);
    const usersAt = scratchAt + 16;
    this.#outAt = usersAt + users * userBlockBytes(groups);
    this.searches = Array.from(
      { length: users },
      (_, s) => new ListSearch(index, this.#kernels, usersAt + s * userBlockBytes(groups)),
    );
    this.#listAt = this.#outAt + Math.min(4, users) * OUT_BYTES;
    this.#found = Array.from(
      { length: Math.min(4, users) },
      (_, o) => new Int32Array(memory.buffer, this.#outAt + o * OUT_BYTES, BLOCK_POSITIONS * 2),
    );
  }

  /** Runs started searches to their end; returns the number of positions looked at, summed. */
  run(searches: readonly ListSearch[], n: number): number {
    const { positions } = this.#index;
    let active = [...searches];
    let scanned = 0;
    for (let from = 0; from < positions && active.length > 0; ) {
      active = active.filter((search) => search.limit > from);
      const farthest = active.reduce((end, search) => Math.max(end, search.limit), from);
      const end = Math.ceil(farthest / PANEL_STEP) * PANEL_STEP;
      const to = Math.min(blockEnd(from, n, positions), end);
      scanned += active.length * (Math.min(to, this.#index.factors.rows) - from);
      this.#scanBlock(active, from, to);
      from = to;
    }
    return scanned;
  }

  #scanBlock(active: readonly ListSearch[], from: number, to: number): void {
    const others: ListSearch[] = [];
    for (const search of active)
      if (search.prepareBlock(from)) this.#scanCoarse(search, from, to);
      else others.push(search);
    let at = 0;
    // Four at once cost about as much as two and a half alone.
    for (; others.length - at > 2; at += 4) this.#scanFour(others.slice(at, at + 4), from, to);
    for (; at < others.length; at++) this.#scanOne(others[at]!, from, to);
  }

  #scanCoarse(search: ListSearch, from: number, to: number): void {
    const { coarse, codesAt, scalesAt, errorsAt, groups } = this.#index;
    const listed = this.#kernels.scanCoarse(
      coarse.codesAt,
      coarse.errorsAt,
      groups * 4,
      from,
      to,
      search.tables.at,
      this.#listAt,
    );
    const count = this.#kernels.scanListed(
      codesAt,
      scalesAt,
      errorsAt,
      groups,
      this.#listAt,
      listed,
      search.blockAt,
      this.#outAt,
    );
    search.take(this.#found[0]!, count, from);
  }

  #scanOne(search: ListSearch, from: number, to: number): void {
    const { codesAt, scalesAt, errorsAt, groups } = this.#index;
    const count = this.#kernels.scanForOne(
      codesAt,
      scalesAt,
      errorsAt,
      groups,
      from,
      to,
      search.blockAt,
      this.#outAt,
    );
    search.take(this.#found[0]!, count, from);
  }

  #scanFour(searches: readonly ListSearch[], from: number, to: number): void {
    const { codesAt, scalesAt, errorsAt, groups } = this.#index;
    for (let s = 0; s < 4; s++) this.#table[s] = (searches[s] ?? searches[0]!).blockAt;
    this.#kernels.scanForFour(
      codesAt,
      scalesAt,
      errorsAt,
      groups,
      from,
      to,
      this.#tableAt,
      this.#outAt,
      OUT_BYTES,
    );
    for (let s = 0; s < searches.length; s++)
      searches[s]!.take(this.#found[s]!, this.#table[s]!, from);
  }
}
