/**
 * The exact top N of a catalogue for one user: the items with the largest inner product of factors.
 *
 * A score is the inner product summed in float64 in the order of the factors and rounded once to
 * float32, so that everybody who recomputes it gets the same bits. Scores are compared as float32;
 * ties go to the lower item index. Nothing is approximate: the 8-bit codes of the index only decide
 * which items are worth rescoring, by bounds that hold always.
 */
import assert from 'node:assert';
import type { FactorMatrix, SparseRows } from '../als/model';
import { yieldToEventLoop } from '../clock';
import { BlockScanner } from './block-scanner';
import { capGroups, type PerGroup } from './cap-groups';
import { type ItemIndex, indexItems } from './item-index';
import { type TopLists, topForUsers } from './top-for-users';

export { exactScore } from './exact-score';

/** Items that must not stand in a list. */
export type Exclusion = Int32Array | ReadonlySet<number>;

export interface TopItemsOptions {
  /** Group of each item (its artist, say); −1: none. Needed for `perGroup`. */
  readonly groupOf?: Int32Array | undefined;
}

export interface TopOptions {
  readonly exclude?: Exclusion | undefined;
  readonly perGroup?: PerGroup | undefined;
}

export interface TopList {
  /** Best first; fewer than n where the catalogue has no more to offer. */
  readonly items: Int32Array;
  readonly scores: Float32Array;
  /** Share of the catalogue whose codes were looked at, 0 … 1. */
  readonly scannedShare: number;
  /** Items whose exact score was computed. */
  readonly rescored: number;
}

export class TopItems {
  readonly #index: ItemIndex;
  readonly #groupOf: Int32Array | undefined;
  readonly #scanner: BlockScanner;

  /**
   * Builds the index in one go: about a second for a million items of 64 factors. The factors
   * are kept, not copied, and must not change.
   */
  constructor(itemFactors: FactorMatrix, options?: TopItemsOptions);
  /** An index that `build` made. */
  constructor(index: ItemIndex, options?: TopItemsOptions);
  constructor(source: FactorMatrix | ItemIndex, options: TopItemsOptions = {}) {
    const index = 'memory' in source ? source : drain(indexItems(source));
    this.#index = index;
    this.#groupOf = options.groupOf;
    this.#scanner = new BlockScanner(index, index.scratchAt, 1);
  }

  /** As the constructor, in slices of a few milliseconds, so that the event loop is never held up. */
  static async build(itemFactors: FactorMatrix, options: TopItemsOptions = {}): Promise<TopItems> {
    const steps = indexItems(itemFactors);
    for (;;) {
      const step = steps.next();
      if (step.done) return new TopItems(step.value, options);
      await yieldToEventLoop();
    }
  }

  get itemCount(): number {
    return this.#index.factors.rows;
  }

  /** The n best items. `perGroup` needs the `groupOf` of the constructor. */
  top(userFactors: Float32Array, n: number, options: TopOptions = {}): TopList {
    const { exclude, perGroup } = options;
    if (!perGroup) return this.#best(userFactors, n, exclude);
    assert(this.#groupOf, 'perGroup needs groupOf');
    // Deeper until every position is filled, or the catalogue is exhausted.
    for (let depth = 2 * n; ; depth *= 2) {
      const list = this.#best(userFactors, depth, exclude);
      const groups = list.items.map((item) => this.#groupOf![item]!);
      const { picked, complete } = capGroups(groups, n, perGroup);
      if (!complete && list.items.length === depth) continue;
      const items = Int32Array.from(picked, (place) => list.items[place]!);
      const scores = Float32Array.from(picked, (place) => list.scores[place]!);
      return { ...list, items, scores };
    }
  }

  /**
   * The n best items of every row of `userFactors`, row u without the items of row u of
   * `excludeRows`, on worker threads.
   */
  topForUsers(
    userFactors: FactorMatrix,
    n: number,
    excludeRows: SparseRows | undefined,
    threads: number,
  ): Promise<TopLists> {
    return topForUsers(this.#index, userFactors, n, excludeRows, threads);
  }

  #best(userFactors: Float32Array, n: number, exclude: Exclusion | undefined): TopList {
    const search = this.#scanner.searches[0]!;
    const depth = Math.min(n, this.itemCount);
    search.start(userFactors, depth, exclude);
    const scanned = this.#scanner.run([search], depth);
    return { ...search.finish(depth), scannedShare: scanned / Math.max(1, this.itemCount) };
  }
}

function drain<T>(steps: Generator<void, T>): T {
  for (;;) {
    const step = steps.next();
    if (step.done) return step.value;
  }
}
