/**
 * A whole application in this process, on virtual time: embedded broker and stores in memory, any number of
 * processes. For replays, tests and simulations; the same input gives the same result, to the last digit.
 */

import type { OutputRecord } from '../broker/broker';
import { EmbeddedBroker } from '../broker/embedded-broker';
import type { EmbeddedFaults } from '../broker/embedded-transactional-writer';
import { type Options, readSettings, type Settings } from '../config';
import { type Logger, noLogger } from '../logger';
import { EmbeddedRegistry } from '../schema-registry/embedded-registry';
import { type Level, openMemoryLevel } from '../store/level';
import { SlotDatabase } from '../store/slot-database';
import { type Meter, noMeter } from '../telemetry/meter';
import { VirtualClock } from '../virtual-clock';
import { StreamProcess } from './stream-process';

export const START_MS = Date.UTC(2020, 0, 1);

export interface VirtualSystemOptions {
  readonly settings?: Options;
  /** Where virtual time begins, milliseconds since 1970. */
  readonly startMs?: number;
  /** Of the broker's steps; for tests and simulations. */
  readonly faults?: EmbeddedFaults;
  readonly meter?: Meter;
  readonly logger?: Logger;
}

export class VirtualSystem {
  readonly registry = EmbeddedRegistry.inMemory();
  readonly settings: Settings;
  readonly #disks = new Map<string, Level>();

  private constructor(
    readonly clock: VirtualClock,
    readonly broker: EmbeddedBroker,
    private readonly options: VirtualSystemOptions,
  ) {
    this.settings = readSettings(options.settings ?? {}, {});
  }

  static async open(options: VirtualSystemOptions = {}): Promise<VirtualSystem> {
    const clock = new VirtualClock(options.startMs ?? START_MS);
    const broker = await EmbeddedBroker.open({
      database: await openMemoryLevel(),
      clock,
      ...(options.faults === undefined ? {} : { faults: options.faults }),
    });
    return new VirtualSystem(clock, broker, options);
  }

  /** A process named `name`; started again under the same name it finds its disk as it left it. */
  async startProcess(name = 'a'): Promise<StreamProcess> {
    const process = new StreamProcess({
      settings: this.settings,
      broker: this.broker.connect(),
      registry: this.registry,
      clock: this.clock,
      meter: this.options.meter ?? noMeter,
      logger: this.options.logger ?? noLogger,
      bootId: 'boot',
      openDatabase: (slot) => this.#openDisk(`${name}/${slot}`),
      localSlots: () => [],
    });
    await this.run(process.start());
    return process;
  }

  /** Lets virtual time pass until the promise settles. */
  async run<T>(work: Promise<T>): Promise<T> {
    let isDone = false;
    const done = work.finally(() => {
      isDone = true;
    });
    done.catch(() => undefined);
    await this.clock.advanceUntil(() => isDone, 3_600_000);
    return done;
  }

  async settle(process: StreamProcess): Promise<void> {
    await this.run(process.untilCaughtUp());
  }

  async send(records: readonly OutputRecord[]): Promise<void> {
    const writer = await this.broker.writer();
    await this.run(writer.send(records));
    await this.run(writer.close());
  }

  /** A memory level closes for good; the wrapper keeps the content across `close`. */
  async #openDisk(path: string): Promise<SlotDatabase> {
    const level = this.#disks.get(path) ?? (await openMemoryLevel());
    this.#disks.set(path, level);
    const kept = new SlotDatabase(level);
    kept.close = async () => undefined;
    return kept;
  }
}
