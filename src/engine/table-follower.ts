/**
 * Follows a slot's tables into its database: trusts what is on disk where its mark lies in the changelog, else wipes it,
 * and knows where to read on. A restore follows them to their end, a standby for as long as somebody else has the slot.
 */
import type {
  Broker,
  FetchedBatch,
  PartitionRange,
  Position,
  TopicPartition,
} from '../broker/broker';
import type { Clock } from '../clock';
import type { Logger } from '../logger';
import type { SlotDatabase, SlotMark, Write } from '../store/slot-database';
import type { LayeredStore } from '../store/state-store';
import { slotMark } from './slot-mark';
import { databaseWrites, type SlotState } from './slot-state';
import type { TopicCodecs } from './topic-codecs';
import {
  isTable,
  type StoreDefinition,
  storesOf,
  type TableDefinition,
  type Topology,
} from './topology';

export interface FollowerOptions {
  readonly slot: number;
  readonly topology: Topology;
  readonly broker: Broker;
  readonly database: SlotDatabase;
  readonly state: SlotState;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly bootId: string;
  /** Older local content is not trusted: tombstones may be gone from the changelog. */
  readonly tombstoneRetentionMs: number;
  readonly codecs: TopicCodecs;
}

interface Changelog extends TopicPartition {
  /** Missing for the progress topic. */
  readonly definition: TableDefinition<unknown> | undefined;
  readonly range: PartitionRange;
}

export class TableFollower {
  private constructor(
    private readonly options: FollowerOptions,
    private readonly changelogs: readonly Changelog[],
    /** Topic → next offset not in the database. */
    readonly positions: Record<string, number>,
  ) {}

  static async open(options: FollowerOptions): Promise<TableFollower> {
    const changelogs = await listChangelogs(options);
    return new TableFollower(options, changelogs, await startPositions(options, changelogs));
  }

  /** Where to read on, of all tables. */
  places(): Position[] {
    return this.changelogs.map(({ topic, partition }) => ({
      topic,
      partition,
      offset: this.positions[topic]!,
    }));
  }

  /** Where to read on, of those whose end as of the opening is not reached. */
  behind(): Position[] {
    return this.places().filter(({ topic }) => this.#left(topic) > 0);
  }

  /** Offsets up to the ends as of the opening. */
  remaining(): number {
    return [...this.lags().values()].reduce((total, records) => total + records, 0);
  }

  /** The same by topic. */
  lags(): Map<string, number> {
    return new Map(this.changelogs.map(({ topic }) => [topic, this.#left(topic)]));
  }

  /** Answers how many records it held. */
  async apply(batch: FetchedBatch): Promise<number> {
    const { topic, records } = batch;
    const { definition } = this.changelogs.find((one) => one.topic === topic)!;
    this.positions[topic] = batch.nextOffset;
    if (definition === undefined) await this.#applyProgress(batch);
    else await this.#applyTable(definition, batch);
    return records.length;
  }

  mark(clean = false): SlotMark {
    return slotMark(this.positions, this.options.state, this.options, clean);
  }

  /** Other slots' records share the progress topic; a batch of nothing else needs no write. */
  async #applyProgress({ records }: FetchedBatch): Promise<void> {
    const { slot, database } = this.options;
    const own = records.filter((record) => record.key?.toString('utf8') === progressKey(slot));
    const last = own.at(-1)?.value;
    if (last) await database.apply([], this.mark(), last);
  }

  async #applyTable(
    definition: TableDefinition<unknown>,
    { records }: FetchedBatch,
  ): Promise<void> {
    const { codecs, database, state } = this.options;
    await codecs.of(definition.topic).learn(records.map(({ value }) => value));
    const writes = tableWrites(state, definition, records);
    const derived = databaseWrites(state.freeze());
    await database.apply([...writes, ...derived], this.mark());
    state.committed();
  }

  #left(topic: string): number {
    const { range } = this.changelogs.find((one) => one.topic === topic)!;
    return Math.max(0, range.end - this.positions[topic]!);
  }
}

export function progressKey(slot: number): string {
  return `slot-${slot}`;
}

async function listChangelogs({ broker, topology, slot }: FollowerOptions): Promise<Changelog[]> {
  const tables = storesOf(topology).filter(isTable);
  const wanted = [
    ...tables.map((definition) => ({ definition, topic: definition.topic })),
    { definition: undefined, topic: topology.progress },
  ];
  return Promise.all(
    wanted.map(async ({ definition, topic }) => {
      const partition = topic.partitions === 'single' ? 0 : slot;
      const range = (await broker.ranges(topic.name)).find((one) => one.partition === partition)!;
      return { topic: topic.name, partition, definition, range };
    }),
  );
}

async function startPositions(
  options: FollowerOptions,
  changelogs: readonly Changelog[],
): Promise<Record<string, number>> {
  const mark = options.database.mark();
  const doubt = mark === undefined ? 'nothing on disk' : whyNotTrusted(mark, changelogs, options);
  if (mark !== undefined && doubt === undefined) {
    options.state.writers.load(mark.writers);
    await options.state.writers.learn(storesOf(options.topology), options.codecs);
    return { ...mark.changelogs };
  }
  if (mark !== undefined) {
    options.logger.warn(
      `slot ${options.slot}: local state is wiped and restored from its topics: ${doubt}`,
    );
    await options.database.wipe();
    options.state.reset();
  }
  return Object.fromEntries(changelogs.map(({ topic, range }) => [topic, range.start]));
}

function whyNotTrusted(
  mark: SlotMark,
  changelogs: readonly Changelog[],
  options: FollowerOptions,
): string | undefined {
  if (!mark.clean && mark.bootId !== options.bootId)
    return 'the machine was started anew without a clean stop';
  const ageMs = options.clock.now() - mark.writtenAtMs;
  if (ageMs > options.tombstoneRetentionMs)
    return `it is ${Math.round(ageMs / 1000)} s old, longer than tombstones are kept`;
  if (mark.writers === undefined) return 'it does not say under which schemas it was written';
  for (const { topic, range } of changelogs) {
    const position = mark.changelogs[topic];
    if (position === undefined) return `it knows nothing of ${topic}`;
    if (position < range.start)
      return `it stands at ${position} of ${topic}, which now begins at ${range.start}`;
    if (position > range.end)
      return `it stands at ${position} of ${topic}, which ends at ${range.end}: the topic was made anew`;
  }
  return undefined;
}

function tableWrites(
  state: SlotState,
  definition: TableDefinition<unknown>,
  records: FetchedBatch['records'],
): Write[] {
  const store = state.layered(definition);
  // Only the last record of a key counts, and a hook sees each key once a batch, so that `before` is what the database holds.
  const last = new Map<string, Buffer | null>();
  for (const { key, value } of records) if (key !== null) last.set(key.toString('utf8'), value);
  return [...last].map(([key, value]) => {
    state.writers.note(definition.topic.name, value);
    if (definition.onRestore !== undefined) tellHook(state, definition, store, key, value);
    return store.restoreWrite(key, value);
  });
}

function tellHook(
  state: SlotState,
  definition: StoreDefinition<unknown>,
  store: LayeredStore<unknown>,
  key: string,
  bytes: Buffer | null,
): void {
  const before = () => store.get(key);
  const after = bytes === null ? undefined : store.decode(bytes);
  definition.onRestore!(key, before, after, state);
}
