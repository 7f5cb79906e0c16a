/**
 * The port to what trains. A run holds one snapshot of the tables from `open` to `close`; what is asked of it is the
 * same for every trainer, so that search, gate and manifest (retrain-model.ts) are written once.
 *
 * Adapters: `workerThreadsTrainer` (this machine's memory) and `SparkTrainer` (a cluster's). Positions and settings go
 * in, blocks and figures come out; an engine with kernels of its own on the executors would be a third.
 */
import type { AlsModel, Gramian } from '../../src/als/model';
import type { AlsRule } from '../../src/als/rule';
import type { Position } from '../../src/broker/broker';
import type { Holdout, SplitOptions } from '../../src/training/training-data';
import type { ModelTrack, ServingModel } from './serving-model';
import type { SnapshotOptions } from './snapshot';

export interface Trainer {
  readonly name: string;
  /** Takes the snapshot, with the filters applied. */
  open(options: TrainerOptions): Promise<TrainingRun>;
}

export interface TrainerOptions extends SnapshotOptions {
  readonly epochs: number;
  /** Share of the loss that an epoch from the reigning factors must gain; see the setting `retrain-tolerance`. */
  readonly tolerance: number;
  readonly threads: number;
  readonly seed: number;
  /** What serves now, to start from where the trainer can. */
  readonly reigning: ServingModel | undefined;
  /** Share of the work in hand that is done, as far as it is known. */
  readonly onShareDone: (share: number) => void;
  /** Aborting rejects whatever is under way. */
  readonly signal: AbortSignal;
}

export interface TrainingRun {
  readonly set: TrainingSet;
  /** The trainer's rule for what was asked for. Throws SETTING_INVALID where it has none like it. */
  ruleFor(rule: AlsRule): AlsRule;
  split(options: SplitOptions): Promise<Holdout>;
  /** Trains on the part before the split. */
  candidate(rule: AlsRule): Promise<AlsModel>;
  /** Trains on everything. */
  refit(rule: AlsRule, mark: GenerationMark): Promise<Refit>;
  close(): Promise<void>;
}

/** The snapshot's figures. */
export interface TrainingSet {
  /** Ascending by track id; place i is item i. */
  readonly tracks: readonly ModelTrack[];
  readonly threshold: number;
  /** Users with enough of the tracks. */
  readonly usersIn: number;
  /** (user, track) pairs. */
  readonly interactions: number;
  readonly plays: number;
  /** Unix seconds. */
  readonly newestSeconds: number;
  /** Ends of the two tables. */
  readonly positions: readonly Position[];
}

export interface GenerationMark {
  /** That it is meant to become; which one it becomes is decided when it is published. */
  readonly generation: number;
  /** Never used again. */
  readonly attempt: string;
}

export interface Refit {
  readonly als: AlsModel;
  readonly userGramian: Gramian;
  /** Blocks that are on the topic already, read back and found right. */
  readonly written?: WrittenBlocks;
}

export interface WrittenBlocks {
  readonly blocks: number;
  readonly checksum: number;
}
