/**
 * A whole application in this process, on virtual time: embedded broker and stores in memory, any number of
 * processes. For replays, tests and simulations; the same input gives the same result, to the last digit.
 */

import type { Broker, OutputRecord } from '../broker/broker';
import { EmbeddedBroker } from '../broker/embedded-broker';
import type { EmbeddedFaults } from '../broker/embedded-transactional-writer';
import { type Options, readSettings, type Settings } from '../config';
import { SegueError } from '../errors';
import { type FaultPoint, noFaultPoint } from '../fault-points';
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
  readonly hooks?: VirtualHooks;
  readonly meter?: Meter;
  readonly logger?: Logger;
}

/** What stands between a process, by name, and the world; for simulations. */
export interface VirtualHooks {
  readonly broker?: (connection: EmbeddedBroker, name: string) => Broker;
  readonly level?: (level: Level, name: string) => Level;
  readonly faultPoint?: (name: string) => FaultPoint;
  readonly bootId?: (name: string) => string;
  /** Before the process starts. */
  readonly prepare?: (process: StreamProcess) => void;
}

export class VirtualSystem {
  readonly registry = EmbeddedRegistry.inMemory();
  readonly settings: Settings;
  readonly #disks = new Map<string, Level>();
  readonly #alive = new Map<string, AliveProcess>();

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
    const { hooks = {} } = this.options;
    const connection = this.broker.connect();
    const machine = { isDead: false };
    const process = new StreamProcess({
      settings: this.settings,
      broker: hooks.broker?.(connection, name) ?? connection,
      registry: this.registry,
      clock: this.clock,
      meter: this.options.meter ?? noMeter,
      logger: this.options.logger ?? noLogger,
      bootId: hooks.bootId?.(name) ?? 'boot',
      openDatabase: (slot) => this.#openDisk(name, slot, machine),
      localSlots: () => this.#slotsOnDisk(name),
      faultPoint: hooks.faultPoint?.(name) ?? noFaultPoint,
    });
    hooks.prepare?.(process);
    this.#alive.set(name, { process, connection, machine });
    await this.run(process.start());
    return process;
  }

  /**
   * As kill −9 does: nothing of the process reaches the broker or its disk any more. What is left of it here is wound
   * up out of everybody's sight.
   */
  async crash(name: string): Promise<void> {
    this.kill(name);
    const { process } = this.#alive.get(name)!;
    this.#alive.delete(name);
    await this.run(process.stop().catch(() => undefined));
  }

  /** The first half of `crash`, at this very moment: for crashes in the midst of something. */
  kill(name: string): void {
    const { connection, machine } = this.#alive.get(name)!;
    machine.isDead = true;
    connection.crash();
  }

  /** What a process had on its disk is gone. Only while it does not run. */
  loseDisk(name: string): void {
    for (const path of [...this.#disks.keys()])
      if (path.startsWith(`${name}/`)) this.#disks.delete(path);
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

  #slotsOnDisk(name: string): number[] {
    const paths = [...this.#disks.keys()].filter((path) => path.startsWith(`${name}/`));
    return paths.map((path) => Number(path.slice(name.length + 1)));
  }

  async #openDisk(
    name: string,
    slot: number,
    machine: { readonly isDead: boolean },
  ): Promise<SlotDatabase> {
    const path = `${name}/${slot}`;
    const level = this.#disks.get(path) ?? (await openMemoryLevel());
    this.#disks.set(path, level);
    return new KeptDatabase(this.options.hooks?.level?.(level, name) ?? level, machine);
  }
}

/** Keeps its content when closed (a memory level would lose it), and takes nothing from a dead machine. */
class KeptDatabase extends SlotDatabase {
  constructor(
    level: Level,
    private readonly machine: { readonly isDead: boolean },
  ) {
    super(level);
  }

  override async apply(...written: Parameters<SlotDatabase['apply']>): Promise<void> {
    if (this.machine.isDead) throw new SegueError('BROKER_CLOSED', 'the machine is dead');
    await super.apply(...written);
  }

  override async wipe(): Promise<void> {
    if (this.machine.isDead) throw new SegueError('BROKER_CLOSED', 'the machine is dead');
    await super.wipe();
  }

  override async close(): Promise<void> {}
}

interface AliveProcess {
  readonly process: StreamProcess;
  readonly connection: EmbeddedBroker;
  readonly machine: { isDead: boolean };
}
