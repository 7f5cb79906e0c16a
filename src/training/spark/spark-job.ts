/**
 * A retrain's Spark driver, as a child process that is spoken to in JSON lines. It ends with us: when its input
 * closes, however we end, it stops at once and the executors with it.
 */
import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { SegueError } from '../../errors';
import type { SparkCommandName, SparkCommands, SparkProgress } from './spark-commands';
import { type SparkEnvironment, sparkSources } from './spark-environment';

export interface SparkJobOptions {
  readonly environment: Pick<SparkEnvironment, 'python'>;
  readonly onProgress: (progress: SparkProgress) => void;
  /** Aborting kills the driver. */
  readonly signal?: AbortSignal | undefined;
  /** The program with its arguments; that of a retrain unless a test has its own. */
  readonly script?: readonly string[];
}

/** What a Spark driver answers. */
export interface SparkSession {
  ask<N extends SparkCommandName>(
    name: N,
    args: SparkCommands[N]['arguments'],
  ): Promise<SparkCommands[N]['result']>;
  /** Kills the driver, if it still runs, and waits until it is gone. */
  end(): Promise<void>;
}

interface Line {
  readonly result?: unknown;
  readonly error?: string;
  readonly progress?: SparkProgress;
}

interface Waiting {
  readonly resolve: (result: never) => void;
  readonly reject: (error: Error) => void;
}

const TAIL_LINES = 40;

export class SparkJob implements SparkSession {
  readonly #child: ChildProcessWithoutNullStreams;
  /** When it is gone, whatever ended it. */
  readonly exited: Promise<void>;
  readonly #tail: string[] = [];
  #waiting: Waiting | undefined;
  #ended: SegueError | undefined;

  constructor(private readonly options: SparkJobOptions) {
    const { environment, signal, script = [join(sparkSources(), 'retrain_job.py')] } = options;
    this.#child = spawn(environment.python, ['-B', '-u', ...script], { stdio: 'pipe' });
    this.exited = new Promise((resolve) => {
      this.#child.once('error', (error) => {
        this.#fail(`could not be started: ${error.message}`);
        resolve();
      });
      this.#child.once('close', (code, by) => {
        this.#fail(`ended with ${by ?? `exit code ${code}`}`);
        resolve();
      });
    });
    // A driver that has gone is told by its exit.
    this.#child.stdin.on('error', () => undefined);
    createInterface(this.#child.stdout).on('line', (line) => this.#hear(line));
    createInterface(this.#child.stderr).on('line', (line) => {
      this.#tail.push(line);
      if (this.#tail.length > TAIL_LINES) this.#tail.shift();
    });
    signal?.addEventListener('abort', () => void this.end(), { once: true });
    if (signal?.aborted) void this.end();
  }

  /** The driver's process id. */
  get pid(): number | undefined {
    return this.#child.pid;
  }

  /** One command at a time. Throws SPARK_JOB_FAILED. */
  ask<N extends SparkCommandName>(
    name: N,
    args: SparkCommands[N]['arguments'],
  ): Promise<SparkCommands[N]['result']> {
    return new Promise((resolve, reject) => {
      if (this.#ended !== undefined) {
        reject(this.#ended);
        return;
      }
      this.#waiting = { resolve: resolve as Waiting['resolve'], reject };
      this.#child.stdin.write(`${JSON.stringify({ name, arguments: args })}\n`);
    });
  }

  async end(): Promise<void> {
    this.#child.kill('SIGKILL');
    await this.exited;
  }

  #hear(text: string): void {
    const line = JSON.parse(text) as Line;
    if (line.progress !== undefined) {
      this.options.onProgress(line.progress);
      return;
    }
    const waiting = this.#waiting;
    this.#waiting = undefined;
    if (line.error === undefined) waiting?.resolve(line.result as never);
    else waiting?.reject(this.#failure(`said: ${line.error}`));
  }

  #fail(what: string): void {
    this.#ended ??= this.#failure(what);
    this.#waiting?.reject(this.#ended);
    this.#waiting = undefined;
  }

  /** What it wrote last goes along as the cause: for logs, too long for a message. */
  #failure(what: string): SegueError {
    return new SegueError(
      'SPARK_JOB_FAILED',
      `expected the Spark driver to answer, but it ${what}; nothing of this run counts, ask for another one`,
      { cause: new Error(`its last lines:\n${this.#tail.join('\n')}`) },
    );
  }
}
