/**
 * The stream on real Kafka: the rate of the counting path (recommending set aside, as in a backfill), of the whole
 * path, and freshness at a constant rate with a model serving. Broker, processes and this bench share the machine.
 * With --peers the counting path is run by Kafka Streams as well, on the same listens; --processes N is how many
 * processes we take, and how many threads it takes.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SETTINGS } from '../../src/settings/setting-table';
import { difference, quantile } from '../../src/telemetry/histogram-snapshot';
import type { SegueTopics } from '../../streams/topics';
import { startKafka } from '../support/services/kafka-service';
import { countRecords } from './count-records';
import { kafkaStreamsPeer, runKafkaStreams } from './peers/kafka-streams-peer';
import { option, Report } from './report';
import { Scrape } from './scrape';
import { type SegueProcess, startSegue } from './segue-process';
import { Stage, summed, untilDone, untilQuiet } from './stage';

const RETRAINING_RATE = 500;
/** Longer than the listens come. */
const LONG_RETRAIN = { epochs: '1000', factors: '128', 'retrain-tolerance': '0' };

interface Bench {
  readonly report: Report;
  readonly brokers: string;
  readonly data: string;
  readonly listens: number;
  readonly processes: number;
}

export async function benchStream(args: readonly string[]): Promise<void> {
  const report = new Report(args);
  const listens = Number(option(args, 'listens', '200000'));
  const processes = Number(option(args, 'processes', '1'));
  const seconds = Number(option(args, 'seconds', '30'));
  const rates = option(args, 'rates', '200,500,1000').split(',').map(Number);
  const kafka = await startKafka();
  const data = mkdtempSync(join(tmpdir(), 'segue-bench-'));
  try {
    const bench = { report, brokers: kafka.address, data, listens, processes };
    await countingPath(bench, args.includes('--peers'));
    if (args.includes('--counting-only')) return;
    await wholePath(bench);
    await freshness(bench, { seconds, rates });
  } finally {
    await kafka.stop();
    rmSync(data, { recursive: true, force: true });
  }
}

async function countingPath(bench: Bench, withPeers: boolean): Promise<void> {
  const what = 'counting path';
  const stage = await Stage.open({ ...bench, application: 'counting-path' });
  await stage.sendPast(bench.listens);
  const ours = await throughput(bench, stage, { what, extra: ['--catch-up-lag-records', '0'] });
  const { topics } = stage.administration;
  const written = await countRecords(stage.places.broker, namesOf(topics));
  bench.report.add({ what, by: 'segue', ...ours, ...perListen(written, bench.listens) });
  if (withPeers) await countedByKafkaStreams(bench, stage, ours.listensPerSecond);
  await stage.close();
}

async function wholePath(bench: Bench): Promise<void> {
  const what = 'whole path';
  const stage = await Stage.open({ ...bench, application: 'whole-path' });
  await stage.sendPast(bench.listens);
  const ours = await throughput(bench, stage, { what, extra: [] });
  bench.report.add({ what, by: 'segue', ...ours });
  await stage.close();
}

/**
 * From the first record read to nothing left: no input of either part and, on the whole path, nobody waiting for a
 * list. By the processes' own figures.
 */
async function throughput(
  { data, listens, processes }: Bench,
  stage: Stage,
  { what, extra }: { readonly what: string; readonly extra: readonly string[] },
) {
  const running: SegueProcess[] = [];
  for (let number = 0; number < processes; number++) {
    const args = stage.runArguments(['--trainer', 'none', ...extra], join(data, String(number)));
    running.push(await startSegue(args));
  }
  const startedMs = await stage.untilRead(running, 1);
  await stage.untilRead(running, listens);
  const seconds = ((await untilDone(running, what === 'whole path')) - startedMs) / 1000;
  const residentBytes = await summed(running, (one) => one.sum('process_resident_memory_bytes'));
  await Promise.all(running.map((one) => one.stop()));
  const listensPerSecond = Math.round(listens / seconds);
  const residentMiB = Math.round(residentBytes / 2 ** 20);
  return { listens, seconds, listensPerSecond, processes, residentMiB };
}

