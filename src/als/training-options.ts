/** What a training run is told, and what it tells while it runs. */
import type { FactorMatrix } from './model';

export interface TrainingProgress {
  readonly epoch: number;
  /** loss.ts, over everything trained on. */
  readonly loss: number;
  /** Since the first epoch began. */
  readonly elapsedMs: number;
  /** Copies of the factors as they are now; only inside `onEpoch`. */
  factors(): { readonly userFactors: FactorMatrix; readonly itemFactors: FactorMatrix };
}

export interface TrainingOptions {
  readonly epochs: number;
  readonly seed: number;
  readonly threads: number;
  /** Its threads give way to everything else that wants the processors, such as a stream in the same process. */
  readonly isBackground?: boolean;
  /** Conjugate gradient steps of a half step; 2 unless given. */
  readonly steps?: number;
  /**
   * How far the items' half steps go towards their optimum, and past it above 1. Unless given, 1.5 (less in the first
   * epoch of a warm start), which reaches a given loss sooner. 1 is the plain alternation of the papers: its lists are
   * better where training stops early, on purpose, before the loss has settled.
   */
  readonly relaxation?: number;
  /**
   * Ends the training with the epoch that lowers the loss by less than this share of it; 0 or nothing: with the last
   * one. A warm start from items alone is judged by its first epoch too: where that gains so little, and no item is
   * new, the result is what the training started from (users solved for it), so that lists stay as they are.
   */
  readonly tolerance?: number;
  /** Factors to start from, rows as in `interactions`; rows of zeros are new. Items alone are enough. */
  readonly warmStart?: {
    readonly userFactors?: FactorMatrix;
    readonly itemFactors?: FactorMatrix;
  };
  /** After each epoch; the workers wait for its word. */
  readonly onEpoch?: (
    progress: TrainingProgress,
  ) => 'continue' | 'stop' | Promise<'continue' | 'stop'>;
  /** Aborting rejects with the signal's reason. */
  readonly signal?: AbortSignal;
}
