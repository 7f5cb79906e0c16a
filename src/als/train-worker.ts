/**
 * One of the threads of a training run. All run this same straight program over one shared memory and meet at
 * barriers; thread 0 also does what is done once. No row has two writers, and sums over rows are made of fixed
 * segments added in order, so the bits do not depend on the number of threads.
 */
import { parentPort, workerData } from 'node:worker_threads';
import { type Clock, systemClock } from '../clock';
import { giveWay } from '../give-way';
import { epochStyle, type HalfStepStyle } from './epoch-style';
import { instantiateKernels, type Kernels } from './kernels/kernels';
import { Rendezvous } from './rendezvous';
import type { SideLayout, TrainingLayout } from './training-memory';

export interface TrainingTask {
  readonly memory: WebAssembly.Memory;
  readonly module: WebAssembly.Module;
  readonly layout: TrainingLayout;
  readonly thread: number;
  readonly threads: number;
  readonly isBackground: boolean;
  readonly epochs: number;
  /** CG steps of a half step. */
  readonly steps: number;
  /** Started from random users: the first epoch is a rough one. */
  readonly isCold: boolean;
  /** Of the items' half steps, instead of what the epoch would take; see TrainingOptions. */
  readonly relaxation: number | undefined;
  /** CG steps of a half step over users before the first epoch (warm start from items alone); 0: none. */
  readonly userStepsFirst: number;
  /** Whether these users are reported as epoch 0. */
  readonly reportsStart: boolean;
  readonly unobservedWeight: number;
  readonly targetOffset: number;
  /** Σ w over the interactions. */
  readonly weightTotal: number;
  /** Σ b: the part of the loss that no factor changes. */
  readonly constantLoss: number;
  /** Whether each epoch waits for the main thread's word. */
  readonly asks: boolean;
}

/** From thread 0 to the main thread after each epoch. */
export interface EpochMessage {
  readonly epoch: number;
  readonly loss: number;
  readonly elapsedMs: number;
}

class TrainingThread {
  readonly #task: TrainingTask;
  readonly #kernels: Kernels;
  readonly #rendezvous: Rendezvous;
  readonly #clock: Clock = systemClock;
  readonly #scratchAt: number;
  readonly #rowBytes: number;
  readonly #square: number;

  constructor(task: TrainingTask) {
    this.#task = task;
    const { layout, memory, thread, threads } = task;
    this.#kernels = instantiateKernels(memory, task.module);
    this.#rendezvous = new Rendezvous(memory.buffer, layout.controlAt, threads);
    this.#scratchAt = layout.scratchAt + thread * layout.scratchBytes;
    this.#rowBytes = 4 * layout.stride;
    this.#square = layout.stride * layout.stride;
  }

