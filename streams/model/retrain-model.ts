/**
 * One retrain, from a request to a promotion or a refusal: snapshot, filters, temporal split, bounded search, the best
 * against the reigning model on the same held-out listens, refit on everything, blocks, manifest, decision.
 *
 * Nothing that is half written can be taken for a model: blocks count only under a manifest that names their attempt,
 * number and checksum, and the manifest is written after them, by a writer that fences an earlier one.
 */
import { randomUUID } from 'node:crypto';
import type { Model, RetrainRequest } from '../../schemas/records';
import type { AlsModel } from '../../src/als/model';
import type { AlsRule } from '../../src/als/rule';
import type { Clock } from '../../src/clock';
import { SegueError } from '../../src/errors';
import { decide, type GateDecision, type GateLimits } from '../../src/training/gate';
import { searchRule } from '../../src/training/model-search';
import { churnFigures, figures, judgeRivals, measureChurn, reigningModel } from './compare-models';
import { doubleBytes, ruleToRecord } from './model-codec';
import type { ModelTrack } from './serving-model';
import type {
  Refit,
  Trainer,
  TrainerOptions,
  TrainingRun,
  TrainingSet,
  WrittenBlocks,
} from './trainer';

export interface RetrainSettings {
  /** Tried in order; the first is the one used where nothing can be compared. */
  readonly rules: readonly AlsRule[];
  readonly epochs: number;
  readonly tolerance: number;
  readonly threads: number;
  readonly seed: number;
  readonly holdoutShare: number;
  readonly holdoutUsersMax: number;
  readonly gate: GateLimits;
  /** Share of the users that a generation serves before it is promoted by hand; 0: all, at once. */
  readonly challengerShare: number;
}

export interface RetrainOptions
  extends Omit<TrainerOptions, 'epochs' | 'tolerance' | 'threads' | 'seed' | 'onShareDone'> {
  readonly trainer: Trainer;
  readonly settings: RetrainSettings;
  readonly clock: Clock;
  readonly reigningManifest: Model | undefined;
  /** All listens counted when it began, those of tracks that are out included. */
  readonly totalListens: number;
  readonly pause: () => Promise<void>;
  readonly onProgress: (line: string) => void;
  readonly onPhase: (phase: RetrainPhase, durationMs: number) => void;
  /** Of the phase that runs. */
  readonly onShareDone: (phase: RetrainPhase, share: number) => void;
}

export type RetrainPhase = 'snapshot' | 'search' | 'compare' | 'refit';

/** A trained generation that is not published yet; `als` is missing when it was refused. */
export interface RetrainResult {
  readonly manifest: Model;
  readonly als: AlsModel | undefined;
  readonly tracks: readonly ModelTrack[];
  /** Absent: its blocks are still to be written. */
  readonly written?: WrittenBlocks;
}

export interface RetrainOrder {
  readonly generation: number;
  readonly request: RetrainRequest;
  readonly requestOffset: number;
}

/** Throws TRAINING_IMPOSSIBLE where there is nothing to learn from. */
export async function retrain(
  order: RetrainOrder,
  options: RetrainOptions,
): Promise<RetrainResult> {
  const phases = new Phases(options);
  const { trainer, settings } = options;
  const run = await phases.timed('snapshot', () =>
    trainer.open({ ...options, ...settings, onShareDone: phases.onShareDone }),
  );
  try {
    return await retrainOn(run, order, options, phases);
  } finally {
    await run.close();
  }
}

async function retrainOn(
  run: TrainingRun,
  order: RetrainOrder,
  options: RetrainOptions,
  phases: Phases,
): Promise<RetrainResult> {
  const { settings } = options;
  if (run.set.interactions === 0) throw nothingToLearn(run.set, options);
  const { holdout, best } = await phases.timed('search', () => search(run, options));
  const reigning = reigningModel(options.reigning, run.set.tracks);
  const rivals = await phases.timed('compare', () => judgeRivals(options, reigning, holdout));
  const decision = decide({ candidate: best.quality, ...rivals }, settings.gate);
  options.onProgress(`${decision.passed ? 'passes' : 'refused'}: ${decision.note}`);
  const attempt = randomUUID();
  const refit = decision.passed
    ? await phases.timed('refit', () =>
        run.refit(best.rule, { generation: order.generation, attempt }),
      )
    : undefined;
  const churn = await measureChurn(reigning, refit?.als, holdout, options.pause);
  const manifest = manifestOf(order, options, {
    ...{ set: run.set, attempt, rule: best.rule, decision, refit },
    quality: {
      ...figures(best.quality, rivals),
      ...churnFigures(churn),
      ...setFigures(run.set, options.totalListens),
    },
  });
  return {
    manifest: { ...manifest, training_ms: phases.elapsedMs() },
    als: refit?.als,
    tracks: run.set.tracks,
    ...(refit?.written === undefined ? {} : { written: refit.written }),
  };
}

