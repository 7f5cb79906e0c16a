/**
 * Whether one user holds up the others: a user with a million distinct tracks and one with a million plays of one track
 * listen on among everybody else. Steps and freshness without the two listening, and with them, in one run.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { OutputRecord } from '../../src/broker/broker';
import {
  difference,
  type HistogramSnapshot,
  quantile,
} from '../../src/telemetry/histogram-snapshot';
import { SimulatedListeners } from '../../streams/simulator/simulated-listeners';
import { readTopic } from '../support/read-topic';
import { startKafka } from '../support/services/kafka-service';
import { peakResidentBytes } from './backfill';
import { option, Report } from './report';
import { largestBound, Scrape } from './scrape';
import { type SegueProcess, startSegue } from './segue-process';
import { keepAwake, Stage, untilQuiet } from './stage';

const RATE = 200;
const BATCH = 1000;
/** Listens of everybody else before. */
const PAST = 200_000;
/** The large ones listen so often. */
const PAUSE_MS = 1000;
const PAST_SECONDS = 90 * 24 * 3600;

const LARGE = 'large-';

interface LargeUser {
  readonly user: string;
  /** Of the listen with this number; a real track of the others' world, or one of its own. */
  readonly track: (number: number) => string;
}

export async function benchLargeUsers(args: readonly string[]): Promise<void> {
  const report = new Report(args);
  const size = Number(option(args, 'size', '1000000'));
  const seconds = Number(option(args, 'seconds', '60'));
  const kafka = await startKafka();
  const data = mkdtempSync(join(tmpdir(), 'segue-large-users-'));
  const stage = await Stage.open({ brokers: kafka.address, data, application: 'large-users' });
  const users = largeUsers(size);
  try {
    await stage.sendPast(PAST);
    const segue = await startSegue(stage.runArguments(['--first-model-listens-min', '1000000000']));
    const { administration } = stage;
    await stage.untilRead([segue], PAST);
    for (const user of users) await sendLarge(stage, user, size);
    await stage.untilRead([segue], PAST + users.length * size);
    await untilQuiet([segue]);
    await administration.answerTo(await administration.requestRetrain(), 600_000);
    await untilQuiet([segue]);
    const measure = (what: string, meanwhile: () => Promise<void>) =>
      measured(stage, segue, { what, seconds, meanwhile });
    report.add({ size, ...(await measure('without them', async () => undefined)) });
    let number = size;
    const listen = async () => {
      for (const user of users) await sendSome(stage, user, [number]);
      number++;
    };
    report.add({ size, ...(await measure('with both listening', listen)) });
    await segue.stop();
  } finally {
    await stage.close();
    await kafka.stop();
    rmSync(data, { recursive: true, force: true });
  }
}

function largeUsers(size: number): LargeUser[] {
  const listeners = new SimulatedListeners({ users: 100, tracks: 60_000, artists: 6000 });
  const known = Array.from({ length: size / 10 }, () => listeners.next().track.trackId);
  const own = (number: number) => `00000000-0000-4000-8000-${String(number).padStart(12, '0')}`;
  return [
    { user: `${LARGE}tracks`, track: (number) => known[number] ?? own(number) },
    { user: `${LARGE}plays`, track: () => known[0]! },
  ];
}

async function sendLarge(stage: Stage, user: LargeUser, size: number): Promise<void> {
  for (let from = 0; from < size; from += BATCH)
    await sendSome(
      stage,
      user,
      Array.from({ length: Math.min(BATCH, size - from) }, (_, place) => from + place),
    );
}

async function sendSome(stage: Stage, user: LargeUser, numbers: readonly number[]): Promise<void> {
  const { topics, codecs } = stage.administration;
  const startSeconds = Math.floor(Date.now() / 1000) - PAST_SECONDS;
  const records = numbers.map(
    (number): OutputRecord => ({
      topic: topics.listens.name,
      key: Buffer.from(user.user),
      value: codecs.of(topics.listens).encode({
        kind: 'LISTEN',
        listened_at: startSeconds + number,
        recording_mbid: null,
        recording_msid: user.track(number),
        artist_name: 'An artist',
        track_name: 'A track',
        release_name: null,
      }),
      timestampMs: Date.now(),
    }),
  );
  const writer = await stage.places.broker.writer();
  await writer.send(records);
  await writer.close();
}

interface Measurement {
  readonly what: string;
  readonly seconds: number;
  /** Done once a second. */
  readonly meanwhile: () => Promise<void>;
}

async function measured(stage: Stage, segue: SegueProcess, measurement: Measurement) {
  const { what, seconds, meanwhile } = measurement;
  await untilQuiet([segue]);
  const startedMs = Date.now();
  const before = await Scrape.of(segue.url);
  let isOver = false;
  const beside = (async () => {
    while (!isOver) {
      await meanwhile();
      await keepAwake(PAUSE_MS);
    }
  })();
  await stage.sendAt(RATE, seconds);
  isOver = true;
  await beside;
  const after = await Scrape.of(segue.url);
  const during = (name: string) => difference(after.histogram(name), before.histogram(name));
  const freshness = during('segue_freshness_seconds');
  return {
    what,
    lists: freshness.count,
    listsOfTheTwo: await listsOfLargeUsers(stage, startedMs),
    p50Seconds: quantile(freshness, 0.5) ?? Number.NaN,
    p99Seconds: quantile(freshness, 0.99) ?? Number.NaN,
    slowerThanHalfASecond: above(freshness, 0.5),
    slowestStepSecondsAtMost: largestBound(during('segue_step_duration_seconds')),
    peakResidentMiB: Math.round(peakResidentBytes(segue.pid) / 2 ** 20),
  };
}

/** Whose lists may be late: nobody else's may. */
async function listsOfLargeUsers(stage: Stage, sinceMs: number): Promise<number> {
  const { topics, codecs } = stage.administration;
  const { name } = topics.recommendations;
  let count = 0;
  await readTopic(stage.places.broker, name, ({ key, value }) => {
    if (value === null || !key?.toString('utf8').startsWith(LARGE)) return;
    if (codecs.of(topics.recommendations).decode(value).published_at >= sinceMs) count += 1;
  });
  return count;
}

function above({ bounds, counts }: HistogramSnapshot, bound: number): number {
  const first = bounds.findIndex((one) => one >= bound) + 1;
  return counts.slice(first).reduce((sum, count) => sum + count, 0);
}
