/** Two real processes on real Kafka, and what looks at them from outside. */
import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { Administration } from '../../src/app/administration';
import { connect, type Places } from '../../src/app/connect';
import { systemClock } from '../../src/clock';
import { readSettings } from '../../src/config';
import { noLogger } from '../../src/logger';
import { LIST_LENGTH, TRACKS_MIN } from '../simulation/check-lists';
import { Ledger } from '../simulation/ledger';
import { SMALL_SPARK } from '../support/spark/small-spark';
import { Machine } from '../torture/machine';

export const SLOTS = 4;
export const LISTENERS_MIN = 8;
const WAIT_MS_MAX = 240_000;

const MODEL = {
  factors: '16',
  epochs: '4',
  alpha: '5',
  lambda: '1',
  filterRule: 'min-listeners',
  listenersMin: String(LISTENERS_MIN),
  tracksMin: String(TRACKS_MIN),
  listLength: String(LIST_LENGTH),
  perArtistMax: '0',
  // Whatever comes of a training is handed over: the campaign is about that.
  gateTolerance: '1',
  trainerThreads: '1',
  sparkMaster: 'local[2]',
  sparkConf: SMALL_SPARK.join(','),
  firstModelListensMin: '1000000000',
  retrainIntervalMinMs: '1d',
  httpPort: '0',
};

export interface StageOptions {
  readonly brokers: string;
  readonly registry: string;
}

export class Stage {
  readonly ledger = new Ledger();
  readonly machines: readonly Machine[];

  private constructor(
    readonly application: string,
    readonly directory: string,
    readonly places: Places,
    readonly administration: Administration,
    args: readonly string[],
  ) {
    this.machines = ['one', 'two'].map(
      (name) => new Machine({ name, directory, args, onHit: () => undefined }),
    );
  }

  static async open({ brokers, registry }: StageOptions): Promise<Stage> {
    const prefix = `${randomUUID().slice(0, 8)}-`;
    const options = {
      ...{ brokers, registry, ...MODEL, partitions: String(SLOTS) },
      ...{ application: `${prefix}segue`, topicPrefix: prefix },
    };
    const settings = readSettings(options, {});
    const places = await connect(settings, noLogger);
    const administration = await Administration.open({ ...places, settings, clock: systemClock });
    const directory = mkdtempSync(join(tmpdir(), 'segue-hand-overs-'));
    const args = Object.entries(options).flatMap(([name, value]) => [`--${dashed(name)}`, value]);
    return new Stage(options.application, directory, places, administration, args);
  }

  async close(): Promise<void> {
    await Promise.all(this.machines.map((machine) => machine.kill()));
    await this.places.close();
    rmSync(this.directory, { recursive: true, force: true });
  }

  /** Milliseconds until `condition` answers something; throws, with what the processes said last, when none comes. */
  async until(what: string, condition: () => Promise<boolean>): Promise<number> {
    const startedMs = Date.now();
    while (!(await condition())) {
      if (Date.now() - startedMs > WAIT_MS_MAX) throw new Error(this.#late(what));
      await pause(100);
    }
    return Date.now() - startedMs;
  }

  /** True when all slots make lists with this generation. */
  async isServedBy(generation: number): Promise<boolean> {
    const slots = await this.administration.servingSlots();
    return slots.get(generation)?.length === SLOTS;
  }

  /** Every listen that was sent is committed. */
  async isProcessed(): Promise<boolean> {
    const { broker } = this.places;
    const { name } = this.administration.topics.listens;
    const ranges = await broker.ranges(name);
    const places = ranges.map(({ partition }) => ({ topic: name, partition }));
    const committed = await broker.committed(this.application, places);
    const reached = new Map(committed.map(({ partition, offset }) => [partition, offset]));
    return ranges.every(({ partition, end }) => (reached.get(partition) ?? 0) >= end);
  }

  #late(what: string): string {
    const said = this.machines.map((machine) => `${machine.name}: ${machine.said().slice(-1500)}`);
    return `${what} has not come within ${WAIT_MS_MAX / 1000} s\n${said.join('\n')}`;
  }
}

function dashed(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}
