/**
 * The stream on real Kafka: the rate of the counting path (recommending set aside, as in a backfill), of the whole
 * path, and freshness at a constant rate with a model serving. Broker, processes and this bench share the machine.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Administration } from '../../src/app/administration';
import { connect, type Places } from '../../src/app/connect';
import type { OutputRecord } from '../../src/broker/broker';
import { sleep, systemClock } from '../../src/clock';
import { readSettings, type Settings } from '../../src/config';
import { noLogger } from '../../src/logger';
import { difference, quantile } from '../../src/telemetry/histogram-snapshot';
import { toListenValue } from '../../streams/simulator/listen-value';
import { SimulatedListeners } from '../../streams/simulator/simulated-listeners';
import { startKafka } from '../support/services/kafka-service';
import { option, Report } from './report';
import { Scrape } from './scrape';
import { type SegueProcess, startSegue } from './segue-process';

interface Bench {
  readonly report: Report;
  readonly brokers: string;
  readonly data: string;
}

const WORLD = { users: 8000, tracks: 60_000, artists: 6000 } as const;

export async function benchStream(args: readonly string[]): Promise<void> {
  const report = new Report(args);
  const listens = Number(option(args, 'listens', '200000'));
  const seconds = Number(option(args, 'seconds', '30'));
  const rates = option(args, 'rates', '200,1000').split(',').map(Number);
  const kafka = await startKafka();
  const data = mkdtempSync(join(tmpdir(), 'segue-bench-'));
  try {
    const bench = { report, brokers: kafka.address, data };
    await throughput(bench, 'counting path', listens, ['--catch-up-lag-records', '0']);
    await throughput(bench, 'whole path', listens, []);
    await freshness(bench, listens, { seconds, rates });
  } finally {
    await kafka.stop();
    rmSync(data, { recursive: true, force: true });
  }
}

/**
 * From the first record read to nothing left: no input of either part and, on the whole path, nobody waiting for a
 * list. By the process's own figures.
 */
async function throughput(
  bench: Bench,
  what: string,
  listens: number,
  extra: readonly string[],
): Promise<void> {
  const application = what.replace(' ', '-');
  const { places, administration } = await prepare(bench, application);
  await sendAll(places, administration, listens);
  const segue = await startSegue(runArguments(bench, application, ['--trainer', 'none', ...extra]));
  const startedMs = await untilRead(segue, administration, 1);
  await untilRead(segue, administration, listens);
  const endedMs = await untilDone(segue, what === 'whole path');
  const scrape = await Scrape.of(segue.url);
  bench.report.add({
    what,
    listens,
    seconds: (endedMs - startedMs) / 1000,
    listensPerSecond: Math.round(listens / ((endedMs - startedMs) / 1000)),
    processes: 1,
    residentMiB: Math.round(scrape.sum('process_resident_memory_bytes') / 2 ** 20),
  });
  await segue.stop();
  await places.close();
}

async function freshness(
  bench: Bench,
  listens: number,
  { seconds, rates }: { readonly seconds: number; readonly rates: readonly number[] },
): Promise<void> {
  const { places, administration } = await prepare(bench, 'freshness');
  await sendAll(places, administration, listens);
  const segue = await startSegue(
    runArguments(bench, 'freshness', ['--first-model-listens-min', '1000000000']),
  );
  await untilRead(segue, administration, listens);
  await administration.answerTo(await administration.requestRetrain(), 600_000);
  await untilQuiet(segue);
  for (const rate of rates) {
    const before = (await Scrape.of(segue.url)).histogram('segue_freshness_seconds');
    await sendAt(places, administration, rate, seconds);
    const after = (await Scrape.of(segue.url)).histogram('segue_freshness_seconds');
    const during = difference(after, before);
    bench.report.add({
      what: 'freshness with a model',
      listensPerSecond: rate,
      seconds,
      lists: during.count,
      p50Seconds: quantile(during, 0.5) ?? Number.NaN,
      p99Seconds: quantile(during, 0.99) ?? Number.NaN,
    });
  }
  await segue.stop();
  await places.close();
}