async function search(run: TrainingRun, options: RetrainOptions) {
  const { settings, tracksMin } = options;
  const holdout = await run.split({
    holdoutShare: settings.holdoutShare,
    itemsMin: tracksMin,
    usersMax: settings.holdoutUsersMax,
  });
  const best = await searchRule(holdout, {
    ...options,
    rules: settings.rules.map((rule) => run.ruleFor(rule)),
    train: (rule) => run.candidate(rule),
  });
  return { holdout, best };
}

interface Outcome {
  readonly set: TrainingSet;
  readonly attempt: string;
  readonly rule: AlsRule;
  readonly decision: GateDecision;
  readonly refit: Refit | undefined;
  readonly quality: Record<string, number>;
}

function manifestOf(order: RetrainOrder, options: RetrainOptions, outcome: Outcome): Model {
  const { set, attempt, rule, decision, refit, quality } = outcome;
  const none = Buffer.alloc(0);
  return {
    generation: order.generation,
    state: decision.passed ? 'CANDIDATE' : 'REJECTED',
    attempt,
    request_offset: order.requestOffset,
    reason: whyAsked(order.request),
    note: decision.note,
    trainer: options.trainer.name,
    rule: ruleToRecord(rule),
    items: set.tracks.length,
    users: set.usersIn,
    interactions: set.interactions,
    threshold: set.threshold,
    blocks: 0,
    checksum: 0,
    gramian: refit === undefined ? none : doubleBytes(refit.als.itemGramian),
    user_gramian: refit === undefined ? none : doubleBytes(refit.userGramian),
    quality,
    positions: [...set.positions],
    trained_at: options.clock.now(),
    training_ms: 0,
    challenger_share: options.settings.challengerShare,
  };
}

/** For people: the reason, with its figures where it has any. */
export function whyAsked({ reason, detail }: Pick<RetrainRequest, 'reason' | 'detail'>): string {
  return detail === '' ? reason : `${reason}: ${detail}`;
}

function setFigures(
  { plays, newestSeconds, tracks, usersIn }: TrainingSet,
  totalListens: number,
): Record<string, number> {
  return {
    listens: plays,
    total_listens: totalListens,
    newest_listened_at: newestSeconds,
    tracks_in: tracks.length,
    users_in: usersIn,
  };
}

/** How long each part took, and how far the running one is. */
class Phases {
  readonly #startedMs: number;
  #running: RetrainPhase = 'snapshot';

  constructor(private readonly options: RetrainOptions) {
    this.#startedMs = options.clock.monotonicMs();
  }

  readonly onShareDone = (share: number): void => {
    this.options.onShareDone(this.#running, share);
  };

  elapsedMs(): number {
    return Math.round(this.options.clock.monotonicMs() - this.#startedMs);
  }

  async timed<T>(phase: RetrainPhase, work: () => Promise<T>): Promise<T> {
    const { clock, onPhase } = this.options;
    const startedMs = clock.monotonicMs();
    this.#running = phase;
    this.onShareDone(0);
    const result = await work();
    this.onShareDone(1);
    onPhase(phase, clock.monotonicMs() - startedMs);
    return result;
  }
}

function nothingToLearn(set: TrainingSet, options: RetrainOptions): Error {
  return new SegueError(
    'TRAINING_IMPOSSIBLE',
    `expected users with at least ${options.tracksMin} tracks of ${set.threshold} or more unique listeners, found ` +
      `${set.tracks.length} such tracks and no such user; send more listens, or lower --listeners-min, --top-share or --tracks-min`,
  );
}
