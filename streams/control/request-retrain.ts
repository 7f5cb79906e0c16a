/** Asks for a new model when one of the triggers says so; at most one request is open at a time. */
import type { Model } from '../../schemas/records';
import type { Processor, ProcessorContext, ProcessorDefinition } from '../../src/engine/processor';
import { LIVE } from '../by-user/score-prediction';
import type { ModelDirectory } from '../model/load-model';
import type { RetrainRequests } from '../model/retrain-requests';
import type { RetrainTriggers, StreamSettings } from '../stream-settings';
import type { SegueTopics } from '../topics';
import type { Totals } from './set-threshold';

export interface RetrainReason {
  readonly reason: 'first' | 'age' | 'growth' | 'unknown-tracks' | 'quality';
  readonly detail: string;
}

/** Refusals in a row beyond which the pause grows no more. */
const DOUBLINGS_MAX = 8;
/** They can cross their border by chance, so they have to hold at two looks in a row; the others never go back. */
const WAVERING: readonly RetrainReason['reason'][] = ['unknown-tracks', 'quality'];
/** Below so many first listens since the last model a share means nothing. */
const SAMPLE_MIN = 1000;

/** What this process knows of models, and of requests for them. */
export interface KnownModels {
  readonly directory: ModelDirectory;
  readonly requests: RetrainRequests;
}

export function requestRetrain(
  topics: SegueTopics,
  models: KnownModels,
  settings: Pick<StreamSettings, 'retrain'>,
): ProcessorDefinition<Totals, never> {
  return {
    name: 'request-retrain',
    sinks: [topics.retrainRequests],
    build: (context) => new RequestRetrain(context, topics, models, settings.retrain),
  };
}

class RequestRetrain implements Processor<Totals> {
  #totals: Totals | undefined;
  #askedMs = Number.NEGATIVE_INFINITY;
  /** Of the look before. */
  #reasonBefore: RetrainReason['reason'] | undefined;
  #atModel: { readonly generation: number; readonly sums: Record<string, number> } | undefined;

  constructor(
    private readonly context: ProcessorContext<never>,
    private readonly topics: SegueTopics,
    private readonly models: KnownModels,
    private readonly triggers: RetrainTriggers,
  ) {
    context.everyWallClock(triggers.checkMs, () => this.#check());
  }

  process(totals: Totals): void {
    this.#totals = totals;
  }

  #check(): void {
    if (this.#totals === undefined) return;
    const { directory, requests } = this.models;
    const { promoted, manifests } = directory;
    const before = this.#reasonBefore;
    this.#reasonBefore = undefined;
    if (promoted !== undefined && this.#atModel?.generation !== promoted.generation) {
      this.#atModel = { generation: promoted.generation, sums: this.#totals.sums };
    }
    const now = this.context.now();
    const lastMs = Math.max(this.#askedMs, ...manifests.map(({ trained_at }) => trained_at));
    const pauseMs = this.triggers.pauseMs * 2 ** refusals(directory);
    if (now - lastMs < pauseMs || requests.open(directory) !== undefined) return;
    const since = sumsSince(this.#totals.sums, this.#atModel?.sums ?? {});
    const reason = whyRetrain({ totals: this.#totals.sums, since, promoted, now }, this.triggers);
    this.#reasonBefore = reason?.reason;
    if (reason === undefined) return;
    if (WAVERING.includes(reason.reason) && reason.reason !== before) return;
    this.#askedMs = now;
    const request = {
      ...reason,
      requested_at: now,
      // Whichever the process that answers is set to.
      trainer: '',
      settings: {},
      positions: [],
    };
    this.context.send(this.topics.retrainRequests, null, request);
  }
}

/** Generations in a row, up to the newest, that came to nothing: what asked for them asks on, and would again. */
function refusals({ manifests }: ModelDirectory): number {
  let count = 0;
  for (const { state } of [...manifests].reverse()) {
    if (state !== 'REJECTED' && state !== 'FAILED') break;
    count += 1;
  }
  return Math.min(count, DOUBLINGS_MAX);
}

export interface RetrainSituation {
  readonly totals: Record<string, number>;
  /** The same sums, counted from the promotion of the serving model. */
  readonly since: Record<string, number>;
  readonly promoted: Model | undefined;
  readonly now: number;
}

/** The first trigger that fires, with its figures. */
export function whyRetrain(
  { totals, since, promoted, now }: RetrainSituation,
  triggers: RetrainTriggers,
): RetrainReason | undefined {
  const listens = totals['listens'] ?? 0;
  if (promoted === undefined) {
    if (triggers.firstListens === 0 || listens < triggers.firstListens) return undefined;
    return { reason: 'first', detail: `${listens} listens and no model yet` };
  }
  return (
    tooOld(promoted, now, triggers) ??
    grown(listens, promoted, triggers) ??
    tooManyUnknown(since, triggers) ??
    tooBad(since, triggers)
  );
}

function tooOld(
  promoted: Model,
  now: number,
  { ageMs }: RetrainTriggers,
): RetrainReason | undefined {
  const age = now - promoted.trained_at;
  if (ageMs === 0 || age < ageMs) return undefined;
  return {
    reason: 'age',
    detail: `trained ${Math.round(age / 1000)} s ago, at most ${Math.round(ageMs / 1000)} s`,
  };
}

function grown(
  listens: number,
  promoted: Model,
  { growthShare }: RetrainTriggers,
): RetrainReason | undefined {
  const trainedOn = promoted.quality['total_listens'] ?? 0;
  if (growthShare === 0 || trainedOn === 0 || listens < trainedOn * (1 + growthShare))
    return undefined;
  return { reason: 'growth', detail: `${listens} listens, trained on ${trainedOn}` };
}

function tooManyUnknown(
  since: Record<string, number>,
  { unknownShare }: RetrainTriggers,
): RetrainReason | undefined {
  const without = since[`${LIVE}firstListens.without`] ?? 0;
  const all = without + (since[`${LIVE}firstListens.with`] ?? 0);
  if (unknownShare === 0 || all < SAMPLE_MIN || without < all * unknownShare) return undefined;
  return {
    reason: 'unknown-tracks',
    detail: `${without} of ${all} first listens on tracks without factors`,
  };
}

function tooBad(
  since: Record<string, number>,
  { qualityRatio }: RetrainTriggers,
): RetrainReason | undefined {
  const personal = since[`${LIVE}personalList.hits100`] ?? 0;
  const popular = since[`${LIVE}popularBeside.hits100`] ?? 0;
  const trials = since[`${LIVE}personalList.trials`] ?? 0;
  if (qualityRatio === 0 || trials < SAMPLE_MIN || personal >= popular * qualityRatio)
    return undefined;
  return {
    reason: 'quality',
    detail: `${personal} hits at 100 of ${trials} trials, the popular list ${popular}`,
  };
}

function sumsSince(
  now: Record<string, number>,
  then: Record<string, number>,
): Record<string, number> {
  return Object.fromEntries(
    Object.entries(now).map(([name, value]) => [name, value - (then[name] ?? 0)]),
  );
}
