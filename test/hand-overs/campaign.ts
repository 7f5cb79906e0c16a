/**
 * Hand-overs in a row under constant load, a process killed in the middle of some; then a roll-back, and a track that is
 * new. Every list that was looked at must come out the same when it is recomputed from what it names.
 */
import { setTimeout as pause } from 'node:timers/promises';
import type { Model } from '../../schemas/records';
import type { OracleModel } from '../support/oracle/lists';
import { differences } from './judge';
import { Listeners } from './listeners';
import { LISTENERS_MIN, Stage, type StageOptions } from './stage';
import { ListWatch } from './watch-lists';

export interface CampaignOptions extends StageOptions {
  readonly seed: number;
  readonly handOvers: number;
  /** Listens a second. */
  readonly rate: number;
  /** In turns. */
  readonly trainers: readonly string[];
  /** Settings that each request carries. */
  readonly request?: Record<string, string>;
  /** One of so many lists is recomputed. */
  readonly every: number;
  readonly say: (line: string) => void;
}

export interface CampaignResult {
  readonly seed: number;
  readonly generations: number;
  readonly kills: number;
  readonly lists: number;
  readonly recomputed: number;
  readonly additions: number;
  /** From the promotion's answer until all slots serve it. */
  readonly switchMs: readonly number[];
  readonly rollbackMs: number;
  /** From the listen that takes it over the threshold to the first list that holds it. */
  readonly newTrackMs: number;
  readonly differences: readonly string[];
}

const PAST_LISTENS = 40_000;
const NEW_TRACK_LISTENERS = 30;
const QUIET_MS = 4000;

export async function runCampaign(options: CampaignOptions): Promise<CampaignResult> {
  const stage = await Stage.open(options);
  const campaign = new Campaign(stage, options);
  try {
    return await campaign.run();
  } finally {
    await campaign.end();
    await stage.close();
  }
}

class Campaign {
  readonly #listeners: Listeners;
  readonly #watch: ListWatch;
  /** By attempt: factors as they were handed over, before they are forgotten. */
  readonly #models = new Map<string, OracleModel>();
  readonly #switchMs: number[] = [];
  #kills = 0;

  constructor(
    private readonly stage: Stage,
    private readonly options: CampaignOptions,
  ) {
    this.#listeners = new Listeners(stage, options);
    this.#watch = new ListWatch(stage, options.every);
  }

  async run(): Promise<CampaignResult> {
    const { handOvers, seed } = this.options;
    await this.#begin();
    // Two kills: one while a model is trained, one while it is handed over.
    const [inTraining, inSwitch] = [Math.ceil(handOvers / 3), Math.ceil((2 * handOvers) / 3)];
    for (let number = 1; number <= handOvers; number++) {
      const kill =
        number === inTraining ? 'in training' : number === inSwitch ? 'in the switch' : undefined;
      await this.#handOver(number, kill);
    }
    const newTrackMs = await this.#newTrack();
    const rollbackMs = await this.#rollBack();
    await this.#quietDown();
    const found = await differences(this.stage, this.#watch, this.#models);
    return {
      seed,
      generations: this.#switchMs.length,
      kills: this.#kills,
      lists: this.#watch.count,
      recomputed: this.#watch.sample.length,
      additions: this.#watch.additions.length,
      switchMs: this.#switchMs,
      rollbackMs,
      newTrackMs,
      differences: [...this.stage.machines.flatMap(({ mishaps }) => mishaps), ...found],
    };
  }

  async end(): Promise<void> {
    await Promise.all([this.#listeners.stop(), this.#watch.stop()]).catch(() => undefined);
  }

  async #begin(): Promise<void> {
    const { stage } = this;
    await this.#listeners.sendPast(PAST_LISTENS);
    await this.#watch.start();
    for (const machine of stage.machines) machine.start();
    await stage.until('the past processed', () => stage.isProcessed());
    this.#listeners.start();
    await this.#handOver(0);
  }

  async #handOver(number: number, kill?: 'in training' | 'in the switch'): Promise<void> {
    const { stage, options } = this;
    const { administration } = stage;
    const trainer = options.trainers[number % options.trainers.length]!;
    const offset = await administration.requestRetrain({ ...options.request, trainer });
    if (kill === 'in training') await this.#kill(0);
    const answer = await this.#answerTo(offset);
    if (kill === 'in the switch') await this.#kill(1);
    const { generation } = answer;
    const ms = await stage.until(`generation ${generation} on all slots`, () =>
      stage.isServedBy(generation),
    );
    this.#switchMs.push(ms);
    await this.#keep(answer);
    options.say(
      `generation ${generation} by ${answer.trainer}${kill === undefined ? '' : `, killed ${kill}`}: on all slots after ${ms} ms`,
    );
  }

  async #answerTo(offset: number): Promise<Model> {
    let answer: Model | undefined;
    await this.stage.until('the answer to a request', async () => {
      answer = await this.stage.administration.answerTo(offset, 0);
      return answer !== undefined;
    });
    if (answer?.state === 'PROMOTED') return answer;
    throw new Error(`expected a promoted generation, got ${answer?.state}: ${answer?.note}`);
  }

