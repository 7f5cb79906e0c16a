/** A real `segue` in a process of its own, from the compiled tree. */
import { type ChildProcess, spawn } from 'node:child_process';
import { compiledPath } from '../../src/compiled-path';

export interface SegueProcess {
  readonly url: string;
  readonly pid: number;
  /** As a crash does. */
  kill(): Promise<void>;
  /** Ends it in order. */
  stop(): Promise<void>;
}

/** Resolves when it answers; rejects when it ends before that. */
export async function startSegue(args: readonly string[]): Promise<SegueProcess> {
  const child = spawn(process.execPath, [compiledPath('src/cli/main.js'), ...args], {
    stdio: ['ignore', 'inherit', 'pipe'],
    env: { ...process.env, NODE_ENV: 'production' },
  });
  const url = await addressOf(child);
  const end = (signal: NodeJS.Signals) =>
    new Promise<void>((resolve) => {
      child.once('exit', () => resolve());
      child.kill(signal);
    });
  return { url, pid: child.pid!, kill: () => end('SIGKILL'), stop: () => end('SIGTERM') };
}

function addressOf(child: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    let said = '';
    child.stderr!.on('data', (chunk: Buffer) => {
      said += chunk.toString('utf8');
      const found = /answering on (http:\/\/[^\s:"]+:\d+)/.exec(said);
      if (found !== null) resolve(found[1]!);
    });
    child.once('exit', (code) => reject(new Error(`segue ended with code ${code}:\n${said}`)));
  });
}
