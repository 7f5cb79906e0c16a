/** Everything of a training run that happens before its first epoch: memory, interactions in both orders, start factors. */
import { SegueError } from '../errors';
import { copyIn } from './factor-rows';
import { transpose } from './interactions';
import { allocateMemory, instantiateKernels } from './kernels/kernels';
import type { SparseRows } from './model';
import type { AlsRule } from './rule';
import { fillSide, fillTotals } from './training-fill';
import { layOutTraining, type SideLayout, type TrainingLayout } from './training-memory';
import type { TrainingOptions } from './training-options';

export interface TrainingOrder {
  readonly interactions: SparseRows;
  readonly rule: AlsRule;
  readonly threads: number;
  readonly seed: number;
  readonly warmStart: TrainingOptions['warmStart'];
  readonly isBackground: boolean;
}

export interface PreparedTraining {
  readonly memory: WebAssembly.Memory;
  readonly layout: TrainingLayout;
  /** Σ w over the interactions. */
  readonly weightTotal: number;
}

/** About 0.15 µs an interaction. Throws MEMORY_EXCEEDED, and MATRIX_SINGULAR for numbers that are not finite. */
export function prepareTraining(order: TrainingOrder): PreparedTraining {
  const { interactions, rule, threads } = order;
  const transposed = transpose(interactions);
  const layout = layOutTraining(interactions, transposed, rule, threads);
  const memory = allocateMemory(layout.bytes);
  fillSide(memory.buffer, layout.users, interactions, rule, layout.stride);
  fillSide(memory.buffer, layout.items, transposed, rule, layout.stride);
  fillTotals(memory.buffer, layout.users, transposed, rule);
  const weightTotal = fillTotals(memory.buffer, layout.items, interactions, rule);
  requireFinite('plays', weightTotal);
  startFactors(memory, layout, order);
  return { memory, layout, weightTotal };
}

/** Given factors, or for users (where items are not given either) random ones of length about 1. */
function startFactors(
  memory: WebAssembly.Memory,
  layout: TrainingLayout,
  order: TrainingOrder,
): void {
  const { users, items, stride, factorCount } = layout;
  const { userFactors, itemFactors } = order.warmStart ?? {};
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
  kernels.startRows(factorsAt, 0, rows, factorCount, stride, order.seed, scale);
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
