/**
 * One simulated campaign from one seed: several processes on virtual time, listens full of repeats, duplicates, late and
 * deleted ones and poison; crashes at the boundaries of a step, lost answers to commits, disks lost, processes that come
 * and go. At the end everything must equal plain maps filled from the same listens, which share no code with the streams.
 */
import type { StreamProcess } from '../../src/app/stream-process';
import { VirtualSystem } from '../../src/app/virtual-system';
import type { OutputRecord } from '../../src/broker/broker';
import { mulberry32, type Random } from '../../src/random';
import { FaultyListeners, type FaultyRecord } from '../../streams/simulator/faulty-listeners';
import { toListenValue } from '../../streams/simulator/listen-value';
import { SimulatedListeners } from '../../streams/simulator/simulated-listeners';

import { BrokerFaults, Fleet, SLOTS } from './fleet';
import { PlainOracle, type PlantedFault } from './plain-oracle';

export interface RunOptions {
  readonly seed: number;
  readonly listens: number;
  readonly planted?: PlantedFault;
}

export interface RunReport {
  readonly seed: number;
  readonly records: number;
  readonly crashes: number;
  readonly lostAnswers: number;
  readonly disksLost: number;
  /** What differs from the oracle; empty when all is right. */
  readonly differences: readonly string[];
}

export async function faultyRun(options: RunOptions): Promise<RunReport> {
  const random = mulberry32(options.seed);
  const faults = new BrokerFaults(random);
  const system = await VirtualSystem.open({
    settings: {
      partitions: String(SLOTS),
      trainer: 'none',
      historyEntriesMax: '4',
      stepRecordsMax: String(5 + random.below(60)),
      refreshBudgetMs: '20',
      fencedRetryMs: '200',
    },
    faults,
  });
  const fleet = new Fleet(system, random);
  await fleet.start();
  const oracle = new PlainOracle();
  let records = 0;
  for (const batch of batchesOf(options, random)) {
    for (const record of batch) oracle.take(record);
    records += batch.length;
    await system.send(batch.map((record) => toOutput(system, fleet.any(), record)));
    await system.clock.advance(20 + random.below(200));
    await fleet.mishap();
  }
  faults.calm();
  await fleet.settle();
  const differences = await oracle.compare(fleet.any(), system, options.planted);
  await fleet.stop();
  return {
    seed: options.seed,
    records,
    crashes: fleet.crashes,
    lostAnswers: faults.lostAnswers,
    disksLost: fleet.disksLost,
    differences,
  };
}

function* batchesOf({ seed, listens }: RunOptions, random: Random): Generator<FaultyRecord[]> {
  const source = new SimulatedListeners({
    seed,
    users: 12,
    tracks: 60,
    artists: 12,
    genres: 3,
    startSeconds: 1_577_800_000,
    listensPerSecond: 2,
    unreleasedShare: 0,
  });
  const faulty = new FaultyListeners(source, {
    seed,
    duplicateShare: 0.1,
    deletionShare: 0.08,
    poisonShare: 0.1,
    lateShare: 0.2,
    lateSecondsMax: 30,
  });
  for (let sent = 0; sent < listens; ) {
    const batch = Array.from({ length: 1 + random.below(40) }, () => faulty.next());
    sent += batch.length;
    yield batch;
  }
  yield [...faulty.drain()];
}

function toOutput(
  system: VirtualSystem,
  process: StreamProcess,
  record: FaultyRecord,
): OutputRecord {
  const topic = process.topics.listens;
  const codec = process.runner.codecs.of(topic);
  const frame = (user: string | null, value: Buffer | null) => ({
    topic: topic.name,
    key: user === null ? null : Buffer.from(user),
    value,
    timestampMs: system.clock.now(),
  });
  if (record.kind !== 'poison') {
    return frame(
      record.listen.userId,
      codec.encode(toListenValue(record.listen, record.kind === 'listen' ? 'LISTEN' : 'DELETION')),
    );
  }
  const { content, userId } = record;
  return frame(userId, 'bytes' in content ? content.bytes : codec.encode(content.value));
}