async function countedByKafkaStreams(
  { report, brokers, data, listens, processes }: Bench,
  { places: { broker }, listensTopic }: Stage,
  ours: number,
): Promise<void> {
  const program = kafkaStreamsPeer();
  if (program === undefined) return;
  const application = 'kafka-streams';
  const changesTopic = `${application}-listener-changes`;
  const partitions = await broker.partitionCount(listensTopic);
  await broker.createTopics([{ name: changesTopic, partitions, cleanup: 'delete' }]);
  const { seconds, residentMiB } = await runKafkaStreams(program, {
    brokers,
    application,
    listensTopic,
    changesTopic,
    state: join(data, application),
    threads: processes,
    listens,
    cacheBytes: SETTINGS['cache-bytes'].default,
  });
  const changelogs = ['histories', 'listener-counts'].map((s) => `${application}-${s}-changelog`);
  const written = await countRecords(broker, [changesTopic, ...changelogs]);
  const listensPerSecond = Math.round(listens / seconds);
  const what = 'counting path';
  const figures = { listens, seconds, listensPerSecond, threads: processes, residentMiB };
  report.add({ what, by: 'kafka-streams', ...figures, ...perListen(written, listens) });
  report.add({ what: 'segue / kafka-streams', ratio: ours / listensPerSecond });
}

/** All that is written while counting; the listens themselves were there before. */
function namesOf({ listens, ...others }: SegueTopics): string[] {
  return Object.values(others).map(({ name }) => name);
}

function perListen({ records, bytes }: { records: number; bytes: number }, listens: number) {
  return { recordsPerListen: records / listens, bytesPerListen: Math.round(bytes / listens) };
}

async function freshness(
  bench: Bench,
  { seconds, rates }: { readonly seconds: number; readonly rates: readonly number[] },
): Promise<void> {
  const stage = await Stage.open({ ...bench, application: 'freshness' });
  await stage.sendPast(bench.listens);
  const extra = ['--first-model-listens-min', '1000000000'];
  const segue = await startSegue(stage.runArguments(extra, join(bench.data, 'freshness')));
  await stage.untilRead([segue], bench.listens);
  const { administration } = stage;
  await administration.answerTo(await administration.requestRetrain(), 600_000);
  await untilQuiet([segue]);
  const measure = async (what: string, rate: number) => {
    const before = (await Scrape.of(segue.url)).histogram('segue_freshness_seconds');
    await stage.sendAt(rate, seconds);
    const after = (await Scrape.of(segue.url)).histogram('segue_freshness_seconds');
    const during = difference(after, before);
    bench.report.add({
      what,
      listensPerSecond: rate,
      seconds,
      lists: during.count,
      p50Seconds: quantile(during, 0.5) ?? Number.NaN,
      p99Seconds: quantile(during, 0.99) ?? Number.NaN,
    });
  };
  for (const rate of rates) await measure('freshness with a model', rate);
  const startedMs = performance.now();
  const retrain = administration
    .requestRetrain(LONG_RETRAIN)
    .then((request) => administration.answerTo(request, 600_000))
    .then((model) => ({
      outcome: model?.note ?? 'no answer',
      retrainSeconds: (performance.now() - startedMs) / 1000,
    }));
  await measure('freshness while one retrain runs', RETRAINING_RATE);
  bench.report.add({ what: 'that retrain', ...(await retrain) });
  await untilQuiet([segue]);
  // Retrain after retrain, for as long as listens come.
  let isOver = false;
  const retrains = (async () => {
    for (let count = 0; ; count++) {
      if (isOver) return count;
      await administration.answerTo(await administration.requestRetrain(), 600_000);
    }
  })();
  await measure('freshness while retraining', RETRAINING_RATE);
  isOver = true;
  bench.report.add({ what: 'retrains meanwhile', count: await retrains });
  await segue.stop();
  await stage.close();
}
