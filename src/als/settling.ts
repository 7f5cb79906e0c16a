/**
 * Whether a training still gains anything: the tolerance of TrainingOptions. A model moves as long as it is trained,
 * and every list with it; where an epoch gains next to nothing, that is churn without a cause.
 */
import { computeGramian } from './gramian';
import type { FactorMatrix } from './model';
import type { TrainedFactors } from './train';
import type { TrainingOptions, TrainingProgress } from './training-options';

export class Settling {
  readonly #tolerance: number;
  readonly #mayKeepStart: boolean;
  #loss: number | undefined;
  #start:
    | { readonly factors: ReturnType<TrainingProgress['factors']>; readonly loss: number }
    | undefined;
  #isSettled = false;

  constructor({ tolerance = 0, warmStart }: TrainingOptions) {
    this.#tolerance = tolerance;
    this.#mayKeepStart =
      tolerance > 0 &&
      warmStart?.itemFactors !== undefined &&
      warmStart.userFactors === undefined &&
      !hasZeroRow(warmStart.itemFactors);
  }

  /** Whether epoch 0, the start, is to be judged as well. */
  get wantsStart(): boolean {
    return this.#mayKeepStart;
  }

  /** After each epoch in turn, from 0 where `wantsStart`. Holds a copy of the factors from epoch 0 to epoch 1. */
  judge({ epoch, loss, factors }: TrainingProgress): 'continue' | 'stop' {
    const before = this.#loss;
    this.#loss = loss;
    if (epoch === 0) this.#start = { factors: factors(), loss };
    if (before === undefined) return 'continue';
    this.#isSettled = before - loss < this.#tolerance * before;
    if (!this.#isSettled) this.#start = undefined;
    return this.#isSettled ? 'stop' : 'continue';
  }

  /** What the training started from, where its first epoch gained too little. */
  keptStart(): TrainedFactors | undefined {
    if (this.#start === undefined || !this.#isSettled) return undefined;
    const { factors, loss } = this.#start;
    return {
      ...factors,
      userGramian: computeGramian(factors.userFactors),
      itemGramian: computeGramian(factors.itemFactors),
      losses: [loss],
    };
  }
}

function hasZeroRow({ rows, columns, values }: FactorMatrix): boolean {
  for (let row = 0; row < rows; row++) {
    const factors = values.subarray(row * columns, (row + 1) * columns);
    if (factors.every((value) => value === 0)) return true;
  }
  return false;
}
