/**
 * A virtual environment with the peers, made on first use in the user's cache folder. Where Python or the packages
 * cannot be had, the bench says so and measures without them.
 */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { projectRoot } from '../../../src/compiled-path';

/** Scripts and their requirements.txt; the tests' need less than the benches'. */
export const PEER_FOLDERS = {
  bench: join(projectRoot(), 'test', 'bench', 'peers'),
  tests: join(projectRoot(), 'test', 'support', 'peers'),
} as const;

/** The environment's Python, or undefined (and why on standard error). */
export function peerPython(folder: string = PEER_FOLDERS.bench): string | undefined {
  const requirements = join(folder, 'requirements.txt');
  const version = createHash('sha256')
    .update(readFileSync(requirements))
    .digest('hex')
    .slice(0, 12);
  const cache = process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache');
  const environment = join(cache, 'segue-bench', version);
  const python = join(environment, 'bin', 'python');
  const mark = join(environment, 'installed');
  if (existsSync(mark)) return python;
  process.stderr.write(`bench: installing the peers into ${environment} …\n`);
  const steps: [string, string[]][] = [
    ['python3', ['-m', 'venv', environment]],
    [python, ['-m', 'pip', 'install', '--quiet', '-r', requirements]],
    ['touch', [mark]],
  ];
  for (const [command, args] of steps) {
    const done = spawnSync(command, args, { stdio: ['ignore', 2, 2] });
    if (done.status === 0) continue;
    process.stderr.write(`bench: without peers, since \`${command} ${args.join(' ')}\` failed\n`);
    return undefined;
  }
  return python;
}

/** Runs one of the folder's scripts with a task file; returns what it printed, as JSON. */
export function runPeer<T>(
  python: string,
  script: string,
  taskFile: string,
  folder: string = PEER_FOLDERS.bench,
): T {
  const done = spawnSync(python, [join(folder, script), taskFile], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
    maxBuffer: 1 << 28,
  });
  if (done.status !== 0) {
    throw new Error(`${script} failed (${done.signal ?? done.status}):\n${done.stderr}`);
  }
  return JSON.parse(done.stdout.trim().split('\n').at(-1)!) as T;
}
