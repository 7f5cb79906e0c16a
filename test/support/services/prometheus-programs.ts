/**
 * Prometheus and promtool, of the Debian package `prometheus` or any on the path. Tests that need them say so where they
 * are missing, and fail with REQUIRE_REAL=1.
 */
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';

export interface ProgramAnswer {
  readonly code: number;
  readonly output: string;
}

export function hasPrometheus(): boolean {
  return ['prometheus', 'promtool'].every((name) => spawnSync(name, ['--version']).status === 0);
}

/** Runs promtool in `directory`, where the files that it is to check name others; `input` goes to its standard input. */
export async function promtool(
  directory: string,
  args: readonly string[],
  input = '',
): Promise<ProgramAnswer> {
  const child = spawn('promtool', args, { cwd: directory });
  let output = '';
  const keep = (chunk: Buffer) => (output += chunk.toString('utf8'));
  child.stdout.on('data', keep);
  child.stderr.on('data', keep);
  child.stdin.end(input);
  const [code] = (await once(child, 'close')) as [number | null];
  return { code: code ?? -1, output };
}

/** Runs `body`, which registers tests, where both programs are there. */
export function withPrometheus(body: () => void): void {
  if (hasPrometheus()) {
    body();
    return;
  }
  test('Prometheus and promtool are on the path', () => {
    process.stderr.write('NOT RUN: what Prometheus says of rules and series; install prometheus\n');
    expect(process.env['REQUIRE_REAL']).not.toBe('1');
  });
}
