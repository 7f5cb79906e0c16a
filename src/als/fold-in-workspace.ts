/**
 * A model's fixed side in a kernel's memory, and one history staged beside it. Owned by one thread; everything that
 * solves or explains a row works on it.
 */
import assert from 'node:assert';
import { copyIn } from './factor-rows';
import { pad, updateGramian } from './gramian';
import { Arena } from './kernels/arena';
import {
  allocateMemory,
  instantiateKernels,
  type Kernels,
  PAGE_BYTES,
  strideOf,
} from './kernels/kernels';
import type { AlsModel, Gramian } from './model';
import { observedWeight, regularization, targetOfWeight } from './rule';

/** Histories up to this length need no growth of the memory. */
const HISTORY_START = 4096;
/** Off-diagonal share below which a Gramian counts as diagonal; refinement makes the answer exact all the same. */
const DIAGONAL_SHARE = 1e-4;

/** A staged history: `short` where the small factorisation applies. */
export interface StagedHistory {
  readonly length: number;
  readonly reg: number;
  readonly short: boolean;
}

export class FoldInWorkspace {
  readonly kernels: Kernels;
  readonly stride: number;
  readonly factorsAt: number;
  readonly outAt: number;
  /** Room for sums: stride × stride doubles, then stride doubles. */
  readonly sumsAt: number;
  offsetsAt = 0;
  weightsAt = 0;
  targetsAt = 0;

  readonly #model: AlsModel;
  readonly #memory: WebAssembly.Memory;
  readonly #historyAt: number;
  readonly #gramianAt: number;
  readonly #workAt: number;
  readonly #rowsMax: number;
  /** Its own once a row was added. */
  #gramian: Gramian;
  #rows: number;
  #isDiagonal: boolean;
  #capacity = 0;
  #offsets: Uint32Array = new Uint32Array(0);
  #weights: Float32Array = new Float32Array(0);
  #targets: Float32Array = new Float32Array(0);

