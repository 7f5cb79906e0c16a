/**
 * A synthetic dump in the published archive format through the preprocessing of the study, in a process of its own:
 * listens a second and resident memory, for a dump and one ten times as large, so that its growth is seen.
 */
import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { PreprocessFigures } from '../../src/app/study/preprocess';
import type { DoneStep } from '../../src/app/study/run-study';
import { compiledPath } from '../../src/compiled-path';
import { writeSimulatedDump } from '../support/simulated-dump';
import { option, Report } from './report';

/** Node lets its heap grow to gigabytes before it tidies up; told a bound, it keeps to it. */
const HEAP = '--max-old-space-size=640';

export async function benchDump(args: readonly string[]): Promise<void> {
  const report = new Report(args);
  const sizes = option(args, 'listens', '1000000,10000000').split(',').map(Number);
  const users = Number(option(args, 'users', '8000'));
  const tracks = Number(option(args, 'tracks', '1000000'));
  for (const listens of sizes) {
    const folder = mkdtempSync(join(tmpdir(), 'segue-dump-'));
    try {
      const dump = await writeSimulatedDump(folder, { listens, users, tracks, seed: 1 });
      const figures = await preprocessed(folder, dump.archive, dump.mapping);
      report.add({
        what: 'preprocess a dump',
        archive: dump.archive.split('.').at(-1)!,
        listens: figures.listens,
        users: figures.users,
        tracks: figures.tracks,
        pairs: figures.pairs,
        archiveMB: Math.round(statSync(dump.archive).size / 1e6),
        linesMB: Math.round(dump.bytes / 1e6),
        seconds: Math.round(figures.seconds),
        listensPerSecond: Math.round(figures.listens / figures.seconds),
        residentMB: Math.round(figures.residentBytes / 1e6),
      });
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  }
}

async function preprocessed(
  folder: string,
  archive: string,
  mapping: string,
): Promise<PreprocessFigures> {
  const { stdout } = await promisify(execFile)(
    process.execPath,
    [
      compiledPath('src/cli/main.js'),
      ...['study', archive, '--msid-mapping', mapping, '--out', join(folder, 'study')],
      ...['--steps', 'preprocess', '--json'],
    ],
    { maxBuffer: 2 ** 26, env: { ...process.env, NODE_ENV: 'production', NODE_OPTIONS: HEAP } },
  );
  const step = JSON.parse(stdout.split('\n')[0]!) as DoneStep;
  return JSON.parse(readFileSync(join(step.folder, 'result.json'), 'utf8')) as PreprocessFigures;
}
