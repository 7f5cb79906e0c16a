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
import {
  type HoldoutQuality,
  holdoutQuality,
  popularityQuality,
} from '../../src/training/holdout-quality';
import { searchRule, trainModel, type WarmStart } from '../../src/training/model-search';
import { allInteractions, splitByTime, type TemporalSplit } from '../../src/training/training-data';
import { doubleBytes, ruleToRecord } from './model-codec';
import type { ModelTrack, ServingModel } from './serving-model';
import { type Snapshot, type SnapshotOptions, takeSnapshot } from './snapshot';

export interface RetrainSettings {
  /** Tried in order; the first is the one used where nothing can be compared. */
  readonly rules: readonly AlsRule[];
  readonly epochs: number;
  readonly threads: number;
  readonly seed: number;
  readonly holdoutShare: number;
  readonly holdoutUsersMax: number;
  readonly gate: GateLimits;
}

export interface RetrainOptions extends SnapshotOptions {
  readonly settings: RetrainSettings;
  readonly clock: Clock;
  /** What serves now, to be compared with and started from. */
  readonly reigning: ServingModel | undefined;
  readonly reigningManifest: Model | undefined;
  /** All listens counted when it began, those of tracks that are out included. */
  readonly totalListens: number;
  readonly pause: () => Promise<void>;
  readonly onProgress: (line: string) => void;
  readonly onPhase: (phase: RetrainPhase, durationMs: number) => void;
}

export type RetrainPhase = 'snapshot' | 'search' | 'compare' | 'refit';

/** A trained generation that is not published yet; `als` is missing when it was refused. */
export interface RetrainResult {
  readonly manifest: Model;
  readonly als: AlsModel | undefined;
  readonly tracks: readonly ModelTrack[];
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
  const startedMs = options.clock.monotonicMs();
  const timed = timer(options);
  const snapshot = await timed('snapshot', () => takeSnapshot(options));
  if (snapshot.data.pairs.users.length === 0) throw nothingToLearn(snapshot, options);
  const split = splitByTime(snapshot.data, {
    holdoutShare: options.settings.holdoutShare,
    itemsMin: options.tracksMin,
    usersMax: options.settings.holdoutUsersMax,
  });
  const best = await timed('search', () => searchRule(split, { ...options.settings, ...options }));
  const rivals = await timed('compare', () => judgeRivals(options, snapshot, split));
  const decision = decide({ candidate: best.quality, ...rivals }, options.settings.gate);
  options.onProgress(`${decision.passed ? 'passes' : 'refused'}: ${decision.note}`);
  const refit = decision.passed
    ? await timed('refit', () =>
        trainModel(allInteractions(snapshot.data), best.rule, {
          ...options.settings,
          ...warmStart(options, snapshot, best.rule),
        }),
      )
    : undefined;
  const manifest = manifestOf(order, options, {
    snapshot,
    rule: best.rule,
    decision,
    refit,
    quality: figures(best.quality, rivals, snapshot, options.totalListens),
  });
  return {
    manifest: { ...manifest, training_ms: Math.round(options.clock.monotonicMs() - startedMs) },
    als: refit?.als,
    tracks: snapshot.tracks,
  };
}

interface Rivals {
  readonly popular: HoldoutQuality;
  readonly reigning?: HoldoutQuality;
  readonly reigningHasSeen: boolean;
}

async function judgeRivals(
  options: RetrainOptions,
  { data }: Snapshot,
  split: TemporalSplit,
): Promise<Rivals> {
  const popular = await popularityQuality(split, options.pause);
  const { reigning, reigningManifest } = options;
  if (reigning === undefined) return { popular, reigningHasSeen: false };
  const itemOf = Int32Array.from(data.itemIds, (trackId) => reigning.itemOf(trackId) ?? -1);
  const dataItemOf = new Int32Array(reigning.tracks.length).fill(-1);
  itemOf.forEach((item, dataItem) => {
    if (item >= 0) dataItemOf[item] = dataItem;
  });
  const quality = await holdoutQuality(
    { als: reigning.als, itemOf, dataItemOf },
    split,
    options.pause,
  );
  const learntUntil = reigningManifest?.quality['newest_listened_at'] ?? 0;
  return { popular, reigning: quality, reigningHasSeen: learntUntil > split.splitSeconds };
}

