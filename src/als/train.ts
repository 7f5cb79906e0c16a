/**
 * Implicit ALS on worker threads over one shared memory. Items first, users last in each epoch (as Spark), so the
 * result's users are exactly what `FoldIn` computes from its items, up to the solver's steps.
 */
import { SegueError } from '../errors';
import { copyIn } from './factor-rows';
import { unpad } from './gramian';
import { transpose } from './interactions';
import { allocateMemory, instantiateKernels, kernelModule } from './kernels/kernels';
import type { FactorMatrix, Gramian, SparseRows } from './model';
import type { AlsRule } from './rule';
import { fillSide, fillTotals } from './training-fill';
import {
  copyFactors,
  layOutTraining,
  type SideLayout,
  type TrainingLayout,
} from './training-memory';
import type { TrainingOptions } from './training-options';
import { runTrainingThreads } from './training-threads';

/** In the eigenbasis of the items' Gramian, largest eigenvalue first. */
export interface TrainedFactors {
  readonly userFactors: FactorMatrix;
  readonly itemFactors: FactorMatrix;
  readonly userGramian: Gramian;
  readonly itemGramian: Gramian;
  /** Loss after each epoch. */
  readonly losses: readonly number[];
}

const STEPS = 2;
const STEPS_FROM_ITEMS = 5;

/** Bytes of shared memory that `trainAls` takes, beside the interactions that it is given. */
export function trainingBytes(interactions: SparseRows, rule: AlsRule, threads: number): number {
  return layOutTraining(interactions, transpose(interactions), rule, threads).bytes;
}

/** Trains on users × items. Throws MEMORY_EXCEEDED where `trainingBytes` is beyond 4 GiB. */
export async function trainAls(
  interactions: SparseRows,
  rule: AlsRule,
  options: TrainingOptions,
): Promise<TrainedFactors> {
  options.signal?.throwIfAborted();
  const transposed = transpose(interactions);
  const layout = layOutTraining(interactions, transposed, rule, options.threads);
  const memory = allocateMemory(layout.bytes);
  fillSide(memory.buffer, layout.users, interactions, rule, layout.stride);
  fillSide(memory.buffer, layout.items, transposed, rule, layout.stride);
  fillTotals(memory.buffer, layout.users, transposed, rule);
  const weightTotal = fillTotals(memory.buffer, layout.items, interactions, rule);
  requireFinite('plays', weightTotal);
  startFactors(memory, layout, options);
  const { warmStart } = options;
  const fromItems = warmStart?.itemFactors !== undefined && warmStart.userFactors === undefined;
  const losses = await runTrainingThreads(options, {
    memory,
    layout,
    module: kernelModule(),
    threads: options.threads,
    epochs: options.epochs,
    steps: options.steps ?? STEPS,
    isCold: warmStart?.itemFactors === undefined && warmStart?.userFactors === undefined,
    userStepsFirst: fromItems ? STEPS_FROM_ITEMS : 0,
    unobservedWeight: rule.unobservedWeight,
    targetOffset: rule.targetOffset,
    weightTotal,
    constantLoss: weightTotal + rule.targetOffset * interactions.indices.length,
    asks: options.onEpoch !== undefined,
  });
  const { stride, factorCount } = layout;
  const gramianAt = (at: number): Gramian =>
    unpad(new Float64Array(memory.buffer, at, stride * stride), stride, factorCount);
  return {
    ...copyFactors(memory, layout),
    userGramian: gramianAt(layout.userGramianAt),
    itemGramian: gramianAt(layout.itemGramianAt),
    losses,
  };
}

/** Given factors, or for users (where items are not given either) random ones of length about 1. */
function startFactors(
  memory: WebAssembly.Memory,
  layout: TrainingLayout,
  options: TrainingOptions,
): void {
  const { users, items, stride, factorCount } = layout;
  const { userFactors, itemFactors } = options.warmStart ?? {};
  const rowsOf = (side: SideLayout): Float32Array =>
    new Float32Array(memory.buffer, side.factorsAt, side.rows * stride);
  for (const [given, side] of [
    [userFactors, users],
    [itemFactors, items],
  ] as const) {
    if (given === undefined) continue;
    requireFinite('factors to start from', sumOf(given.values));
    copyIn(given, rowsOf(side), stride);
  }
  if (userFactors !== undefined || itemFactors !== undefined) return;
  const scale = Math.sqrt(3 / factorCount);
  const { factorsAt, rows } = users;
  const kernels = instantiateKernels(memory);
  kernels.startRows(factorsAt, 0, rows, factorCount, stride, options.seed, scale);
}

/** One NaN among the numbers makes their sum NaN, and every factor after one epoch. */
function requireFinite(what: string, sum: number): void {
  if (Number.isFinite(sum)) return;
  const message = `The ${what} are not all finite numbers; find out where they come from.`;
  throw new SegueError('MATRIX_SINGULAR', message);
}

function sumOf(values: Float32Array): number {
  let sum = 0;
  for (let k = 0; k < values.length; k++) sum += values[k]!;
  return sum;
}