function settingsOf({ brokers, data }: Bench, application: string): Settings {
  return readSettings({ brokers, data, application, topicPrefix: `${application}-` }, {});
}

function runArguments(
  { brokers, data }: Bench,
  application: string,
  extra: readonly string[],
): string[] {
  return [
    'run',
    '--brokers',
    brokers,
    '--data',
    data,
    '--application',
    application,
    '--topic-prefix',
    `${application}-`,
    '--http-port',
    '0',
    ...extra,
  ];
}

async function prepare(
  bench: Bench,
  application: string,
): Promise<{ places: Places; administration: Administration }> {
  const settings = settingsOf(bench, application);
  const places = await connect(settings, noLogger);
  return {
    places,
    administration: await Administration.open({ ...places, settings, clock: systemClock }),
  };
}

function record({ topics, codecs }: Administration, listeners: SimulatedListeners): OutputRecord {
  const listen = listeners.next();
  return {
    topic: topics.listens.name,
    key: Buffer.from(listen.userId),
    value: codecs.of(topics.listens).encode(toListenValue(listen)),
    timestampMs: Date.now(),
  };
}

async function sendAll(
  { broker }: Places,
  administration: Administration,
  listens: number,
): Promise<void> {
  const past = 90 * 24 * 3600;
  const startSeconds = Math.floor(Date.now() / 1000) - past;
  const listeners = new SimulatedListeners({
    ...WORLD,
    startSeconds,
    listensPerSecond: listens / past,
  });
  const writer = await broker.writer();
  for (let sent = 0; sent < listens; sent += 1000) {
    await writer.send(
      Array.from({ length: Math.min(1000, listens - sent) }, () =>
        record(administration, listeners),
      ),
    );
  }
  await writer.close();
}

async function sendAt(
  { broker }: Places,
  administration: Administration,
  rate: number,
  seconds: number,
): Promise<void> {
  const listeners = new SimulatedListeners({
    ...WORLD,
    listenSeed: rate,
    startSeconds: Math.floor(Date.now() / 1000),
    listensPerSecond: rate,
  });
  const writer = await broker.writer();
  const startedMs = systemClock.monotonicMs();
  let sent = 0;
  while (sent < rate * seconds) {
    const due = Math.min(
      rate * seconds,
      Math.floor(((systemClock.monotonicMs() - startedMs) / 1000) * rate),
    );
    if (due > sent)
      await writer.send(
        Array.from({ length: due - sent }, () => record(administration, listeners)),
      );
    sent = Math.max(sent, due);
    await keepAwake(5);
  }
  await keepAwake(2000);
  await writer.close();
}

async function untilRead(
  segue: SegueProcess,
  { topics }: Administration,
  listens: number,
): Promise<number> {
  for (;;) {
    const read = (await Scrape.of(segue.url)).sum(
      'segue_input_records_total',
      `topic="${topics.listens.name}"`,
    );
    if (read >= listens) return systemClock.monotonicMs();
    await keepAwake(20);
  }
}

async function untilDone(segue: SegueProcess, withRefreshes: boolean): Promise<number> {
  for (;;) {
    const scrape = await Scrape.of(segue.url);
    const left =
      scrape.sum('segue_lag_records') + (withRefreshes ? scrape.sum('segue_refreshes_waiting') : 0);
    if (left === 0) return systemClock.monotonicMs();
    await keepAwake(20);
  }
}

/** Nobody waits for a refresh, and nothing of the input is left. */
async function untilQuiet(segue: SegueProcess): Promise<void> {
  for (let quiet = 0; quiet < 5; ) {
    const scrape = await Scrape.of(segue.url);
    quiet =
      scrape.sum('segue_refreshes_waiting') + scrape.sum('segue_lag_records') === 0 ? quiet + 1 : 0;
    await keepAwake(500);
  }
}

/** `sleep` does not keep a process alive by itself. */
async function keepAwake(ms: number): Promise<void> {
  const held = setInterval(() => undefined, 1 << 30);
  await sleep(systemClock, ms);
  clearInterval(held);
}
