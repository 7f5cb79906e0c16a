/**
 * `npm run bench -- spark`: how a fit on Spark grows with the pairs: seconds, CPU seconds and what is shuffled of an
 * iteration and beside them, memory; with the settings of a retrain, and beside it an epoch of the worker threads on as
 * many pairs.
 *
 * --pairs 300000,3000000,10000000  --factors N  --master local[2]  --memory 2g  --blocks N  --threads N
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sparkRule } from '../../src/als/rule';
import { trainAls } from '../../src/als/train';
import { sparkSubmitOptions } from '../../src/app/spark-submit-options';
import { readSettings } from '../../src/config';
import { type SparkEnvironment, sparkSources } from '../../src/training/spark/spark-environment';
import { SparkJob } from '../../src/training/spark/spark-job';
import { testSpark } from '../support/services/spark-cluster';
import { skewedMatrix } from './matrices';
import { PEER_FOLDERS } from './peers/peer-python';
import { option, Report, type Row } from './report';

interface Size {
  readonly pairs: number;
  readonly users: number;
  readonly items: number;
}

interface Fit {
  readonly seconds: number;
  readonly cpuSeconds: number;
  readonly shuffleMiB: number;
  readonly peakMiB: number;
}

interface Made {
  readonly pairs: number;
  readonly blocks: number;
  readonly cores: number;
  readonly seconds: number;
}

/** Pairs a user and an item as 30Music and larger sets have them. */
const PAIRS_PER_USER = 50;
const PAIRS_PER_ITEM = 100;
/** An iteration is the difference of two fits. */
const FEW_EPOCHS = 1;
const MORE_EPOCHS = 3;

export async function benchSpark(args: readonly string[]): Promise<void> {
  const report = new Report(args);
  const environment = await testSpark();
  for (const pairs of option(args, 'pairs', '300000,3000000,10000000').split(',').map(Number)) {
    const users = Math.round(pairs / PAIRS_PER_USER);
    const items = Math.round(pairs / PAIRS_PER_ITEM);
    report.add(await measure({ pairs, users, items }, environment, args));
  }
}

async function measure(
  size: Size,
  environment: SparkEnvironment,
  args: readonly string[],
): Promise<Row> {
  const factorCount = Number(option(args, 'factors', '64'));
  const memory = option(args, 'memory', '2g');
  const rule = sparkRule({ factorCount, alpha: 4, lambda: 0.1 });
  const folder = mkdtempSync(join(tmpdir(), 'segue-bench-'));
  const script = [join(PEER_FOLDERS.bench, 'spark_growth.py'), sparkSources()];
  const job = new SparkJob({ environment, script, onProgress: () => undefined });
  const ask = <T>(name: string, given: unknown): Promise<T> =>
    job.ask(name as 'close', given as never) as Promise<T>;
  try {
    const settings = readSettings({
      sparkMaster: option(args, 'master', 'local[2]'),
      sparkConf: `spark.driver.memory=${memory}`,
      sparkBlocks: option(args, 'blocks', '0'),
    });
    const submit = sparkSubmitOptions(settings, environment.jars);
    await job.ask('open', { submit, scratch: folder, kafka: {}, blocks: settings.sparkBlocks });
    const made = await ask<Made>('make_pairs', size);
    await ask('warm_up', { rule });
    const few = await ask<Fit>('timed_fit', { rule, epochs: FEW_EPOCHS });
    const more = await ask<Fit>('timed_fit', { rule, epochs: MORE_EPOCHS });
    return {
      ...{ pairs: made.pairs, users: size.users, items: size.items, factors: factorCount },
      ...{ cores: made.cores, blocks: made.blocks, memory },
      ...growth('Seconds', few.seconds, more.seconds),
      ...growth('CpuSeconds', few.cpuSeconds, more.cpuSeconds),
      ...growth('ShuffleMiB', few.shuffleMiB, more.shuffleMiB),
      peakMiB: more.peakMiB,
      workerThreadsEpochSeconds: await epochSeconds(size, factorCount, args),
    };
  } finally {
    await job.end();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Of an iteration, and of what a fit takes beside its iterations. */
function growth(unit: string, few: number, more: number): Row {
  const iteration = (more - few) / (MORE_EPOCHS - FEW_EPOCHS);
  return { [`iteration${unit}`]: iteration, [`once${unit}`]: few - FEW_EPOCHS * iteration };
}

/** Of the worker threads, after a first one that warms up. */
async function epochSeconds(size: Size, factorCount: number, args: readonly string[]) {
  const elapsed: number[] = [];
  await trainAls(skewedMatrix(size), sparkRule({ factorCount, alpha: 4, lambda: 0.1 }), {
    ...{ epochs: MORE_EPOCHS, seed: 1, threads: Number(option(args, 'threads', '2')) },
    onEpoch: ({ elapsedMs }) => {
      elapsed.push(elapsedMs / 1000);
      return 'continue';
    },
  });
  return (elapsed.at(-1)! - elapsed[0]!) / (elapsed.length - 1);
}
