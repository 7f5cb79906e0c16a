/**
 * A child process that never outlives us. Beside each child runs a tiny shell that waits on a pipe
 * which only we hold open: however we end, `kill -9` included, the pipe closes and the shell kills
 * the child. (Parent-death signals would do it without the shell, but only on Linux.)
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, openSync, readFileSync } from 'node:fs';

export interface GuardedProcess {
  readonly pid: number;
  /** Resolves when the process is gone, with what ended it. */
  readonly exited: Promise<string>;
  readonly isRunning: () => boolean;
  /** Sends a signal to this very process. */
  signal(signal: NodeJS.Signals): void;
  /** Asks it to end, kills it after `graceMs`, and waits until it is gone. */
  stop(graceMs?: number): Promise<void>;
  /** The last lines it wrote. */
  outputTail(): string;
}

export interface GuardedProcessOptions {
  readonly command: string;
  readonly arguments: readonly string[];
  readonly directory: string;
  readonly outputFile: string;
  /** Beside our own variables. */
  readonly environment?: Readonly<Record<string, string>>;
  /** `environment` is all it is given. */
  readonly isolated?: boolean;
}

const TAIL_BYTES = 4000;

function guard(pid: number): ChildProcess {
  const sidecar = spawn('sh', ['-c', 'read -r _; kill -9 "$1" 2>/dev/null', 'guard', String(pid)], {
    stdio: ['pipe', 'ignore', 'ignore'],
    // A session of its own: Ctrl-C in the terminal must not kill the guard before its ward.
    detached: true,
  });
  sidecar.stdin?.on('error', () => {});
  sidecar.unref();
  return sidecar;
}

export function startGuarded(options: GuardedProcessOptions): GuardedProcess {
  const output = openSync(options.outputFile, 'a');
  const child = spawn(options.command, options.arguments, {
    cwd: options.directory,
    env: { ...(options.isolated ? {} : process.env), ...options.environment },
    stdio: ['ignore', output, output],
    // Ctrl-C reaches us alone; we end the child in order.
    detached: true,
  });
  closeSync(output);
  const { pid } = child;
  if (pid === undefined) throw new Error(`${options.command} could not be started`);
  const sidecar = guard(pid);
  let running = true;
  const exited = new Promise<string>((resolve) => {
    child.once('exit', (code, signal) => {
      running = false;
      sidecar.kill('SIGKILL');
      resolve(signal ?? `exit code ${code}`);
    });
  });
  const send = (signal: NodeJS.Signals) => {
    if (running) child.kill(signal);
  };
  return {
    pid,
    exited,
    isRunning: () => running,
    signal: send,
    async stop(graceMs = 10_000) {
      // A stopped (SIGSTOP) process hears SIGTERM only once it goes on.
      send('SIGCONT');
      send('SIGTERM');
      const timer = setTimeout(() => send('SIGKILL'), graceMs);
      await exited;
      clearTimeout(timer);
    },
    outputTail: () => readFileSync(options.outputFile, 'utf8').slice(-TAIL_BYTES),
  };
}
