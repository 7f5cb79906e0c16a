/** Answers retrain requests, one at a time, in the process whose turn it is. */

import type { Model, RetrainRequest, Rule } from '../../schemas/records';
import { isLeftOver } from '../../streams/model/generation-choices';
import type { ModelLoader } from '../../streams/model/load-model';
import type { ModelPublisher } from '../../streams/model/publish-model';
import { type RetrainOptions, retrain, whyAsked } from '../../streams/model/retrain-model';
import type { OpenRequest, RetrainRequests } from '../../streams/model/retrain-requests';
import { type Clock, sleep, yieldToEventLoop } from '../clock';
import { hasCode } from '../errors';
import type { Logger } from '../logger';
import type { Meter } from '../telemetry/meter';

export interface RetrainServiceOptions {
  readonly loader: ModelLoader;
  readonly requests: RetrainRequests;
  readonly publisher: ModelPublisher;
  /** What a retrain works with: the trainer that its request names, the settings that it carries. */
  readonly jobFor: (request: RetrainRequest) => RetrainJob;
  /** One process trains, if only to save work: where two do, the later answer gives way to the earlier one. */
  readonly isTrainer: () => boolean;
  /** Listens counted so far. */
  readonly totalListens: () => number;
  readonly meter: Meter;
  readonly logger: Logger;
  readonly clock: Clock;
}

/** The rule of a generation that never came to have one. */
const NO_RULE: Rule = {
  factor_count: 0,
  scale: 'linear',
  alpha: 0,
  epsilon: 1,
  weight_offset: 0,
  target_offset: 0,
  unobserved_weight: 0,
  lambda: 0,
  nu: 0,
  kappa: 0,
};

export type RetrainJob = Pick<
  RetrainOptions,
  'trainer' | 'broker' | 'codecs' | 'topics' | 'threshold' | 'tracksMin' | 'settings' | 'clock'
>;

const CHECK_MS = 100;
/** Others get their turn when a computation has taken so long. */
const TURN_MS = 8;

export class RetrainService {
  readonly #stopping = new AbortController();
  #loop: Promise<void> | undefined;
  /** Highest request offset answered by this process; the directory may learn of it a little later. */
  #answered = -1;
  #isTraining = false;

  constructor(private readonly options: RetrainServiceOptions) {}

  start(): void {
    this.#state('idle');
    this.#loop = this.#run();
  }

  /** Gives up what is being trained; its request stays open, for whoever is the next to train. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#loop;
  }

  /** True while a request is open or being answered. */
  isBusy(): boolean {
    return this.#isTraining || this.#open() !== undefined;
  }

  async #run(): Promise<void> {
    while (!this.#stopping.signal.aborted) {
      const { isTrainer, loader, clock } = this.options;
      if (isTrainer()) await this.#finishLeftOver();
      const open = isTrainer() ? this.#open() : undefined;
      this.#state(open === undefined ? 'idle' : 'requested');
      if (open === undefined || loader.isSwitching()) await sleep(clock, CHECK_MS);
      else await this.#answer(open);
    }
  }

  #open(): OpenRequest | undefined {
    const open = this.options.requests.open(this.options.loader.directory);
    return open !== undefined && open.offset > this.#answered ? open : undefined;
  }

  async #answer(open: OpenRequest): Promise<void> {
    const { logger, loader, meter } = this.options;
    const { directory } = loader;
    const generation =
      Math.max(0, ...directory.manifests.map((manifest) => manifest.generation)) + 1;
    logger.info(`generation ${generation}: training, because of ${whyAsked(open.request)}`);
    this.#isTraining = true;
    this.#state('running');
    try {
      const manifest = await this.#train(open, generation);
      logger.info(
        `generation ${manifest.generation} is ${manifest.state.toLowerCase()}: ${manifest.note}`,
      );
      this.#answered = open.offset;
      meter.count('segue_retrains_total', {
        outcome: manifest.state === 'REJECTED' ? 'rejected' : 'promoted',
      });
    } catch (error) {
      if (this.#stopping.signal.aborted)
        logger.info(`generation ${generation} is given up: this process stops`);
      else await this.#giveUp(open, generation, error as Error);
    } finally {
      this.#isTraining = false;
      this.#state('idle');
    }
  }

  async #giveUp(open: OpenRequest, generation: number, error: Error): Promise<void> {
    const { logger, meter, publisher } = this.options;
    if (hasCode(error, 'BROKER_FENCED')) {
      // Somebody else wrote models meanwhile. Whether that was an answer, the directory will show.
      logger.warn(`generation ${generation} was not published: ${error.message}; looking again`);
      return;
    }
    logger.error(`generation ${generation} failed: ${error.message}`, { error });
    meter.count('segue_retrains_total', { outcome: 'failed' });
    await publisher.publishFailure(this.#failed(open, generation, error)).catch(() => undefined);
    this.#answered = open.offset;
  }

  /** A trainer before us may have died between its last two steps. */
  async #finishLeftOver(): Promise<void> {
    const { loader, publisher, logger } = this.options;
    if (!isLeftOver(loader.directory.manifests.at(-1))) return;
    const finished = await publisher.finishLeftOver().catch(() => undefined);
    if (finished !== undefined)
      logger.info(`generation ${finished.generation} is promoted at last`);
  }

  async #train(open: OpenRequest, generation: number): Promise<Model> {
    const { loader, jobFor, publisher, meter, logger, clock } = this.options;
    const order = { generation, request: open.request, requestOffset: open.offset };
    const result = await retrain(order, {
      ...jobFor(open.request),
      totalListens: this.options.totalListens(),
      reigning: loader.serving,
      reigningManifest: loader.directory.promoted,
      signal: this.#stopping.signal,
      pause: pauseBetweenTurns(clock),
      onProgress: (line) => logger.info(`generation ${generation}: ${line}`),
      onPhase: (phase, ms) => meter.observe('segue_retrain_duration_seconds', { phase }, ms / 1000),
      onShareDone: (phase, share) => meter.set('segue_retrain_progress_ratio', { phase }, share),
    });
    const startedMs = clock.monotonicMs();
    const manifest = await publisher.publish(result);
    const seconds = (clock.monotonicMs() - startedMs) / 1000;
    meter.observe('segue_retrain_duration_seconds', { phase: 'write' }, seconds);
    return manifest;
  }

  #failed(open: OpenRequest, generation: number, error: Error): Model {
    const none = Buffer.alloc(0);
    return {
      generation,
      state: 'FAILED',
      attempt: '',
      request_offset: open.offset,
      reason: whyAsked(open.request),
      note: error.message,
      trainer: open.request.trainer,
      rule: NO_RULE,
      items: 0,
      users: 0,
      interactions: 0,
      threshold: 0,
      blocks: 0,
      checksum: 0,
      gramian: none,
      user_gramian: none,
      quality: {},
      positions: [],
      trained_at: this.options.clock.now(),
      training_ms: 0,
      challenger_share: 0,
    };
  }

  #state(current: 'idle' | 'requested' | 'running'): void {
    for (const state of ['idle', 'requested', 'running'] as const) {
      this.options.meter.set('segue_retrain_state', { state }, state === current ? 1 : 0);
    }
  }
}

function pauseBetweenTurns(clock: Clock): () => Promise<void> {
  let turnStartedMs = clock.monotonicMs();
  return async () => {
    if (clock.monotonicMs() - turnStartedMs < TURN_MS) return;
    await yieldToEventLoop();
    turnStartedMs = clock.monotonicMs();
  };
}
