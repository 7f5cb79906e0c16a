/**
 * Recovery: a process with about a million keys of state on its disk is killed (-9) under load and started again on the
 * same disk. How long until steps are committed again, on any slot and on every one, and how much is replayed. Then the
 * same with another process that follows its slots.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Position } from '../../src/broker/broker';
import { startKafka } from '../support/services/kafka-service';
import { option, Report } from './report';
import { largestBound, Scrape } from './scrape';
import { type SegueProcess, startSegue } from './segue-process';
import { keepAwake, Stage, summed, untilQuiet } from './stage';

const APPLICATION = 'recovery';
const RATE = 200;
const LOAD_SECONDS = 40;
const BEFORE_MS = 5000;

export async function benchRecovery(args: readonly string[]): Promise<void> {
  const report = new Report(args);
  const listens = Number(option(args, 'listens', '1200000'));
  const times = Number(option(args, 'times', '3'));
  const kafka = await startKafka();
  const data = mkdtempSync(join(tmpdir(), 'segue-recovery-'));
  const stage = await Stage.open({ brokers: kafka.address, data, application: APPLICATION });
  try {
    await stage.sendPast(listens, { tracks: Math.ceil(listens / 5), artists: 10_000 });
    const first = await startSegue(stage.runArguments(['--trainer', 'none']));
    await stage.untilRead([first], listens);
    await untilQuiet([first]);
    const scrape = await Scrape.of(first.url);
    const keys = ['pairs', 'tracks', 'users'].map((name) => scrape.sum(`segue_${name}`));
    await first.stop();
    for (let time = 0; time < times; time++)
      report.add({
        what: 'recovery after kill -9',
        keys: keys.reduce((sum, count) => sum + count, 0),
        ...(await recover(stage)),
      });
    for (let time = 0; time < times; time++)
      report.add({ what: 'take-over by a standby after kill -9', ...(await standIn(stage, data)) });
  } finally {
    await stage.close();
    await kafka.stop();
    rmSync(data, { recursive: true, force: true });
  }
}

async function recover(stage: Stage) {
  const doomed = await startSegue(stage.runArguments(['--trainer', 'none']));
  const load = stage.sendAt(RATE, LOAD_SECONDS);
  await keepAwake(BEFORE_MS);
  const slots = (await Scrape.of(doomed.url)).sum('segue_slots');
  await doomed.kill();
  const startedMs = performance.now();
  const segue = await startSegue(stage.runArguments(['--trainer', 'none']));
  // By its own word: the group's positions cannot be asked for while a step is left open.
  const firstSeconds = await untilCommitting(segue, startedMs, 1);
  const allSeconds = await untilCommitting(segue, startedMs, slots);
  await load;
  const scrape = await Scrape.of(segue.url);
  await segue.stop();
  return {
    firstCommitSeconds: firstSeconds,
    everySlotSeconds: allSeconds,
    slowestTakeOverSeconds: largestBound(scrape.histogram('segue_take_over_duration_seconds')),
    recordsReplayed: scrape.sum('segue_restored_records_total'),
  };
}

/** Two processes own half of the slots each and follow the other half; one is killed. */
async function standIn(stage: Stage, data: string) {
  const settings = ['--trainer', 'none', '--standbys', '1'];
  const doomed = await startSegue(stage.runArguments(settings));
  const other = await startSegue(stage.runArguments(settings, join(data, 'other')));
  const slots = (await Scrape.of(doomed.url)).sum('segue_slots');
  await untilFollowed([doomed, other], slots);
  const load = stage.sendAt(RATE, LOAD_SECONDS);
  await keepAwake(BEFORE_MS);
  const replayed = (await Scrape.of(other.url)).sum('segue_restored_records_total');
  const startedMs = performance.now();
  await doomed.kill();
  const before = await committed(stage);
  const everySlotSeconds = await untilMoved(stage, before, startedMs, before.length);
  await load;
  const scrape = await Scrape.of(other.url);
  await other.stop();
  return {
    everySlotSeconds,
    slowestTakeOverSeconds: largestBound(scrape.histogram('segue_take_over_duration_seconds')),
    recordsReplayed: scrape.sum('segue_restored_records_total') - replayed,
  };
}

async function untilFollowed(processes: readonly SegueProcess[], slots: number): Promise<void> {
  for (let inARow = 0; inARow < 5; ) {
    const held = await summed(processes, (scrape) => scrape.sum('segue_standbys_held'));
    const behind = await summed(processes, (scrape) => scrape.sum('segue_standby_lag_records'));
    const restoring = await summed(processes, (scrape) =>
      scrape.sum('segue_restore_remaining_records'),
    );
    inARow = held === slots && behind + restoring === 0 ? inARow + 1 : 0;
    await keepAwake(300);
  }
}

async function committed({ places, listensTopic: topic }: Stage): Promise<readonly Position[]> {
  const partitions = await places.broker.ranges(topic);
  return places.broker.committed(
    APPLICATION,
    partitions.map(({ partition }) => ({ topic, partition })),
  );
}

/** Seconds until so many slots have committed a step. */
async function untilCommitting(
  { url }: SegueProcess,
  startedMs: number,
  slots: number,
): Promise<number> {
  for (;;) {
    const committing = (await Scrape.of(url)).count('segue_steps_total');
    if (committing >= slots) return (performance.now() - startedMs) / 1000;
    await keepAwake(20);
  }
}

/** Seconds until so many slots have committed something new. */
async function untilMoved(
  stage: Stage,
  before: readonly Position[],
  startedMs: number,
  slots: number,
): Promise<number> {
  for (;;) {
    const now = await committed(stage);
    const moved = now.filter(({ partition, offset }) =>
      before.some((one) => one.partition === partition && offset > one.offset),
    );
    if (moved.length >= slots) return (performance.now() - startedMs) / 1000;
    await keepAwake(20);
  }
}
