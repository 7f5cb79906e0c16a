/**
 * The real data sets that tests compare with, which are not part of the project: in ../shared/data
 * beside it, or where SEGUE_SHARED_DATA says. Without them the tests that need them say so loudly.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { projectRoot } from '../../src/compiled-path';

/** The folder that holds the data sets' folders. */
export function sharedDataRoot(): string {
  return process.env.SEGUE_SHARED_DATA ?? join(projectRoot(), '..', 'shared', 'data');
}

/** The folder of a data set, or undefined where it is not on this machine. */
export function sharedData(name: string): string | undefined {
  const folder = join(sharedDataRoot(), name);
  return existsSync(folder) ? folder : undefined;
}

/**
 * Runs `body`, which registers tests, with the data set's folder. Without the data one test says what
 * did not run; it fails with REQUIRE_REAL=1.
 */
export function withSharedData(name: string, body: (folder: string) => void): void {
  const folder = sharedData(name);
  if (folder) {
    body(folder);
    return;
  }
  test(`the data set ${name} is on this machine`, () => {
    process.stderr.write(
      `NOT RUN: tests on ${name}; set SEGUE_SHARED_DATA to its folder's parent\n`,
    );
    expect(process.env.REQUIRE_REAL).not.toBe('1');
  });
}
