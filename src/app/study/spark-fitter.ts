/** ALS of a study on Spark: pairs go to its driver as a file, factors come back as files. */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { open, readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type { FactorMatrix, SparseRows } from '../../als/model';
import { type Options, readSettings } from '../../config';
import { SegueError } from '../../errors';
import type { Factors } from '../../evaluation/als-lists';
import type { AlsFitter, AlsPoint } from '../../study/als-grid';
import type { NamedFitter } from '../../study/study';
import {
  defaultSparkFolder,
  prepareSpark,
  sparkSources,
} from '../../training/spark/spark-environment';
import { SparkJob } from '../../training/spark/spark-job';
import { sparkSubmitOptions } from '../spark-submit-options';

const LINES_AT_ONCE = 50_000;

/** `out`: files go through a folder in it, which all machines of a cluster must reach. Throws SETTING_INVALID, and when used SPARK_UNAVAILABLE, SPARK_JOB_FAILED. */
export function sparkFitter(options: Options, out: string, rule: string): NamedFitter {
  const { sparkMaster, sparkConf, sparkFolder } = options;
  const settings = readSettings({ sparkMaster, sparkConf, sparkFolder, application: 'study' }, {});
  if (rule !== 'spark') {
    throw new SegueError(
      'SETTING_INVALID',
      `--trainer: expected --als-rule spark with spark, which has no other, but ${rule} came; leave one of them out`,
    );
  }
  return {
    name: 'spark',
    use: async (work) => {
      const { python, jars } = await prepareSpark(
        settings.sparkFolder ?? defaultSparkFolder(),
        () => undefined,
      );
      mkdirSync(out, { recursive: true });
      const folder = resolve(mkdtempSync(join(out, '.spark-')));
      const job = new SparkJob({
        environment: { python },
        script: [join(sparkSources(), 'study_job.py')],
        onProgress: () => undefined,
      });
      try {
        const submit = sparkSubmitOptions(settings, jars);
        const scratch = join(folder, 'checkpoints');
        await job.ask('open', { submit, scratch, kafka: {}, blocks: 0 });
        return await work(new SparkFitter(job, folder));
      } finally {
        await job.ask('close', {}).catch(() => undefined);
        await job.end();
        rmSync(folder, { recursive: true, force: true });
      }
    },
  };
}

class SparkFitter implements AlsFitter {
  #read: SparseRows | undefined;
  #files = 0;

  constructor(
    private readonly job: SparkJob,
    private readonly folder: string,
  ) {}

  async fit(
    plays: SparseRows,
    { factors: factorCount, alpha, lambda }: AlsPoint,
    { epochs, seed }: { readonly epochs: number; readonly seed: number },
  ): Promise<Factors> {
    if (this.#read !== plays) await this.#readPairs(plays);
    const [users, items] = ['users', 'items'].map((name) => join(this.folder, name));
    const rule = { factorCount, alpha, lambda };
    const files = { users_file: users!, items_file: items! };
    await this.job.ask('fit_pairs', { rule, epochs, seed, ...files });
    return {
      userFactors: await readFactors(users!, plays.rows, factorCount),
      itemFactors: await readFactors(items!, plays.columns, factorCount),
    };
  }

  async #readPairs(plays: SparseRows): Promise<void> {
    // A name of its own: Spark takes what it has cached of a file for the file.
    const file = join(this.folder, `pairs-${++this.#files}.csv`);
    await writePairs(file, plays);
    await this.job.ask('read_pairs', { file });
    this.#read = plays;
  }
}

async function writePairs(path: string, plays: SparseRows): Promise<void> {
  const file = await open(path, 'w');
  let lines: string[] = [];
  for (let user = 0; user < plays.rows; user++) {
    for (let e = plays.starts[user]!; e < plays.starts[user + 1]!; e++)
      lines.push(`${user},${plays.indices[e]},${plays.values[e]}\n`);
    if (lines.length < LINES_AT_ONCE && user + 1 < plays.rows) continue;
    await file.write(lines.join(''));
    lines = [];
  }
  await file.close();
}

/** Rows that Spark has no factors for, having seen no pair of them, are zeros. */
async function readFactors(path: string, rows: number, columns: number): Promise<FactorMatrix> {
  const bytes = await readFile(path);
  const values = new Float32Array(rows * columns);
  const rowBytes = 4 * (columns + 1);
  for (let at = 0; at < bytes.length; at += rowBytes) {
    const row = bytes.readInt32LE(at);
    for (let k = 0; k < columns; k++)
      values[row * columns + k] = bytes.readFloatLE(at + 4 * (k + 1));
  }
  return { rows, columns, values };
}
