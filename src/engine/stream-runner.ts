/** A process's share of the application: joins the group, runs the slots it is given, feeds them. */
import type { Broker, Membership, Position, TopicSpec } from '../broker/broker';
import { type Clock, sleep } from '../clock';
import { hasCode, type SegueError } from '../errors';
import { type FaultPoint, noFaultPoint } from '../fault-points';
import type { Logger } from '../logger';
import type { SchemaRegistry } from '../schema-registry/schema-registry';
import type { SlotDatabase } from '../store/slot-database';
import type { Meter } from '../telemetry/meter';
import type { EngineSettings } from './engine-settings';
import { GlobalTables } from './global-tables';
import { LocalReach } from './local-reach';
import { PartitionWatch } from './partition-watch';
import { Slot } from './slot';
import type { SlotState } from './slot-state';
import { Standbys } from './standbys';
import { ThrottledWarning } from './throttled-warning';
import { TopicCodecs } from './topic-codecs';
import { type Topic, type Topology, topicsOf } from './topology';
import { Turns } from './turns';

export interface StreamRunnerOptions {
  readonly topology: Topology;
  readonly settings: EngineSettings;
  readonly broker: Broker;
  readonly registry: SchemaRegistry;
  readonly clock: Clock;
  readonly meter: Meter;
  readonly logger: Logger;
  readonly bootId: string;
  readonly openDatabase: (slot: number, anew?: boolean) => Promise<SlotDatabase>;
  /** Slots whose state lies on this machine. */
  readonly localSlots: () => readonly number[];
  /** What the other members should know of this process, such as its address. */
  readonly memberData?: () => Buffer;
  /** Who this process was in the group in an earlier life, and where its new name is kept. */
  readonly earlierMemberId?: string | undefined;
  readonly onMemberId?: (memberId: string) => void;
  readonly faultPoint?: FaultPoint;
}

/** A queue with any room is fetched for, and bytes weigh several times as much once they are records. */
const FETCHES_PER_QUEUE = 8;
const FETCH_WAIT_MS = 100;
const IDLE_MS = 10;
const RETRY_MS = 200;

export class StreamRunner {
  readonly #slots = new Map<number, Slot>();
  /** A former tenure or standby in this process closes the database before the next opens it. */
  readonly #turns = new Turns();
  readonly #reach: LocalReach;
  #codecs: TopicCodecs | undefined;
  #membership: Membership | undefined;
  #tables: GlobalTables | undefined;
  #partitions: PartitionWatch | undefined;
  #standbys: Standbys | undefined;
  #fetching: Promise<void> | undefined;
  #stopping = false;

  readonly #fetchWarning: ThrottledWarning;

  constructor(private readonly options: StreamRunnerOptions) {
    this.#fetchWarning = new ThrottledWarning(options.logger, options.clock);
    this.#reach = new LocalReach(options.topology, options.logger);
  }

  get codecs(): TopicCodecs {
    return this.#codecs!;
  }

