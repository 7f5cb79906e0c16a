/**
 * Brings a slot's database up to the end of its tables: trusts what is on disk where its mark lies in the changelog,
 * replays the rest, and judges "done" by position, because the last records may be markers that are never delivered.
 */
import type { Broker, FetchedBatch, PartitionRange, TopicPartition } from '../broker/broker';
import type { Clock } from '../clock';
import { SegueError } from '../errors';
import type { FaultPoint } from '../fault-points';
import type { Logger } from '../logger';
import type { SlotDatabase, SlotMark, Write } from '../store/slot-database';
import type { LayeredStore } from '../store/state-store';
import type { Meter } from '../telemetry/meter';
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

export interface RestoreOptions {
  readonly slot: number;
  readonly topology: Topology;
  readonly broker: Broker;
  readonly database: SlotDatabase;
  readonly state: SlotState;
  readonly clock: Clock;
  readonly meter: Meter;
  readonly logger: Logger;
  readonly bootId: string;
  /** Older local content is not trusted: tombstones may be gone from the changelog. */
  readonly tombstoneRetentionMs: number;
  readonly codecs: TopicCodecs;
  readonly faultPoint: FaultPoint;
  /** A long restore ends when the group has given the slot to somebody else. */
  readonly isKept: () => boolean;
}

interface Changelog extends TopicPartition {
  /** Missing for the progress topic. */
  readonly definition: TableDefinition<unknown> | undefined;
  readonly range: PartitionRange;
}

const FETCH = { waitMsMax: 1000, bytesMaxPerPartition: 1024 * 1024 } as const;

/** Answers how many records were replayed and the positions reached. Throws BROKER_FENCED where the slot is lost meanwhile. */
export async function restore(
  options: RestoreOptions,
): Promise<{ replayed: number; changelogs: Record<string, number> }> {
  const changelogs = await listChangelogs(options);
  const positions = await startPositions(options, changelogs);
  let remaining = sum(
    changelogs.map(({ topic, range }) => Math.max(0, range.end - positions[topic]!)),
  );
  const labels = { partition: String(options.slot) };
  const total = remaining;
  let replayed = 0;
  while (remaining > 0) {
    if (!options.isKept())
      throw new SegueError(
        'BROKER_FENCED',
        `slot ${options.slot} was given away during its restore`,
      );
    const wanted = changelogs
      .filter(({ topic, range }) => positions[topic]! < range.end)
      .map(({ topic, partition }) => ({ topic, partition, offset: positions[topic]! }));
    for (const batch of await options.broker.fetch(wanted, FETCH)) {
      replayed += await applyBatch(options, changelogs, positions, batch);
      options.faultPoint('in-restore');
    }
    remaining = sum(
      changelogs.map(({ topic, range }) => Math.max(0, range.end - positions[topic]!)),
    );
    options.meter.set('segue_restore_remaining_records', labels, remaining);
    options.meter.set('segue_restore_progress_ratio', labels, 1 - remaining / total);
  }
  options.meter.set('segue_restore_progress_ratio', labels, 1);
  options.meter.count('segue_restored_records_total', labels, replayed);
  return { replayed, changelogs: positions };
}

async function listChangelogs({ broker, topology, slot }: RestoreOptions): Promise<Changelog[]> {
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
  options: RestoreOptions,
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
  options: RestoreOptions,
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

async function applyBatch(
  options: RestoreOptions,
  changelogs: readonly Changelog[],
  positions: Record<string, number>,
  batch: FetchedBatch,
): Promise<number> {
  const { definition } = changelogs.find(({ topic }) => topic === batch.topic)!;
  positions[batch.topic] = batch.nextOffset;
  if (definition === undefined) {
    const progress = lastProgress(batch, options.slot);
    await options.database.apply([], slotMark(positions, options.state, options), progress);
    return batch.records.length;
  }
  await options.codecs.of(definition.topic).learn(batch.records.map(({ value }) => value));
  const writes = tableWrites(options, definition, batch);
  const derived = databaseWrites(options.state.freeze());
  const mark = slotMark(positions, options.state, options);
  await options.database.apply([...writes, ...derived], mark);
  options.state.committed();
  return batch.records.length;
}

/** Other slots' records share the progress topic. */
function lastProgress(batch: FetchedBatch, slot: number): Buffer | undefined {
  const own = batch.records.filter((record) => record.key?.toString('utf8') === progressKey(slot));
  return own.at(-1)?.value ?? undefined;
}

export function progressKey(slot: number): string {
  return `slot-${slot}`;
}

function tableWrites(
  options: RestoreOptions,
  definition: TableDefinition<unknown>,
  batch: FetchedBatch,
): Write[] {
  const store = options.state.layered(definition);
  // Only the last record of a key counts, and a hook sees each key once a batch, so that `before` is what the database holds.
  const last = new Map<string, Buffer | null>();
  for (const { key, value } of batch.records)
    if (key !== null) last.set(key.toString('utf8'), value);
  return [...last].map(([key, value]) => {
    options.state.writers.note(definition.topic.name, value);
    if (definition.onRestore !== undefined) tellHook(options, definition, store, key, value);
    return store.restoreWrite(key, value);
  });
}

function tellHook(
  { state }: RestoreOptions,
  definition: StoreDefinition<unknown>,
  store: LayeredStore<unknown>,
  key: string,
  bytes: Buffer | null,
): void {
  const before = store.get(key);
  const after = bytes === null ? undefined : store.decode(bytes);
  definition.onRestore!(key, before, after, state);
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
