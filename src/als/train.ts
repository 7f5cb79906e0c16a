/**
 * Implicit ALS on worker threads over one shared memory. Items first, users last in each epoch (as Spark), so the
 * result's users are exactly what `FoldIn` computes from its items, up to the solver's steps.
 */
import { unpad } from './gramian';
import { transpose } from './interactions';
import { kernelModule } from './kernels/kernels';
import type { FactorMatrix, Gramian, SparseRows } from './model';
import type { AlsRule } from './rule';
import { Settling } from './settling';
import { prepareAside } from './training-aside';
import { copyFactors, layOutTraining } from './training-memory';
import type { TrainingOptions } from './training-options';
import { prepareTraining } from './training-prepare';
import { runTrainingThreads } from './training-threads';

/** In the eigenbasis of the items' Gramian, largest eigenvalue first. */
export interface TrainedFactors {
  readonly userFactors: FactorMatrix;
  readonly itemFactors: FactorMatrix;
  readonly userGramian: Gramian;
  readonly itemGramian: Gramian;
  /** Loss after each epoch; of the start alone where it was kept. */
  readonly losses: readonly number[];
}

const STEPS = 2;
const STEPS_FROM_ITEMS = 5;
/** Above this the preparation would hold the calling thread up noticeably, and moves to a thread of its own. */
const ASIDE_INTERACTIONS = 100_000;

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
  const { threads, seed, warmStart, isBackground = false } = options;
  const order = { interactions, rule, threads, seed, warmStart, isBackground };
  const isLarge = interactions.indices.length > ASIDE_INTERACTIONS;
  const prepared = isLarge ? await prepareAside(order) : prepareTraining(order);
  const { memory, layout, weightTotal } = prepared;
  options.signal?.throwIfAborted();
  const fromItems = warmStart?.itemFactors !== undefined && warmStart.userFactors === undefined;
  const settling = new Settling(options);
  const onEpoch = epochListener(options, settling);
  const losses = await runTrainingThreads(
    { onEpoch, signal: options.signal },
    {
      memory,
      layout,
      module: kernelModule(),
      threads,
      isBackground,
      epochs: options.epochs,
      steps: options.steps ?? STEPS,
      relaxation: options.relaxation,
      isCold: warmStart?.itemFactors === undefined && warmStart?.userFactors === undefined,
      userStepsFirst: fromItems ? STEPS_FROM_ITEMS : 0,
      reportsStart: settling.wantsStart,
      unobservedWeight: rule.unobservedWeight,
      targetOffset: rule.targetOffset,
      weightTotal,
      constantLoss: weightTotal + rule.targetOffset * interactions.indices.length,
      asks: onEpoch !== undefined,
    },
  );
  const kept = settling.keptStart();
  if (kept !== undefined) return kept;
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

/** The caller's word first, then the tolerance's; nobody is asked where neither has one. */
function epochListener(
  { onEpoch, tolerance = 0 }: TrainingOptions,
  settling: Settling,
): TrainingOptions['onEpoch'] {
  if (tolerance <= 0) return onEpoch;
  return async (progress) => {
    const word = progress.epoch > 0 ? await onEpoch?.(progress) : 'continue';
    return word === 'stop' ? 'stop' : settling.judge(progress);
  };
}