  get slots(): readonly Slot[] {
    return [...this.#slots.values()];
  }

  /** Of a slot that another process owns and this one follows; as of a moment ago. */
  standbyState(slot: number): SlotState | undefined {
    return this.#standbys?.all.find((one) => one.slot === slot)?.state;
  }

  get membership(): Membership | undefined {
    return this.#membership;
  }

  /** Makes the topics, registers the schemas, reads the global tables, joins the group. */
  async start(): Promise<void> {
    const { topology, broker, settings, registry, clock, logger } = this.options;
    const topics = topicsOf(topology);
    await broker.createTopics(topics.map((topic) => topicSpec(topic, settings.slots)));
    this.#codecs = await TopicCodecs.register(topics, registry);
    const onChange = () => this.nudge();
    this.#tables = new GlobalTables({
      definitions: topology.globals,
      broker,
      codecs: this.#codecs,
      clock,
      logger,
      onChange,
    });
    await this.#tables.start();
    const { faultPoint = noFaultPoint, localSlots, openDatabase } = this.options;
    this.#standbys = new Standbys(
      { ...this.options, codecs: this.codecs, faultPoint },
      this.#turns,
    );
    await this.#reach.read(localSlots(), openDatabase);
    this.#membership = await broker.join({
      groupId: settings.application,
      slots: settings.slots,
      data: this.options.memberData ?? (() => Buffer.alloc(0)),
      preferred: localSlots,
      reached: () => this.#reached(),
      standbys: settings.standbys,
      earlierMemberId: this.options.earlierMemberId,
      onMemberId: this.options.onMemberId,
      onAssigned: (slots, standbys) => this.#assign(slots, standbys),
      onLost: (reason) => logger.info(`membership is open: ${reason}`),
    });
    this.options.meter.set('segue_slots', {}, settings.slots);
    this.#fetching = this.#fetchLoop();
    this.#partitions = this.#watchPartitions();
  }

  /** Something outside the input changed (a model, a setting): end-of-step work may have more to do. */
  nudge(): void {
    for (const slot of this.#slots.values()) slot.nudge();
  }

  /** Every committed input is processed, and nobody has anything left to do. */
  async isCaughtUp(): Promise<boolean> {
    if (!(await this.#tables!.caughtUp())) return false;
    const { topology, broker } = this.options;
    for (const part of topology.parts) {
      for (const { topic } of part.sources) {
        const ranges = await broker.ranges(topic.name);
        for (const slot of this.#slots.values()) {
          const partition = topic.partitions === 'single' ? 0 : slot.slot;
          if (part.runsOn === 'slot 0' && slot.slot !== 0) continue;
          if (
            slot.position(topic.name) < ranges.find((range) => range.partition === partition)!.end
          )
            return false;
        }
      }
    }
    return this.slots.every((slot) => slot.isIdle());
  }

  /** Commits and closes what is running, leaves the group. */
  async stop(): Promise<void> {
    this.#stopping = true;
    this.#partitions?.stop();
    for (const slot of this.#slots.values()) slot.stop();
    await this.#standbys?.stop();
    await this.#turns.over();
    await this.#membership?.leave();
    await this.#tables?.stop();
    await this.#fetching;
  }

  #watchPartitions(): PartitionWatch {
    const watch = new PartitionWatch({
      ...this.options,
      slots: this.options.settings.slots,
      onChanged: (error) => {
        for (const slot of this.slots) if (slot.status !== 'failed') slot.fail(error);
      },
    });
    watch.start();
    return watch;
  }

  #assign(slots: readonly number[], standbys: readonly number[]): void {
    if (this.#stopping) return;
    for (const [number, slot] of this.#slots) {
      if (slots.includes(number)) continue;
      slot.stop();
      this.#slots.delete(number);
    }
    this.#standbys!.assign(standbys);
    for (const number of slots) {
      const held = this.#slots.get(number);
      if (held === undefined) this.#startSlot(number);
      else held.proveOwnership();
    }
    this.options.meter.set('segue_slots_held', {}, slots.length);
    this.options.logger.info(`slots assigned: ${slots.length === 0 ? 'none' : slots.join(', ')}`);
  }

  #startSlot(number: number): void {
    const slot: Slot = new Slot({
      ...this.options,
      slot: number,
      codecs: this.codecs,
      isAssigned: () => this.#isKept(number, slot) && this.#isAssigned(number),
      isKept: () => this.#isKept(number, slot),
      faultPoint: this.options.faultPoint ?? noFaultPoint,
      budgetMs: () => this.options.settings.stepBudgetMs / Math.max(1, this.#slots.size),
    });
    this.#slots.set(number, slot);
    this.#turns.take(number, () => slot.run());
  }

  #reached(): Record<number, number> {
    for (const { slot, positions } of [...this.slots, ...(this.#standbys?.all ?? [])])
      this.#reach.note(slot, positions);
    return this.#reach.toRecord();
  }

  #isKept(number: number, slot: Slot): boolean {
    return !this.#stopping && this.#slots.get(number) === slot;
  }

  /** The first slots are assigned before there is a membership to ask. */
  #isAssigned(number: number): boolean {
    return this.#membership?.slots.includes(number) ?? true;
  }

  async #fetchLoop(): Promise<void> {
    while (!this.#stopping) {
      const wanted = this.slots.flatMap((slot) =>
        slot.wanted().map((position) => ({ slot, position })),
      );
      if (wanted.length === 0) {
        await sleep(this.options.clock, IDLE_MS);
        continue;
      }
      try {
        await this.#fetch(wanted);
      } catch (error) {
        await this.#fetchFailed(error);
      }
    }
  }

  async #fetch(
    wanted: readonly { readonly slot: Slot; readonly position: Position }[],
  ): Promise<void> {
    const { broker, settings } = this.options;
    const batches = await broker.fetch(
      wanted.map(({ position }) => position),
      {
        waitMsMax: FETCH_WAIT_MS,
        bytesMaxPerPartition: Math.ceil(settings.queueBytesMax / FETCHES_PER_QUEUE),
      },
    );
    for (const slot of new Set(wanted.map((one) => one.slot))) this.#noteFetch(slot);
    for (const batch of batches) {
      const asked = wanted.find(
        ({ position }) => position.topic === batch.topic && position.partition === batch.partition,
      )!;
      await this.#codecOf(batch.topic).learn(batch.records.map(({ value }) => value));
      asked.slot.enqueue(batch, asked.position.offset);
    }
  }

  /** If only that there is nothing: the input was asked for, and there was an answer. */
  #noteFetch({ slot, status }: Slot): void {
    if (status !== 'running') return;
    const labels = { partition: String(slot) };
    const seconds = this.options.clock.now() / 1000;
    this.options.meter.set('segue_last_fetch_timestamp_seconds', labels, seconds);
  }

  #codecOf(name: string) {
    const topic = topicsOf(this.options.topology).find((one) => one.name === name)!;
    return this.codecs.of(topic);
  }

  /** An offset out of range stops its slot alone; anything else is tried again. */
  async #fetchFailed(error: unknown): Promise<void> {
    this.#fetchWarning.warn(`fetching failed: ${(error as Error).message}; trying again`);
    if (hasCode(error, 'BROKER_OFFSET_OUT_OF_RANGE')) {
      // Where this fails as well, the next round comes here again.
      await this.#failOutOfRange(error).catch(() => undefined);
    }
    await sleep(this.options.clock, RETRY_MS);
  }

  async #failOutOfRange(error: SegueError): Promise<void> {
    for (const slot of this.slots) {
      for (const { topic, partition, offset } of slot.wanted()) {
        const ranges = await this.options.broker.ranges(topic);
        const range = ranges.find((one) => one.partition === partition);
        if (range === undefined || offset < range.start || offset > range.end) slot.fail(error);
      }
    }
  }
}

export function topicSpec(topic: Topic<unknown>, slots: number): TopicSpec {
  return {
    name: topic.name,
    partitions: topic.partitions === 'single' ? 1 : slots,
    cleanup: topic.cleanup,
    ...(topic.retentionMs === undefined ? {} : { retentionMs: topic.retentionMs }),
    ...(topic.compactionLagMs === undefined ? {} : { compactionLagMs: topic.compactionLagMs }),
  };
}
