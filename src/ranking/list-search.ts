/**
 * The search of one user's list over an item index: what the scan needs to know of the user, and what
 * to do with the candidates it finds.
 *
 * Bounds. With item y = s·q + e and user u = t·p + f (q, p integers), |u·y − s·t·p·q| is at most
 * ‖u‖·‖e‖ + ‖f‖·‖s·q‖, and ‖s·q‖ ≤ ‖y‖ + ‖e‖. So an item of a block with largest norm N scores within
 * (‖u‖ + ‖f‖)·‖e‖ + ‖f‖·N of s·t·p·q. `slack` adds what the float32 arithmetic of the scan and the
 * rounding of the score to float32 can cost (a few 2⁻²⁴ of ‖u‖·N; 2·10⁻⁶ is well above it).
 */
import assert from 'node:assert';
import { CoarseTables } from './coarse-tables';
import { descending } from './descending';
import { exactScores } from './exact-score';
import { codesBytes, type ItemIndex } from './item-index';
import type { ScanKernels } from './scan-kernels';
import { Shortlist } from './shortlist';

const ROUNDING = 2e-6;
/** Below this product of norms float32 loses its relative precision: search by norms alone. */
const SMALLEST_SCORE = 1e-25;
const UNDERFLOW = 1e-34;
/** The scan's 32-bit sums hold 256·p·q, which Cauchy and Schwarz bound by 256·‖p‖·‖q‖. */
const SUM_MAX = 2 ** 31 / 256 - 4;
const CODE_MAX = 32_000;

export class ListSearch {
  readonly #index: ItemIndex;
  readonly #scales: Float32Array;
  readonly #errors: Float32Array;
  readonly #codes: Int16Array;
  readonly #constants: Float32Array;
  readonly tables: CoarseTables;
  readonly #shortlist = new Shortlist();
  /** Positions of excluded items, marked only while a search runs. */
  readonly #marked: Uint8Array;
  #excluded: Int32Array | undefined;
  #refused: ReadonlySet<number> | undefined;
  #user: Float32Array = new Float32Array(0);
  #norm = 0;
  #restNorm = 0;
  #factor = 0;
  #errorFactor = 0;

  /** `blockAt`: where in the index's memory the user's codes are put for the scan. */
  constructor(
    index: ItemIndex,
    kernels: ScanKernels,
    readonly blockAt: number,
  ) {
    const { memory, groups, positions } = index;
    this.#index = index;
    this.#scales = new Float32Array(memory.buffer, index.scalesAt, positions);
    this.#errors = new Float32Array(memory.buffer, index.errorsAt, positions);
    this.#codes = new Int16Array(memory.buffer, blockAt, groups * 4);
    const constantsAt = blockAt + groups * 8;
    this.#constants = new Float32Array(memory.buffer, constantsAt, 3);
    this.#marked = new Uint8Array(index.factors.rows);
    this.tables = new CoarseTables(index, kernels, blockAt + codesBytes(groups));
  }