  /** Copies the item factors: 4·stride bytes an item, room for `spareRows` more, plus 16·stride² and a history. */
  constructor(model: AlsModel, spareRows = 0) {
    const { itemFactors, itemGramian, rule } = model;
    const d = rule.factorCount;
    assert(itemFactors.columns === d, `factors have ${itemFactors.columns} columns, not ${d}`);
    assert(itemGramian.length === d * d, `the Gramian is not ${d} × ${d}`);
    this.#model = model;
    this.stride = strideOf(d);
    const square = this.stride * this.stride;
    const arena = new Arena();
    const gramianAt = arena.take(8 * square);
    const workAt = arena.take(4 * this.stride * (4 * this.stride + 138));
    this.sumsAt = arena.take(8 * (square + this.stride));
    this.outAt = arena.take(4 * this.stride);
    this.#rowsMax = itemFactors.rows + spareRows;
    this.factorsAt = arena.take(4 * this.stride * this.#rowsMax);
    this.#historyAt = arena.bytes;
    this.#memory = allocateMemory(arena.bytes + 12 * HISTORY_START);
    this.kernels = instantiateKernels(this.#memory);
    const buffer = this.#memory.buffer;
    const factors = new Float32Array(buffer, this.factorsAt, this.stride * itemFactors.rows);
    copyIn(itemFactors, factors, this.stride);
    this.#gramianAt = gramianAt;
    this.#workAt = workAt;
    this.#gramian = itemGramian;
    this.#rows = itemFactors.rows;
    this.#isDiagonal = this.#putGramian();
    this.#reserve(HISTORY_START);
  }

  /** Items: the model's, and those added since. */
  get rows(): number {
    return this.#rows;
  }

  /** YᵀY over all of them. */
  get gramian(): Gramian {
    return this.#gramian;
  }

  /**
   * Adds an item behind the last one, or changes the factors of one that is there, and the Gramian with it. What was
   * staged or solved before belongs to the items as they were.
   */
  setRow(item: number, factors: Float32Array): void {
    const isNew = item === this.#rows;
    assert(item >= 0 && item <= this.#rows, `item ${item} leaves a gap behind ${this.#rows}`);
    assert(item < this.#rowsMax, `there is room for ${this.#rowsMax} items`);
    const d = factors.length;
    const row = this.floats(this.factorsAt + 4 * this.stride * item, d);
    const gramian = Float64Array.from(this.#gramian);
    if (!isNew) updateGramian(gramian, row, -1);
    updateGramian(gramian, factors, 1);
    row.set(factors);
    if (isNew) this.#rows += 1;
    this.#gramian = gramian;
    this.#isDiagonal = this.#putGramian();
  }

  /** `length` floats or doubles of the memory, as they are now. */
  floats(at: number, length: number): Float32Array {
    return new Float32Array(this.#memory.buffer, at, length);
  }

  doubles(at: number, length: number): Float64Array {
    return new Float64Array(this.#memory.buffer, at, length);
  }

  /** An item's factors, as a view. */
  row(item: number): Float32Array {
    return this.floats(this.factorsAt + 4 * this.stride * item, this.stride);
  }

  /** Puts a history into the memory. Every index must be an item of the model. */
  stage(itemIndices: Int32Array, plays: Float32Array): StagedHistory {
    const length = itemIndices.length;
    assert(plays.length === length, `${length} items, but ${plays.length} plays`);
    if (length > this.#capacity) this.#reserve(length);
    const { rule } = this.#model;
    const items = this.#rows;
    const rowBytes = 4 * this.stride;
    const offsets = this.#offsets;
    const weights = this.#weights;
    const targets = this.#targets;
    let positive = true;
    for (let j = 0; j < length; j++) {
      const item = itemIndices[j]!;
      if (!(item >= 0 && item < items)) assert.fail(`item ${item} is not among ${items}`);
      const w = observedWeight(rule, plays[j]!);
      offsets[j] = item * rowBytes;
      weights[j] = w;
      targets[j] = targetOfWeight(rule, w);
      positive &&= w > 1e-6;
    }
    this.#fillGroup(length);
    const short = positive && this.#isDiagonal && length + 8 <= this.stride;
    return { length, reg: regularization(rule, length, items), short };
  }

  /**
   * Turns the staged history's right-hand side into the factors of `target`, so that a solve gives A⁻¹y_target: all b
   * become 0, and an entry of weight 0 and b = 1 is added.
   */
  stageUnit(staged: StagedHistory, target: number): StagedHistory {
    const { length } = staged;
    if (length + 1 > this.#capacity) this.#reserve(length + 1);
    this.#targets.fill(0, 0, length);
    this.#offsets[length] = target * 4 * this.stride;
    this.#weights[length] = 0;
    this.#targets[length] = 1;
    this.#fillGroup(length + 1);
    return { length: length + 1, reg: staged.reg, short: false };
  }

  /** Puts targets' row offsets behind the history; returns where. Padded with the first to whole groups of 8. */
  stageTargets(staged: StagedHistory, targets: Int32Array): number {
    const padded = Math.ceil(targets.length / 8) * 8;
    if (staged.length + 8 + padded > this.#capacity) this.#reserve(staged.length + 8 + padded);
    const first = Math.ceil(staged.length / 8) * 8;
    for (let t = 0; t < padded; t++) {
      this.#offsets[first + t] = (targets[t] ?? targets[0]!) * 4 * this.stride;
    }
    return this.offsetsAt + 4 * first;
  }

  /** The kernels read whole groups of 8. */
  #fillGroup(length: number): void {
    for (let j = length; (j & 7) !== 0; j++) {
      this.#offsets[j] = this.#weights[j] = this.#targets[j] = 0;
    }
  }

  /** Puts a0·G into the memory, and tells the kernels, which keep a copy; answers whether it is nearly diagonal. */
  #putGramian(): boolean {
    const { factorCount: d, unobservedWeight } = this.#model.rule;
    const target = this.doubles(this.#gramianAt, this.stride * this.stride);
    pad(this.#gramian, d, target, this.stride, unobservedWeight);
    this.kernels.beginFoldIn(this.stride, d, this.factorsAt, this.#gramianAt, this.#workAt);
    return isNearlyDiagonal(this.#gramian, d);
  }

  /** Grows the history's room, keeping what is staged. */
  #reserve(length: number): void {
    const [offsets, weights, targets] = [this.#offsets, this.#weights, this.#targets].map((a) =>
      a.slice(),
    );
    const capacity = Math.ceil(Math.max(length, 2 * this.#capacity) / 16) * 16;
    const missing = this.#historyAt + 12 * capacity - this.#memory.buffer.byteLength;
    if (missing > 0) this.#memory.grow(Math.ceil(missing / PAGE_BYTES));
    const { buffer } = this.#memory;
    this.#capacity = capacity;
    this.offsetsAt = this.#historyAt;
    this.weightsAt = this.offsetsAt + 4 * capacity;
    this.targetsAt = this.weightsAt + 4 * capacity;
    this.#offsets = new Uint32Array(buffer, this.offsetsAt, capacity);
    this.#weights = new Float32Array(buffer, this.weightsAt, capacity);
    this.#targets = new Float32Array(buffer, this.targetsAt, capacity);
    this.#offsets.set(offsets!);
    this.#weights.set(weights!);
    this.#targets.set(targets!);
  }
}

function isNearlyDiagonal(gramian: Float64Array, d: number): boolean {
  for (let i = 0; i < d; i++) {
    for (let j = 0; j < i; j++) {
      const bound = DIAGONAL_SHARE * Math.sqrt(gramian[i * d + i]! * gramian[j * d + j]!);
      if (Math.abs(gramian[i * d + j]!) > bound) return false;
    }
  }
  return true;
}
