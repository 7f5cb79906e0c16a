/** The end of a step: freeze, one transaction, one local batch. */
import type { OutputRecord, Position } from '../broker/broker';
import type { SlotDatabase } from '../store/slot-database';
import { slotMark } from './slot-mark';
import { databaseWrites, type FrozenStore } from './slot-state';
import type { SlotOptions, SlotTenure } from './slot-tenure';
import { Step } from './step';
import { progressKey } from './table-follower';
import type { ProgressValue } from './topology';

export interface FrozenStep {
  readonly step: Step;
  readonly stores: readonly FrozenStore[];
  readonly records: readonly OutputRecord[];
  readonly positions: readonly Position[];
  readonly progress: Buffer;
}

export interface CommitTiming {
  readonly transactionMs: number;
  readonly totalMs: number;
}

/** Local batches are synced to disk this often; a process crash needs no sync, a machine crash wipes. */
const SYNC_EVERY_STEPS = 100;

/** Encodes everything dirty; the next step begins at once on empty overlays. */
export function freezeStep(tenure: SlotTenure, options: SlotOptions): FrozenStep {
  const { work, state, input } = tenure;
  const { topology, slot, codecs } = options;
  const stores = state.freeze();
  tenure.stepNumber += 1;
  const positions = input.positions();
  const value: ProgressValue = {
    slot,
    step: tenure.stepNumber,
    positions,
    ...work.sums.toRecord(),
  };
  const progress = codecs.of(topology.progress).encode(value);
  const step = work.step;
  work.step = new Step(options.clock.monotonicMs());
  const records = [
    ...step.outputs,
    ...stores.flatMap((store) => tableRecords(store, slot)),
    {
      topic: topology.progress.name,
      partition: 0,
      key: Buffer.from(progressKey(slot)),
      value: progress,
    },
  ];
  return { step, stores, records, positions, progress };
}

function tableRecords({ topic, entries }: FrozenStore, slot: number): OutputRecord[] {
  if (topic === undefined) return [];
  const partition = topic.partitions === 'single' ? 0 : slot;
  return entries.map(({ key, bytes }) => ({
    topic: topic.name,
    partition,
    key: Buffer.from(key, 'utf8'),
    value: bytes,
  }));
}

export async function commitStep(
  tenure: SlotTenure,
  database: SlotDatabase,
  frozen: FrozenStep,
  options: SlotOptions,
): Promise<CommitTiming> {
  const { clock, faultPoint } = options;
  const startedMs = clock.monotonicMs();
  faultPoint('before-transaction');
  const written = await tenure.writer.commit({
    records: frozen.records,
    positions: frozen.positions,
  });
  const committedAtMs = clock.now();
  const transactionMs = clock.monotonicMs() - startedMs;
  for (const { topic, offset } of written)
    if (topic in tenure.changelogs) tenure.changelogs[topic] = offset;
  const mark = slotMark(tenure.changelogs, tenure.state, options);
  faultPoint('before-local-batch');
  const sync = tenure.stepNumber % SYNC_EVERY_STEPS === 0;
  await database.apply(databaseWrites(frozen.stores), mark, frozen.progress, sync);
  faultPoint('after-local-batch');
  tenure.state.committed();
  for (const action of frozen.step.afterCommit) action(committedAtMs);
  return { transactionMs, totalMs: clock.monotonicMs() - startedMs };
}

/** After the last step: the next start may trust this content even on another boot. */
export async function markClean(
  { changelogs, state }: SlotTenure,
  database: SlotDatabase,
  options: SlotOptions,
): Promise<void> {
  try {
    await database.apply([], slotMark(changelogs, state, options, true), undefined, true);
  } catch (error) {
    // The mark of the last step stands, which is as true, only not for another boot.
    options.logger.warn(
      `slot ${options.slot}: ended without a clean mark: ${(error as Error).message}`,
    );
  }
}
