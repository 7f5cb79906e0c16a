/**
 * One user's tables for the scan over coarse codes, and the sum of entries that an item must reach.
 *
 * With a direction d = c + e (c its centroids, e the rest) u·d is at most Σ u·c + ‖u‖·‖e‖, and an item of norm N, no
 * greater than the norm M at the start of its block, reaches a score T > 0 only if u·d ≥ T/M. Each u·c is written as
 * base + step·entry with 0 ≤ entry ≤ 63, rounded up; what lies under the base is raised to it, which costs only items
 * that this pair speaks against. So Σ entry + ‖u‖·‖e‖/step ≥ (T/M − Σ base)/step, in whole numbers.
 */
import type { ItemIndex } from './item-index';
import type { ScanKernels } from './scan-kernels';

/** Four entries are summed in one byte. */
const ENTRY_MAX = 63;
/** Share of the widest table's range that the entries span. */
const SPAN = 0.6;
/** Sums are 16 bits: at most 512 pairs of at most 63, and the error's part below 32,768. */
const PAIRS_MAX = 512;
const ERROR_PART_MAX = 32_000;
/**
 * An item's product with the centroids strays by about ‖u‖/√d. Beyond so many times that above the mean error a few
 * per cent of the items are left: with more, looking them up one by one, scattered in memory, costs what the scan saves.
 */
const STRAY = 2;
/** Norms outside are not turned into directions. */
const NORM_MIN = 1e-30;
const NORM_MAX = 1e30;

/** Bytes of a user's tables, two numbers after them, the user's factors. */
export function tableBytes(width: number): number {
  return width * 8 + 16 + width * 4;
}

/** The factor that turns a row into its direction; rows shorter than it makes sense for become shorter than 1. */
export function inverseNorm(norm: number): number {
  return 1 / Math.max(norm, NORM_MIN);
}

export class CoarseTables {
  readonly #index: ItemIndex;
  readonly #kernels: ScanKernels;
  readonly #userAt: number;
  readonly #user: Float32Array;
  readonly #numbers: Int32Array;
  #norm = 0;
  /** 0 until this user's tables are written. */
  #step = 0;
  #bases = 0;
  /** A product of user and direction above this makes the coarse codes worth reading. */
  #worthwhile = Number.POSITIVE_INFINITY;

  /** `at`: where in the index's memory tableBytes(width) bytes are free. */
  constructor(
    index: ItemIndex,
    kernels: ScanKernels,
    readonly at: number,
  ) {
    const { memory, groups } = index;
    const width = groups * 4;
    this.#index = index;
    this.#kernels = kernels;
    this.#numbers = new Int32Array(memory.buffer, at + width * 8, 2);
    this.#userAt = at + width * 8 + 16;
    this.#user = new Float32Array(memory.buffer, this.#userAt, width).fill(0);
  }

  /** `norm`: the user's, rounded up. */
  start(user: Float32Array, norm: number): void {
    const { groups, norms, coarse } = this.#index;
    const usable = groups * 2 <= PAIRS_MAX && norm > NORM_MIN && norm < NORM_MAX;
    this.#norm = norm;
    this.#step = 0;
    this.#user.set(user);
    this.#worthwhile =
      usable && (norms[0] ?? 0) < NORM_MAX
        ? norm * (coarse.meanError + STRAY / Math.sqrt(user.length))
        : Number.POSITIVE_INFINITY;
  }

  /**
   * Tells the scan what a block that begins at `from` must reach. False where that is so little that too many items
   * would be left.
   */
  prepareBlock(from: number, threshold: number): boolean {
    const product = threshold / Math.max(this.#index.norms[from]!, NORM_MIN);
    if (!(product > this.#worthwhile)) return false;
    if (this.#step === 0) this.#write();
    // Two off: the rounding of the kernel's product with the error, and that of the sums here.
    const need = Math.ceil((product - this.#bases) / this.#step) - 2;
    this.#numbers[1] = Math.min(65_535, Math.max(0, need));
    return true;
  }

  /** Only for users who come to need the tables. */
  #write(): void {
    const { groups, coarse, centroidsAt } = this.#index;
    const width = groups * 4;
    const range = this.#kernels.widestRange(this.#userAt, width, centroidsAt);
    const farthest = coarse.largestError * this.#norm;
    const step = Math.fround(Math.max((SPAN * range) / ENTRY_MAX, farthest / ERROR_PART_MAX));
    this.#bases = this.#kernels.writeTables(this.#userAt, width, centroidsAt, step, this.at);
    this.#numbers[0] = Math.ceil((256 * farthest) / (255 * step)) + 1;
    this.#step = step;
  }
}
