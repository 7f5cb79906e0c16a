/** Spark's own factors and ranking metrics: what this project's numerics are compared with. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { FactorMatrix, SparseRows } from '../../../src/als/model';
import type { AlsRule } from '../../../src/als/rule';
import { sparkSubmitOptions } from '../../../src/app/spark-submit-options';
import { projectRoot } from '../../../src/compiled-path';
import { readSettings } from '../../../src/config';
import { sparkSources } from '../../../src/training/spark/spark-environment';
import { SparkJob } from '../../../src/training/spark/spark-job';
import { bytesToFloats } from '../../../streams/model/model-codec';
import type { RandomLists } from '../random-lists';
import { testSpark } from '../services/spark-cluster';
import { SMALL_SPARK } from './small-spark';

export interface SparkFactors {
  readonly userFactors: FactorMatrix;
  readonly itemFactors: FactorMatrix;
}

/** Trains as often as it is asked. */
export type SparkFit = (rule: AlsRule, epochs: number, seed: number) => Promise<SparkFactors>;

/** A driver on this machine for whatever Spark is compared with. */
export class SparkReference {
  #fits = 0;

  private constructor(
    private readonly job: SparkJob,
    private readonly folder: string,
  ) {}

  static async start(): Promise<SparkReference> {
    const environment = await testSpark();
    const folder = mkdtempSync(join(tmpdir(), 'segue-spark-'));
    const script = join(projectRoot(), 'test', 'support', 'spark', 'parity_job.py');
    const job = new SparkJob({
      environment,
      onProgress: () => undefined,
      script: [script, sparkSources()],
    });
    const settings = readSettings(
      { sparkMaster: 'local[2]', sparkConf: SMALL_SPARK.join(',') },
      {},
    );
    const submit = sparkSubmitOptions(settings, environment.jars);
    await job.ask('open', { submit, scratch: join(folder, 'scratch'), kafka: {}, blocks: 2 });
    return new SparkReference(job, folder);
  }

  fitOf(interactions: SparseRows): SparkFit {
    this.#fits += 1;
    const place = join(this.folder, String(this.#fits));
    mkdirSync(place);
    writeFileSync(join(place, 'pairs.csv'), csv(interactions));
    return (rule, epochs, seed) => this.#factors(interactions, place, { rule, epochs, seed });
  }

  /** Spark's RankingMetrics by the names of the counterparts, with numbers for k. */
  rankingMetrics(
    { lists, truths }: RandomLists,
    cutoffs: readonly number[],
  ): Promise<Readonly<Record<string, number>>> {
    return this.#ask('ranking_metrics', { lists, truths, cutoffs });
  }

  async #factors(
    { rows: users, columns: items }: SparseRows,
    place: string,
    training: { readonly rule: AlsRule; readonly epochs: number; readonly seed: number },
  ): Promise<SparkFactors> {
    const path = (name: string) => join(place, name);
    await this.#ask('factors', {
      ...{ ...training, users, items, pairs_file: path('pairs.csv') },
      ...{ users_file: path('users'), items_file: path('items') },
    });
    const read = (name: string, rows: number): FactorMatrix => ({
      rows,
      columns: training.rule.factorCount,
      values: bytesToFloats(readFileSync(path(name))),
    });
    return { userFactors: read('users', users), itemFactors: read('items', items) };
  }

  /** Commands of parity_job.py, which are not among a retrain's. */
  #ask<T>(name: string, args: Readonly<Record<string, unknown>>): Promise<T> {
    return this.job.ask(name as 'candidate', args as never) as Promise<T>;
  }

  async stop(): Promise<void> {
    await this.job.end();
    rmSync(this.folder, { recursive: true, force: true });
  }
}

function csv({ rows, starts, indices, values }: SparseRows): string {
  const lines: string[] = [];
  for (let user = 0; user < rows; user++) {
    for (let at = starts[user]!; at < starts[user + 1]!; at++)
      lines.push(`${user},${indices[at]},${values[at]}`);
  }
  return lines.join('\n');
}
