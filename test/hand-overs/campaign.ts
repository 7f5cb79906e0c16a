/**
 * Hand-overs in a row under constant load, a process killed in the middle of some; then a roll-back, and a track that is
 * new. Every list that was looked at must come out the same when it is recomputed from what it names.
 */
import { setTimeout as pause } from 'node:timers/promises';
import type { Model } from '../../schemas/records';
import type { OracleModel } from '../support/oracle/lists';
import type { Machine } from '../torture/machine';
import { differences } from './judge';
import { Listeners } from './listeners';
import { NEW_TRACK_LISTENERS, untilListed } from './new-track';
import { Stage, type StageOptions } from './stage';
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

/** What a process says when its training has begun; for Spark, which takes long to start, when it has read. */
const BEGUN: Readonly<Record<string, RegExp>> = {
  'worker-threads': /: training, because of/g,
  spark: /executors, .* blocks of users/g,
};

function timesSaid(machine: Machine, trainer: string): number {
  return [...machine.said().matchAll(BEGUN[trainer]!)].length;
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
    const before = stage.machines.map((machine) => timesSaid(machine, trainer));
    const offset = await administration.requestRetrain({ ...options.request, trainer });
    if (kill === 'in training') await this.#killTrainer(trainer, before);
    const answer = await this.#answerTo(offset);
    if (kill === 'in the switch') await this.#kill(stage.machines[1]!);
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

  async #killTrainer(trainer: string, before: readonly number[]): Promise<void> {
    const { machines } = this.stage;
    let training: Machine | undefined;
    await this.stage.until('a training', async () => {
      training = machines.find((machine, at) => timesSaid(machine, trainer) > before[at]!);
      return training !== undefined;
    });
    await this.#kill(training!);
  }

  /** Started again at once, as by a supervisor. */
  async #kill(machine: Machine): Promise<void> {
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
    const ms = await untilListed({
      stage: this.stage,
      listeners: this.#listeners,
      watch: this.#watch,
    });
    this.options.say(
      `a new track heard by ${NEW_TRACK_LISTENERS} users is on a list after ${ms} ms`,
    );
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
