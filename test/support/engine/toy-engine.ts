/**
 * The engine with a topology that knows nothing of music, on virtual time: words are added up by key. Several runners by
 * name, each with disks that survive it; databases and commits can be made to fail.
 */
import type { OutputRecord, StoredRecord } from '../../../src/broker/broker';
import { EmbeddedBroker } from '../../../src/broker/embedded-broker';
import type { EmbeddedFaults } from '../../../src/broker/embedded-transactional-writer';
import type { EngineSettings } from '../../../src/engine/engine-settings';
import { StreamRunner } from '../../../src/engine/stream-runner';
import type { Topology } from '../../../src/engine/topology';
import type { FaultPoint } from '../../../src/fault-points';
import { type Logger, noLogger } from '../../../src/logger';
import { EmbeddedRegistry } from '../../../src/schema-registry/embedded-registry';
import { type Level, openMemoryLevel } from '../../../src/store/level';
import { SlotDatabase } from '../../../src/store/slot-database';
import { type Meter, noMeter } from '../../../src/telemetry/meter';
import { VirtualClock } from '../../../src/virtual-clock';
import { counts, toyTopology, words } from './toy-topology';

export const TOY_SETTINGS: EngineSettings = {
  application: 'toy',
  slots: 2,
  stepIntervalMs: 100,
  stepLingerMs: 10,
  stepRecordsMax: 100,
  stepBytesMax: 100_000,
  cacheBytesMax: 10_000,
  queueBytesMax: 100_000,
  recordBytesMax: 1000,
  stepBudgetMs: 50,
  farBehindRecords: 1000,
  tombstoneRetentionMs: 86_400_000,
  fencedRetryMs: 300,
  standbys: 0,
};

export interface ToyOptions {
  readonly settings?: Partial<EngineSettings>;
  readonly faults?: EmbeddedFaults;
  readonly topology?: Topology;
}

export interface RunnerOptions {
  readonly bootId?: string;
  readonly topology?: Topology;
  readonly faultPoint?: FaultPoint;
  readonly meter?: Meter;
}

/** What a disk does; tests change it while things run. */
export interface DiskFaults {
  /** Called before each batch; may throw, as a full disk does. */
  onApply: (path: string) => void;
}

export class ToyEngine {
  readonly registry = EmbeddedRegistry.inMemory();
  readonly topology: Topology;
  readonly warnings: string[] = [];
  readonly infos: string[] = [];
  readonly disk: DiskFaults = { onApply: () => undefined };
  /** Paths of databases that are open right now, and whether one was ever opened twice. */
  readonly open = new Map<string, number>();
  openedTwice = false;
  /** Known before its start is over, for what happens in the midst of it. */
  lastRunner: StreamRunner | undefined;
  readonly #disks = new Map<string, Level>();
  readonly #connections = new Map<StreamRunner, EmbeddedBroker>();

  private constructor(
    readonly clock: VirtualClock,
    readonly broker: EmbeddedBroker,
    private readonly options: ToyOptions,
  ) {
    this.topology = options.topology ?? toyTopology();
  }

  static async open(options: ToyOptions = {}): Promise<ToyEngine> {
    const clock = new VirtualClock(Date.UTC(2020, 0, 1));
    const broker = await EmbeddedBroker.open({
      database: await openMemoryLevel(),
      clock,
      ...(options.faults === undefined ? {} : { faults: options.faults }),
    });
    return new ToyEngine(clock, broker, options);
  }

  async start(name = 'a', options: RunnerOptions = {}): Promise<StreamRunner> {
    const connection = this.broker.connect();
    const runner = new StreamRunner({
      topology: this.topology,
      settings: { ...TOY_SETTINGS, ...this.options.settings },
      broker: connection,
      registry: this.registry,
      clock: this.clock,
      meter: noMeter,
      logger: this.#logger(),
      bootId: 'boot',
      openDatabase: (slot, anew) => {
        if (anew) this.#disks.delete(`${name}/${slot}`);
        return this.openDisk(`${name}/${slot}`);
      },
      localSlots: () => this.slotsOnDisk(name),
      ...options,
    });
    this.lastRunner = runner;
    this.#connections.set(runner, connection);
    await this.run(runner.start());
    await this.clock.advance(500);
    return runner;
  }

  /** Lets virtual time pass until the promise settles. */
  async run<T>(work: Promise<T>): Promise<T> {
    let isDone = false;
    const done = work.finally(() => {
      isDone = true;
    });
    done.catch(() => undefined);
    await this.clock.advanceUntil(() => isDone, 600_000);
    return done;
  }

