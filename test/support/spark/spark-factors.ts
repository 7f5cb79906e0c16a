/** Spark's own factors of given interactions: what this project's numerics are compared with. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { FactorMatrix, SparseRows } from '../../../src/als/model';
import type { AlsRule } from '../../../src/als/rule';
import { projectRoot } from '../../../src/compiled-path';
import { sparkSources } from '../../../src/training/spark/spark-environment';
import { SparkJob } from '../../../src/training/spark/spark-job';
import { bytesToFloats } from '../../../streams/model/model-codec';
import { testSpark } from '../services/spark-cluster';

export interface SparkFactors {
  readonly userFactors: FactorMatrix;
  readonly itemFactors: FactorMatrix;
}

/** Of small things on one machine. */
export const SMALL_SPARK = [
  ...['--conf', 'spark.ui.enabled=false', '--conf', 'spark.log.level=WARN'],
  ...['--conf', 'spark.driver.memory=1g', '--conf', 'spark.driver.host=127.0.0.1'],
  ...['--conf', 'spark.driver.bindAddress=127.0.0.1'],
];

/** A driver that trains on `interactions` as often as it is asked. */
export class SparkReference {
  private constructor(
    private readonly job: SparkJob,
    private readonly folder: string,
    private readonly interactions: SparseRows,
  ) {}

  static async start(interactions: SparseRows): Promise<SparkReference> {
    const environment = await testSpark();
    const folder = mkdtempSync(join(tmpdir(), 'segue-spark-'));
    const script = join(projectRoot(), 'test', 'support', 'spark', 'parity_job.py');
    const job = new SparkJob({
      environment,
      onProgress: () => undefined,
      script: [script, sparkSources()],
    });
    const submit = ['--master', 'local[2]', ...SMALL_SPARK];
    await job.ask('open', { submit, scratch: join(folder, 'scratch'), kafka: {}, blocks: 2 });
    writeFileSync(join(folder, 'pairs.csv'), csv(interactions));
    return new SparkReference(job, folder, interactions);
  }

  async factors(rule: AlsRule, epochs: number, seed: number): Promise<SparkFactors> {
    const { rows: users, columns: items } = this.interactions;
    const path = (name: string) => join(this.folder, name);
    // Not among a retrain's commands.
    await this.job.ask(
      'factors' as 'candidate',
      {
        ...{ rule, epochs, seed, users, items, pairs_file: path('pairs.csv') },
        ...{ users_file: path('users'), items_file: path('items') },
      } as never,
    );
    const read = (name: string, rows: number): FactorMatrix => ({
      rows,
      columns: rule.factorCount,
      values: bytesToFloats(readFileSync(path(name))),
    });
    return { userFactors: read('users', users), itemFactors: read('items', items) };
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
