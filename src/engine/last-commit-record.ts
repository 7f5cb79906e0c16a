/**
 * The last commit record of a slot, and whether it can be the last one. All slots share the partition of these records,
 * and a read-committed reader gets no further than the first step that is still open: another slot's open step can
 * hide our last commit record. Then the group's positions, which are committed in the same transaction, say otherwise.
 */
import type { Position } from '../broker/broker';
import { sleep } from '../clock';
import { SegueError } from '../errors';
import type { SlotDatabase } from '../store/slot-database';
import type { SlotOptions } from './slot-tenure';
import type { ProgressValue } from './topology';

const LOOK_MS = 20;

export async function lastProgress(
  { topology, codecs }: SlotOptions,
  database: SlotDatabase,
): Promise<ProgressValue | undefined> {
  const bytes = database.progress();
  if (bytes === undefined) return undefined;
  const codec = codecs.of(topology.progress);
  await codec.learn([bytes]);
  return codec.decode(bytes);
}

/** Whether every position of the group is what the record says; false also where there is no record and should be one. */
export function agrees(
  committed: readonly Position[],
  progress: ProgressValue | undefined,
): boolean {
  return committed.every((position) => {
    const recorded = recordedFor(position, progress?.positions ?? []);
    return progress === undefined ? false : recorded?.offset === position.offset;
  });
}

export function recordedFor(
  { topic, partition }: Position,
  recorded: readonly Position[],
): Position | undefined {
  return recorded.find((one) => one.topic === topic && one.partition === partition);
}

/**
 * Waits until every commit record written so far can be read: each step that is open now is decided, at the latest when
 * the broker aborts it. Throws BROKER_FENCED where the slot is given away meanwhile.
 */
export async function untilReadable(options: SlotOptions): Promise<void> {
  const { broker, clock, isKept, logger, slot, topology } = options;
  const { name } = topology.progress;
  const wanted = await broker.writtenEnd({ topic: name, partition: 0 });
  let isTold = false;
  while ((await broker.ranges(name))[0]!.end < wanted) {
    if (!isKept()) throw new SegueError('BROKER_FENCED', `slot ${slot} was given away meanwhile`);
    if (!isTold)
      logger.info(`slot ${slot}: an open step of another slot hides the last commit record`);
    isTold = true;
    await sleep(clock, LOOK_MS);
  }
}