/** Factors of the reigning model, so that lists change only where the data did. */
function warmStart(
  { reigning }: RetrainOptions,
  { data }: Snapshot,
  rule: AlsRule,
): { warmStart?: WarmStart } {
  if (reigning === undefined || reigning.als.rule.factorCount !== rule.factorCount) return {};
  const { columns, values } = reigning.als.itemFactors;
  const rows = new Float32Array(data.itemIds.length * columns);
  data.itemIds.forEach((trackId, row) => {
    const item = reigning.itemOf(trackId);
    if (item !== undefined)
      rows.set(values.subarray(item * columns, (item + 1) * columns), row * columns);
  });
  return { warmStart: { itemFactors: { rows: data.itemIds.length, columns, values: rows } } };
}

function figures(
  candidate: HoldoutQuality,
  { popular, reigning }: Rivals,
  { data, tracksIn, usersIn }: Snapshot,
  totalListens: number,
): Record<string, number> {
  return {
    ndcg20: candidate.ndcg20,
    recall20: candidate.recall20,
    recall100: candidate.recall100,
    holdout_users: candidate.users,
    popular_ndcg20: popular.ndcg20,
    popular_recall20: popular.recall20,
    ...(reigning === undefined
      ? {}
      : { reigning_ndcg20: reigning.ndcg20, reigning_recall20: reigning.recall20 }),
    listens: data.plays,
    total_listens: totalListens,
    newest_listened_at: data.newestSeconds,
    tracks_in: tracksIn,
    users_in: usersIn,
  };
}

interface Outcome {
  readonly snapshot: Snapshot;
  readonly rule: AlsRule;
  readonly decision: GateDecision;
  readonly refit: Awaited<ReturnType<typeof trainModel>> | undefined;
  readonly quality: Record<string, number>;
}

function manifestOf(order: RetrainOrder, options: RetrainOptions, outcome: Outcome): Model {
  const { snapshot, rule, decision, refit, quality } = outcome;
  const none = Buffer.alloc(0);
  return {
    generation: order.generation,
    state: decision.passed ? 'CANDIDATE' : 'REJECTED',
    attempt: randomUUID(),
    request_offset: order.requestOffset,
    reason: order.request.reason,
    note: decision.note,
    trainer: 'worker-threads',
    rule: ruleToRecord(rule),
    items: snapshot.tracks.length,
    users: snapshot.usersIn,
    interactions: snapshot.data.pairs.users.length,
    threshold: snapshot.threshold,
    blocks: 0,
    checksum: 0,
    gramian: refit === undefined ? none : doubleBytes(refit.factors.itemGramian),
    user_gramian: refit === undefined ? none : doubleBytes(refit.factors.userGramian),
    quality,
    positions: [...snapshot.positions],
    trained_at: options.clock.now(),
    training_ms: 0,
  };
}

function timer({ clock, onPhase }: RetrainOptions) {
  return async <T>(phase: RetrainPhase, work: () => Promise<T>): Promise<T> => {
    const startedMs = clock.monotonicMs();
    const result = await work();
    onPhase(phase, clock.monotonicMs() - startedMs);
    return result;
  };
}

function nothingToLearn(snapshot: Snapshot, options: RetrainOptions): Error {
  return new SegueError(
    'TRAINING_IMPOSSIBLE',
    `expected users with at least ${options.tracksMin} tracks of ${snapshot.threshold} or more unique listeners, found ` +
      `${snapshot.tracksIn} such tracks and no such user; send more listens, or lower --listeners-min, --top-share or --tracks-min`,
  );
}