  stop(runner: StreamRunner): Promise<void> {
    return this.run(runner.stop());
  }

  /** The process is not heard of again; its membership times out. What is left of it is wound up. */
  async crash(runner: StreamRunner): Promise<void> {
    this.#connections.get(runner)!.crash();
    await this.run(runner.stop().catch(() => undefined));
  }

  /** A disk as it lies there; only while nobody runs on it. */
  database(name: string, slot: number): SlotDatabase {
    return new SlotDatabase(this.#disks.get(`${name}/${slot}`)!);
  }

  slotsOnDisk(name: string): number[] {
    const paths = [...this.#disks.keys()].filter((path) => path.startsWith(`${name}/`));
    return paths.map((path) => Number(path.slice(name.length + 1)));
  }

  loseDisk(name: string): void {
    for (const path of [...this.#disks.keys()])
      if (path.startsWith(`${name}/`)) this.#disks.delete(path);
  }

  async send(key: string | null, count: number, partition?: number): Promise<void> {
    const codec = await this.registry.codec('words-value', words.schema, 'BACKWARD');
    await this.sendRaw({
      topic: 'words',
      key: key === null ? null : Buffer.from(key),
      value: codec.encode({ count }),
      ...(partition === undefined ? {} : { partition }),
    });
  }

  async sendRaw(record: OutputRecord): Promise<void> {
    const writer = await this.broker.writer();
    await this.run(writer.send([{ timestampMs: this.clock.now(), ...record }]));
  }

  /** Everything that is to be read in a topic, in order of partition and offset. */
  async records(topic: string): Promise<StoredRecord[]> {
    const found: StoredRecord[] = [];
    for (const { partition, start, end } of await this.broker.ranges(topic)) {
      for (let offset = start; offset < end; ) {
        const batches = await this.broker.fetch([{ topic, partition, offset }], {
          waitMsMax: 0,
          bytesMaxPerPartition: 1_000_000,
        });
        for (const { records, nextOffset } of batches) {
          found.push(...records);
          offset = nextOffset;
        }
      }
    }
    return found;
  }

  countOf(runner: StreamRunner, key: string): number | undefined {
    const found = runner.slots
      .map(({ state }) => state?.store(counts).get(key))
      .find((one) => one !== undefined);
    return found?.count;
  }

  added(runner: StreamRunner): number {
    return runner.slots.reduce((sum, { work }) => sum + (work?.sums.get('added') ?? 0), 0);
  }

  async settle(runner: StreamRunner): Promise<void> {
    await this.clock.advanceUntil(() => runner.isCaughtUp(), 60_000);
  }

  async openDisk(path: string): Promise<SlotDatabase> {
    const level = this.#disks.get(path) ?? (await openMemoryLevel());
    this.#disks.set(path, level);
    const users = (this.open.get(path) ?? 0) + 1;
    this.openedTwice ||= users > 1;
    this.open.set(path, users);
    const onApply = () => this.disk.onApply(path);
    return new ToyDatabase(level, onApply, () => this.open.set(path, this.open.get(path)! - 1));
  }

  #logger(): Logger {
    return {
      ...noLogger,
      warn: (message: string) => void this.warnings.push(message),
      error: (message: string) => void this.warnings.push(message),
      info: (message: string) => void this.infos.push(message),
    };
  }
}

/** Slots with their statuses, in order. */
export function statuses({ slots }: StreamRunner): string[] {
  return slots.map(({ slot, status }) => `${slot} ${status}`).sort();
}

/** Keeps its content when closed, which a memory level would lose. */
class ToyDatabase extends SlotDatabase {
  constructor(
    level: Level,
    onApply: () => void,
    private readonly onClose: () => void,
  ) {
    super(failing(level, onApply));
  }

  override async close(): Promise<void> {
    this.onClose();
  }
}

/** The same level, whose batches fail when `onApply` throws. */
function failing(level: Level, onApply: () => void): Level {
  return new Proxy(level, {
    get(target, name) {
      if (name === 'batch')
        return () => {
          const batch = target.batch();
          const write = batch.write.bind(batch) as (options: object) => Promise<void>;
          const failingWrite = async (options: object): Promise<void> => {
            onApply();
            await write(options);
          };
          return Object.assign(batch, { write: failingWrite });
        };
      const value = Reflect.get(target, name, target) as unknown;
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
}