  start(
    user: Float32Array,
    n: number,
    exclude: Int32Array | ReadonlySet<number> | undefined,
  ): void {
    assert.equal(user.length, this.#index.factors.columns, 'factors of user and items differ');
    this.#user = user;
    this.#shortlist.start(n);
    this.#excluded = exclude instanceof Int32Array ? exclude : undefined;
    this.#refused = exclude instanceof Int32Array ? undefined : exclude;
    this.#mark(1);
    this.#encode(user);
  }

  /** The first position that cannot be in the list: by its norm alone. */
  get limit(): number {
    const { norms } = this.#index;
    const reach = this.#shortlist.threshold / (this.#norm * (1 + ROUNDING));
    if (!(reach > 0)) return norms.length;
    let low = 0;
    let high = norms.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (norms[middle]! >= reach) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /** Tells the scan what is a candidate from this position on. True where the coarse codes had better tell first. */
  prepareBlock(from: number): boolean {
    const reached = this.#shortlist.threshold - this.#slack(from);
    const threshold = reached - Math.abs(reached) * ROUNDING;
    this.#constants[0] = this.#factor;
    this.#constants[1] = this.#errorFactor;
    this.#constants[2] = threshold;
    return this.#factor > 0 && this.tables.prepareBlock(from, threshold);
  }

  /** `found`: pairs of position and dot product, from a block that began at `from`. */
  take(found: Int32Array, count: number, from: number): void {
    const slack = this.#slack(from);
    const rows = this.#marked.length;
    for (let c = 0; c < count; c++) {
      const position = found[2 * c]!;
      if (position >= rows || this.#marked[position] === 1) continue;
      if (this.#refused?.has(this.#index.itemAt[position]!)) continue;
      const approx = found[2 * c + 1]! * this.#factor * this.#scales[position]!;
      const error = this.#errorFactor * this.#errors[position]! + slack;
      this.#shortlist.offer(position, approx - error, approx + error);
    }
  }

  /** Ends the search: the n best by exact score, ties to the lower item. */
  finish(n: number): { items: Int32Array; scores: Float32Array; rescored: number } {
    this.#mark(0);
    const { factors, itemAt } = this.#index;
    const items = this.#shortlist.survivors();
    // In the order of the items, so that equal scores stay in it. (Plain loops: a callback for each costs more.)
    for (let c = 0; c < items.length; c++) items[c] = itemAt[items[c]!]!;
    items.sort();
    const scores = exactScores(factors, items, this.#user);
    const order = descending(scores);
    const length = Math.min(n, items.length);
    const best = { items: new Int32Array(length), scores: new Float32Array(length) };
    for (let place = 0; place < length; place++) {
      best.items[place] = items[order[place]!]!;
      best.scores[place] = scores[order[place]!]!;
    }
    return { ...best, rescored: items.length };
  }

  #slack(from: number): number {
    const norm = this.#index.norms[from]!;
    return this.#restNorm * norm + ROUNDING * this.#norm * norm + UNDERFLOW;
  }

  #mark(value: 0 | 1): void {
    const excluded = this.#excluded;
    if (!excluded) return;
    for (let e = 0; e < excluded.length; e++) {
      const position = this.#index.positionOf[excluded[e]!];
      if (position !== undefined) this.#marked[position] = value;
    }
  }

  #encode(user: Float32Array): void {
    let squares = 0;
    let peak = 0;
    for (let k = 0; k < user.length; k++) {
      squares += user[k]! * user[k]!;
      peak = Math.max(peak, Math.abs(user[k]!));
    }
    this.#norm = Math.sqrt(squares);
    assert(Number.isFinite(this.#norm), 'user factors must be finite numbers');
    const largestNorm = this.#index.norms[0] ?? 0;
    // ‖p‖ is at most ‖u‖/t + √d/2 after rounding.
    const codeNorm = SUM_MAX / Math.max(1, this.#index.codeNormMax) - Math.sqrt(user.length);
    const step = Math.max(this.#norm / codeNorm, peak / CODE_MAX);
    const usable = this.#norm * largestNorm > SMALLEST_SCORE;
    this.#factor = usable ? Math.fround((step / 256) * (1 + ROUNDING)) : 0;
    this.#restNorm = this.#writeCodes(user, this.#factor * 256);
    this.#errorFactor = Math.fround((this.#norm + this.#restNorm) * (1 + ROUNDING));
    this.tables.start(user, this.#norm * (1 + ROUNDING));
  }

  /** Returns ‖u − t·p‖. */
  #writeCodes(user: Float32Array, step: number): number {
    const codes = this.#codes;
    codes.fill(0);
    let rest = 0;
    for (let k = 0; k < user.length; k++) {
      const code = step > 0 ? Math.round(user[k]! / step) : 0;
      // Order of the scan: (0, 2), (1, 3) of each group of four.
      codes[(k & ~3) + ((k & 1) << 1) + ((k & 2) >> 1)] = code;
      const difference = user[k]! - step * code;
      rest += difference * difference;
    }
    return Math.sqrt(rest) * (1 + ROUNDING);
  }
}
