/** Tests that need Spark. Where it cannot be installed one test says so; it fails with REQUIRE_REAL=1. */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { sparkVersion } from '../../../src/training/spark/spark-environment';
import { testSparkFolder } from '../services/spark-cluster';

const works = (command: string): boolean => spawnSync(command, ['--version']).status === 0;

export function withSpark(body: () => void): void {
  const isInstalled = existsSync(join(testSparkFolder(), `spark-${sparkVersion()}`));
  if (isInstalled || (works('python3') && works('mvn'))) {
    body();
    return;
  }
  test('Spark is on this machine', () => {
    process.stderr.write(
      'NOT RUN: tests on Spark; Python 3.10 with venv and Maven are needed once\n',
    );
    expect(process.env['REQUIRE_REAL']).not.toBe('1');
  });
}
