/** Runs the compiled program as a person would, each time in a process of its own. */
import { type ChildProcess, spawn } from 'node:child_process';
import { compiledPath } from '../../../src/compiled-path';

export interface Finished {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export class SegueCommand {
  readonly #running = new Set<ChildProcess>();

  /** `place`: options that say where things are, given to every command. */
  constructor(private readonly place: readonly string[]) {}

  start(
    verb: string,
    args: readonly string[] = [],
  ): { readonly child: ChildProcess; readonly finished: Promise<Finished> } {
    const child = spawn(
      process.execPath,
      [compiledPath('src/cli/main.js'), verb, ...args, ...this.place],
      {
        stdio: ['ignore', 'pipe', 'pipe'],
        env: { ...process.env, NODE_ENV: 'production' },
      },
    );
    this.#running.add(child);
    const said = { stdout: '', stderr: '' };
    child.stdout.on('data', (chunk: Buffer) => (said.stdout += chunk.toString('utf8')));
    child.stderr.on('data', (chunk: Buffer) => (said.stderr += chunk.toString('utf8')));
    const finished = new Promise<Finished>((resolve) => {
      child.once('close', (code) => {
        this.#running.delete(child);
        resolve({ code, ...said });
      });
    });
    return { child, finished };
  }

  /** Runs to the end; throws with what it said when it fails. */
  async run(verb: string, args: readonly string[] = []): Promise<string> {
    const { code, stdout, stderr } = await this.start(verb, args).finished;
    if (code !== 0) throw new Error(`segue ${verb} ended with ${code}:\n${stderr}\n${stdout}`);
    return stdout;
  }

  async json<T>(verb: string, args: readonly string[] = []): Promise<T> {
    return JSON.parse(await this.run(verb, ['--json', ...args])) as T;
  }

  /** Ends what still runs. */
  killAll(): void {
    for (const child of this.#running) child.kill('SIGKILL');
  }
}