  run(): void {
    const { layout, epochs, userStepsFirst, reportsStart } = this.#task;
    const { users, items } = layout;
    const startMs = this.#clock.monotonicMs();
    if (userStepsFirst > 0) {
      this.#halfStep(users, items, { steps: userStepsFirst, relaxation: 1, fromZero: true });
    }
    let goesOn = reportsStart ? this.#finishEpoch(0, startMs) : true;
    for (let epoch = 1; goesOn && epoch <= epochs; epoch++) {
      const how = epochStyle(this.#task, epoch);
      this.#halfStep(items, users, how);
      this.#halfStep(users, items, { ...how, relaxation: 1 });
      goesOn = this.#finishEpoch(epoch, startMs);
    }
    this.#gramian(items);
    if (this.#task.thread === 0) this.#sumSegments(layout.itemGramianAt);
    this.#rendezvous.meet();
    this.#gramian(users);
    if (this.#task.thread === 0) this.#sumSegments(layout.userGramianAt);
  }

  /** False where the run is to stop. */
  #finishEpoch(epoch: number, startMs: number): boolean {
    const elapsedMs = this.#clock.monotonicMs() - startMs;
    const { thread, asks } = this.#task;
    if (thread === 0) {
      const message: EpochMessage = { epoch, loss: this.#loss(), elapsedMs };
      const tell = (): void => parentPort!.postMessage(message);
      if (asks) this.#rendezvous.ask(tell);
      else tell();
    }
    return this.#rendezvous.meet();
  }

  /** Improves the rows of `solved` with `fixed` held. */
  #halfStep(solved: SideLayout, fixed: SideLayout, style: HalfStepStyle): void {
    this.#gramian(fixed);
    if (this.#task.thread === 0) this.#diagonalise();
    this.#rendezvous.meet();
    this.#rotate(solved, fixed, style.fromZero);
    this.#rendezvous.meet();
    this.#solve(solved, fixed, style);
    this.#rendezvous.meet();
  }

  /** Partial Gramians of a side's rows, a segment at a time. */
  #gramian(side: SideLayout): void {
    const { layout } = this.#task;
    for (let s = this.#rendezvous.claim(); s < layout.segments; s = this.#rendezvous.claim()) {
      const [first, end] = this.#segment(side, s);
      const out = this.#segmentAt(s);
      this.#doubles(out, this.#square).fill(0);
      this.#kernels.addGramian(
        side.factorsAt + first * this.#rowBytes,
        end - first,
        layout.stride,
        out,
        this.#scratchAt,
      );
    }
    this.#rendezvous.meet();
  }

  #sumSegments(at: number): void {
    const { layout } = this.#task;
    this.#doubles(at, this.#square).fill(0);
    for (let s = 0; s < layout.segments; s++) {
      this.#kernels.addDoubles(at, this.#segmentAt(s), this.#square);
    }
    this.#kernels.mirror(at, layout.stride);
  }

