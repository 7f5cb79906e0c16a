/** Processes that follow each other's slots, on Kafka: one is killed, one comes back, and hardly anything is replayed. */
import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Scrape } from '../../bench/scrape';
import { type SegueProcess, startSegue } from '../../bench/segue-process';
import { keepAwake, Stage, summed } from '../../bench/stage';

const SLOTS = 4;
const LISTENS = 4000;
const WAIT_MS = 120_000;

const data = mkdtempSync(join(tmpdir(), 'segue-standbys-'));
const running = new Set<SegueProcess>();
let stage: Stage;

beforeAll(async () => {
  const brokers = process.env['SEGUE_TEST_BROKERS']!;
  const application = `standbys-${randomUUID().slice(0, 8)}`;
  stage = await Stage.open({ brokers, data, application });
});

afterAll(async () => {
  await Promise.all([...running].map((one) => one.kill()));
  await stage.close();
  rmSync(data, { recursive: true, force: true });
});

async function start(name: string): Promise<SegueProcess> {
  const settings = ['--standbys', '1', '--trainer', 'none'];
  const started = await startSegue(stage.runArguments(settings, join(data, name)));
  running.add(started);
  return started;
}

async function end(one: SegueProcess, how: 'kill' | 'stop'): Promise<void> {
  running.delete(one);
  await one[how]();
}

async function eventually(what: string, isSo: () => Promise<boolean>): Promise<void> {
  const endMs = performance.now() + WAIT_MS;
  while (!(await isSo())) {
    if (performance.now() > endMs) throw new Error(`not within ${WAIT_MS} ms: ${what}`);
    await keepAwake(50);
  }
}

const figure = (processes: readonly SegueProcess[], name: string) =>
  summed(processes, (scrape) => scrape.sum(name));

/** All input is committed, and whoever is to follow has followed to the end. */
async function isSettled(processes: readonly SegueProcess[]): Promise<boolean> {
  const { broker } = stage.places;
  const ranges = await broker.ranges(stage.listensTopic);
  const places = ranges.map(({ partition }) => ({ topic: stage.listensTopic, partition }));
  const positions = await broker.committed(stage.application, places);
  const isRead = ranges.every(({ partition, end: last }) =>
    positions.some((one) => one.partition === partition && one.offset === last),
  );
  const held = await figure(processes, 'segue_slots_held');
  const followed = await figure(processes, 'segue_standbys_held');
  const behind = await figure(processes, 'segue_standby_lag_records');
  const scrapes = await Promise.all(processes.map(({ url }) => Scrape.of(url)));
  const known = scrapes.reduce((sum, one) => sum + one.count('segue_standby_lag_records'), 0);
  const restoring = await figure(processes, 'segue_restore_remaining_records');
  const wanted = processes.length > 1 ? SLOTS : 0;
  const isFollowed = followed === wanted && known === wanted && behind === 0;
  return isRead && held === SLOTS && isFollowed && restoring === 0;
}

/** Records of the tables, about: each pair has a history, each user a list, each track a count. */
async function keys(processes: readonly SegueProcess[]): Promise<number> {
  return (await figure(processes, 'segue_pairs')) / processes.length;
}

test('what was followed is taken over without being replayed, after a kill and in a rolling restart', async () => {
  await stage.sendPast(LISTENS);
  let first = await start('first');
  let second = await start('second');
  const settled = (...processes: SegueProcess[]) =>
    eventually('all is read and followed', () => isSettled(processes));
  await settled(first, second);
  expect(await keys([first, second])).toBeGreaterThan(LISTENS / 2);

  const before = await figure([second], 'segue_restored_records_total');
  await end(first, 'kill');
  await stage.sendPast(100);
  await settled(second);
  const replayed = (await figure([second], 'segue_restored_records_total')) - before;
  // Lists and counts of the last moment, and other slots' progress records.
  expect(replayed).toBeLessThan(LISTENS / 5);

  // Back on its disk, with what is left to catch up; then the other one, in order.
  first = await start('first');
  await settled(first, second);
  expect((await Scrape.of(first.url)).sum('segue_slots_held')).toBe(SLOTS / 2);
  await end(second, 'stop');
  await stage.sendPast(100);
  await settled(first);
  second = await start('second');
  await settled(first, second);
  const again = await figure([second], 'segue_restored_records_total');
  expect(again).toBeLessThan(LISTENS / 5);
}, 480_000);
