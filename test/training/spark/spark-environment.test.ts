import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { prepareSpark, sparkVersion } from '../../../src/training/spark/spark-environment';

it('has one version, that of its requirements', () => {
  expect(sparkVersion()).toMatch(/^\d+\.\d+\.\d+$/);
});

it('leaves nothing behind where it cannot be made, and says what is needed', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'segue-environment-'));
  try {
    const failed = await prepareSpark(folder, () => undefined, join(folder, 'no-python')).catch(
      (error: Error) => error,
    );
    expect(failed).toMatchObject({ code: 'SPARK_UNAVAILABLE' });
    expect((failed as Error).message).toContain('Java 17 and Maven');
    expect(readdirSync(folder)).toEqual([]);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