  /** Eigenbasis of the Gramian: Q into panels, largest eigenvalue first, and a0·Λ. */
  #diagonalise(): void {
    const { layout, unobservedWeight } = this.#task;
    const { stride, valuesAt, eigenWorkAt, panelsAt } = layout;
    // The place of the result's Gramian is free until the end.
    const matrixAt = layout.itemGramianAt;
    this.#sumSegments(matrixAt);
    // Bounded by EISPACK's experience (60 sweeps a value); a NaN among the factors is the one way to get there.
    if (!this.#kernels.eigenbasis(matrixAt, stride, valuesAt, eigenWorkAt)) {
      throw new Error('the Gramian has no eigenbasis: the factors are not finite');
    }
    const values = this.#doubles(valuesAt, stride);
    const vectors = this.#doubles(matrixAt, this.#square);
    const order = Array.from(values.keys()).sort((a, b) => values[b]! - values[a]!);
    const panels = this.#floats(panelsAt, this.#square);
    const diagonal = this.#floats(layout.diagonalAt, stride);
    order.forEach((source, column) => {
      const vector = vectors.subarray(source * stride, (source + 1) * stride);
      diagonal[column] = unobservedWeight * Math.max(0, values[source]!);
      const sign = signOf(vector);
      const panel = (column >> 3) * 8 * stride + (column & 7);
      for (let k = 0; k < stride; k++) panels[panel + 8 * k] = sign * vector[k]!;
    });
  }

  /** Turns both sides into the new basis; the fixed side's spread and squares come on the way. */
  #rotate(solved: SideLayout, fixed: SideLayout, fromZero: boolean): void {
    const { segments } = this.#task.layout;
    for (let t = this.#rendezvous.claim(); t < 2 * segments; t = this.#rendezvous.claim()) {
      if (t < segments) this.#rotateFixed(fixed, t);
      else if (fromZero) this.#clearSegment(solved, t - segments);
      else this.#rotateSegment(solved, t - segments);
    }
  }

  #clearSegment(side: SideLayout, segment: number): void {
    const [first, end] = this.#segment(side, segment);
    const floats = (end - first) * this.#task.layout.stride;
    this.#floats(side.factorsAt + first * this.#rowBytes, floats).fill(0);
  }

  #rotateSegment(side: SideLayout, segment: number): void {
    const { stride, panelsAt } = this.#task.layout;
    const [first, end] = this.#segment(side, segment);
    const at = side.factorsAt + first * this.#rowBytes;
    this.#kernels.rotateRows(at, end - first, stride, panelsAt, this.#scratchAt);
  }

  #rotateFixed(side: SideLayout, segment: number): void {
    this.#rotateSegment(side, segment);
    const { stride } = this.#task.layout;
    const [first, end] = this.#segment(side, segment);
    const rows = side.factorsAt + first * this.#rowBytes;
    const spreadAt = this.#segmentAt(segment) + 8 * this.#square;
    const squaresAt = spreadAt + 8 * stride;
    this.#doubles(spreadAt, 2 * stride).fill(0);
    const count = end - first;
    this.#kernels.addWeightedSquares(rows, side.totalsAt + 4 * first, count, stride, spreadAt);
    this.#kernels.addWeightedSquares(rows, side.regsAt + 4 * first, count, stride, squaresAt);
  }

  #solve(solved: SideLayout, fixed: SideLayout, style: HalfStepStyle): void {
    const { layout, targetOffset, memory } = this.#task;
    const spreadAt = this.#scratchAt;
    this.#sumSpread(spreadAt);
    this.#kernels.beginHalfStep(
      layout.stride,
      fixed.factorsAt,
      layout.diagonalAt,
      spreadAt,
      spreadAt + this.#rowBytes,
      targetOffset,
      style.relaxation,
    );
    const blocks = new Uint32Array(memory.buffer, solved.blocksAt, solved.blocks + 1);
    const losses = this.#doubles(layout.lossesAt, solved.blocks);
    const { factorsAt, startsAt, offsetsAt, weightsAt, regsAt } = solved;
    for (let b = this.#rendezvous.claim(); b < solved.blocks; b = this.#rendezvous.claim()) {
      const first = blocks[b]!;
      const count = blocks[b + 1]! - first;
      losses[b] = this.#kernels.halfStep(
        factorsAt,
        first,
        count,
        startsAt,
        offsetsAt,
        weightsAt,
        regsAt,
        style.steps,
      );
    }
  }

  /** Mean square of the fixed rows as interactions meet them. Every thread adds for itself; it is short. */
  #sumSpread(at: number): void {
    const { stride, segments } = this.#task.layout;
    const spread = new Float64Array(stride);
    for (let s = 0; s < segments; s++) {
      const partial = this.#doubles(this.#segmentAt(s) + 8 * this.#square, stride);
      for (let k = 0; k < stride; k++) spread[k]! += partial[k]!;
    }
    const floats = this.#floats(at, stride);
    const total = this.#task.weightTotal;
    for (let k = 0; k < stride; k++) floats[k] = total > 0 ? Math.max(0, spread[k]! / total) : 0;
  }

  /** After a half step over users: their part from the blocks, the items' regularisation from the squares. */
  #loss(): number {
    const { layout, constantLoss } = this.#task;
    let loss = constantLoss;
    for (const block of this.#doubles(layout.lossesAt, layout.users.blocks)) loss += block;
    for (let s = 0; s < layout.segments; s++) {
      const squaresAt = this.#segmentAt(s) + 8 * (this.#square + layout.stride);
      for (const square of this.#doubles(squaresAt, layout.stride)) loss += square;
    }
    return loss;
  }

  #segment(side: SideLayout, segment: number): [number, number] {
    const { segments } = this.#task.layout;
    const boundary = (s: number): number => Math.floor((side.rows * s) / segments);
    return [boundary(segment), boundary(segment + 1)];
  }

  #segmentAt(segment: number): number {
    const { layout } = this.#task;
    return layout.segmentsAt + segment * 8 * (this.#square + 2 * layout.stride);
  }

  #floats(at: number, length: number): Float32Array {
    return new Float32Array(this.#task.memory.buffer, at, length);
  }

  #doubles(at: number, length: number): Float64Array {
    return new Float64Array(this.#task.memory.buffer, at, length);
  }
}

/** +1 where the largest component is positive: a basis that hardly moved keeps its signs. */
function signOf(vector: Float64Array): number {
  let largest = 0;
  for (const value of vector) if (Math.abs(value) > Math.abs(largest)) largest = value;
  return largest < 0 ? -1 : 1;
}

const task = workerData as TrainingTask;
if (task.isBackground) giveWay();
new TrainingThread(task).run();
