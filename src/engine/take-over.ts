/** Taking over a slot: fence, restore, check, build the tasks. */
import type { PartitionRange, Position, TopicPartition } from '../broker/broker';
import { hasCode, SegueError } from '../errors';
import type { SlotDatabase } from '../store/slot-database';
import { agrees, lastProgress, recordedFor, untilReadable } from './last-commit-record';
import { SlotWork } from './processor-context';
import { restore } from './restore';
import { SlotInput } from './slot-input';
import { SlotState } from './slot-state';
import type { SlotOptions, SlotTenure } from './slot-tenure';
import { Sums } from './sums';
import { Task } from './task';
import {
  type PartDefinition,
  type ProgressValue,
  type SourceDefinition,
  storesOf,
} from './topology';

/** Throws BROKER_FENCED where the group has given the slot to somebody else meanwhile, SLOT_POSITIONS_DISAGREE, … */
export async function takeOver(options: SlotOptions, database: SlotDatabase): Promise<SlotTenure> {
  const { slot, settings, broker, topology } = options;
  // A late newcomer would fence the rightful owner: look at the assignment before the first transaction.
  checkAssigned(options);
  const writer = await broker.takeOver(`${settings.application}-${slot}`, settings.application);
  try {
    options.faultPoint('after-fencing');
    // Somebody who stood still before the fencing may have fenced the rightful owner, who does not know while idle: no
    // step of ours may follow. An owner who comes later fences us.
    checkAssigned(options);
    const definitions = storesOf(topology);
    const state = new SlotState(definitions, database, options.codecs, settings.cacheBytesMax);
    const parts = topology.parts.filter((part) => part.runsOn === 'every slot' || slot === 0);
    const { restored, progress, committed } = await restoreAll(options, parts, database, state);
    const input = new SlotInput(
      await startPositions(options, parts, progress, committed),
      settings.queueBytesMax,
    );
    const work = new SlotWork({
      ...options,
      slots: settings.slots,
      state,
      deadLetters: topology.deadLetters,
      positionOf: (topic) => input.position(topic),
    });
    if (progress !== undefined) work.sums = Sums.fromRecord(progress);
    const tasks = await buildTasks(parts, work);
    if (restored.replayed > 0)
      options.logger.info(`slot ${slot}: ${restored.replayed} records replayed`);
    options.faultPoint('before-seek');
    const stepNumber = progress?.step ?? 0;
    return { writer, state, work, input, tasks, changelogs: restored.changelogs, stepNumber };
  } catch (error) {
    await writer.close().catch(() => undefined);
    throw error;
  }
}

function checkAssigned({ isAssigned, slot }: SlotOptions): void {
  if (isAssigned()) return;
  throw new SegueError('BROKER_FENCED', `slot ${slot} is not assigned to this process right now`);
}

/** Everything that this slot has ever committed, in the database; the last commit record; the group's positions. */
async function restoreAll(
  options: SlotOptions,
  parts: readonly PartDefinition[],
  database: SlotDatabase,
  state: SlotState,
) {
  const { settings, broker, slot } = options;
  const { tombstoneRetentionMs } = settings;
  const restoring = { ...options, database, state, tombstoneRetentionMs };
  const places = sourcesOf(parts)
    .filter(({ replayed }) => !replayed)
    .map((source) => placeOf(source, slot));
  const first = await restore(restoring);
  const committed = await broker.committed(settings.application, places);
  const progress = await lastProgress(options, database);
  if (agrees(committed, progress)) return { restored: first, progress, committed };
  await untilReadable(options);
  const then = await restore(restoring);
  const restored = { ...then, replayed: first.replayed + then.replayed };
  return { restored, progress: await lastProgress(options, database), committed };
}

async function buildTasks(
  parts: readonly PartDefinition[],
  work: SlotWork,
): Promise<Map<string, Task>> {
  const tasks = new Map<string, Task>();
  for (const part of parts) {
    const task = new Task(part, work);
    await task.restored();
    for (const { topic } of part.sources) tasks.set(topic.name, task);
  }
  return tasks;
}

function sourcesOf(parts: readonly PartDefinition[]): SourceDefinition[] {
  return parts.flatMap((part) => part.sources);
}

function placeOf({ topic }: SourceDefinition, slot: number): TopicPartition {
  return { topic: topic.name, partition: topic.partitions === 'single' ? 0 : slot };
}

type SourceStart = {
  readonly source: SourceDefinition;
  readonly partition: number;
  readonly start: number;
};

/** Committed positions, checked against the last commit record and against what the partitions still hold. */
async function startPositions(
  options: SlotOptions,
  parts: readonly PartDefinition[],
  progress: ProgressValue | undefined,
  committed: readonly Position[],
): Promise<SourceStart[]> {
  const { broker, slot } = options;
  const sources = sourcesOf(parts);
  const ranges = new Map(
    await Promise.all(
      sources.map(async (source) => {
        const { topic, partition } = placeOf(source, slot);
        const range = (await broker.ranges(topic)).find((one) => one.partition === partition)!;
        return [topic, range] as const;
      }),
    ),
  );
  if (progress !== undefined) checkAgreement(options, committed, progress.positions, ranges);
  return sources.map((source) => {
    const { topic, partition } = placeOf(source, slot);
    const range = ranges.get(topic)!;
    const place = { topic, partition, offset: 0 };
    const known = recordedFor(place, committed) ?? recordedFor(place, progress?.positions ?? []);
    const start = source.replayed || known === undefined ? range.start : known.offset;
    if (start < range.start || start > range.end) throw outOfRange(slot, topic, start, range);
    return { source, partition, start };
  });
}

function checkAgreement(
  { slot, logger }: SlotOptions,
  committed: readonly Position[],
  recorded: readonly Position[],
  ranges: ReadonlyMap<string, PartitionRange>,
): void {
  for (const position of committed) {
    const record = recordedFor(position, recorded);
    if (record === undefined || record.offset === position.offset) continue;
    // Where records were lost, somebody had to decide where to go on, and has.
    if (record.offset < ranges.get(position.topic)!.start) {
      logger.warn(
        `slot ${slot}: goes on at ${position.offset} of ${position.topic}, as the group was set; the records from ` +
          `${record.offset} on are lost`,
      );
      continue;
    }
    throw new SegueError(
      'SLOT_POSITIONS_DISAGREE',
      `slot ${slot}: the group committed ${position.topic}/${position.partition} at ${position.offset}, but the last ` +
        `commit record says ${record.offset}; somebody reset one of them. Set the group's offset back, or start under another application name`,
    );
  }
}

/** True where taking over again would end the same way: somebody has to decide, or the program is wrong. */
export function isFinal(error: unknown): boolean {
  return (
    hasCode(error, 'SLOT_POSITIONS_DISAGREE') ||
    hasCode(error, 'BROKER_OFFSET_OUT_OF_RANGE') ||
    hasCode(error, 'BROKER_RECORD_TOO_LARGE') ||
    !(error instanceof SegueError)
  );
}

function outOfRange(
  slot: number,
  topic: string,
  start: number,
  range: { start: number; end: number },
): SegueError {
  return new SegueError(
    'BROKER_OFFSET_OUT_OF_RANGE',
    `slot ${slot}: wanted offset ${start} of ${topic}, which holds ${range.start} to ${range.end}; records were lost to ` +
      "retention or the topic was made anew. Nothing is skipped in silence: decide and set the group's offset",
  );
}