  /** Started again at once, as by a supervisor. */
  async #kill(number: number): Promise<void> {
    const machine = this.stage.machines[number]!;
    await pause(200);
    await machine.kill();
    this.#kills += 1;
    machine.start();
  }

  async #keep({ generation, attempt, rule }: Model): Promise<void> {
    const { als, tracks } = await this.stage.administration.model(generation, 0);
    this.#models.set(attempt, {
      factorCount: rule.factor_count,
      alpha: rule.alpha,
      lambda: rule.lambda,
      nu: rule.nu,
      factors: als.itemFactors.values,
      trackIds: tracks.map(({ trackId }) => trackId),
    });
  }

  async #newTrack(): Promise<number> {
    const users = [...this.#watch.last.values()]
      .filter(({ list }) => list.kind === 'PERSONAL')
      .slice(0, NEW_TRACK_LISTENERS)
      .map(({ user }) => user);
    const trackId = '5e9e0000-0000-4000-8000-000000000001';
    const track = {
      trackId,
      recordingMbid: trackId,
      recordingMsid: trackId,
      artistName: 'nobody yet',
      trackName: 'new',
      releaseName: null,
    };
    await this.#listeners.hear(users.slice(0, LISTENERS_MIN - 1), track);
    const startedMs = Date.now();
    await this.#listeners.hear(users.slice(LISTENERS_MIN - 1), track);
    await this.stage.until('factors of a new track', async () =>
      this.#watch.additions.some(({ addition }) => addition.track_id === trackId),
    );
    const ms = Date.now() - startedMs;
    this.options.say(`a new track heard by ${users.length} users has factors after ${ms} ms`);
    return ms;
  }

  async #rollBack(): Promise<number> {
    const { stage } = this;
    const { generation } = await stage.administration.rollBack();
    const ms = await stage.until('the roll-back on all slots', () => stage.isServedBy(generation));
    this.options.say(`rolled back to generation ${generation} on all slots after ${ms} ms`);
    return ms;
  }

  /** No load, nothing left to process, everybody listed by the generation that serves, and no list that still changes. */
  async #quietDown(): Promise<void> {
    const { stage } = this;
    await this.#listeners.stop();
    const promoted = (await stage.administration.directory()).promoted!.generation;
    let before = -1;
    await stage.until('quiet', async () => {
      const isStill = this.#watch.count === before;
      before = this.#watch.count;
      await pause(QUIET_MS);
      return isStill && this.#watch.isAllOf(promoted) && (await stage.isProcessed());
    });
    await this.#watch.stop();
    await Promise.all(stage.machines.map((machine) => machine.stop()));
  }
}
