/**
 * One machine of the fleet: a data folder and a `segue run` on it, which is started again when it ends by itself, as
 * a supervisor would. It remembers every end, and counts the fault points that the process was killed at.
 */
import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { compiledPath } from '../../src/compiled-path';
import type { FaultPointName } from '../../src/fault-points';
import { type GuardedProcess, startGuarded } from '../support/services/guarded-process';

export interface MachineOptions {
  readonly name: string;
  readonly directory: string;
  /** Of `segue run`; the data folder is added. */
  readonly args: readonly string[];
  /** Hears of each kill at a fault point. */
  readonly onHit: (point: FaultPointName) => void;
}

const RESTART_MS = 500;
const HIT = /segue: ended at the fault point (\S+)/;
/** Ends that a supervisor has to expect: what a process needs to begin was away. */
const EXPECTED_END = /REGISTRY_UNREACHABLE|BROKER_UNREACHABLE/;

export class Machine {
  readonly data: string;
  /** Ends that nobody asked for and no absent service explains, with the last words. */
  readonly mishaps: string[] = [];
  #process: GuardedProcess | undefined;
  #runs = 0;
  #logFile = '';
  #wanted = false;
  #ended: Promise<void> = Promise.resolve();

  constructor(private readonly options: MachineOptions) {
    this.data = join(options.directory, options.name);
    mkdirSync(this.data, { recursive: true });
  }

  get name(): string {
    return this.options.name;
  }

  /** Where it answers HTTP; undefined before it does. */
  get url(): string | undefined {
    return /answering on (http:\/\/[^\s:"]+:\d+)/.exec(this.said())?.[1];
  }

  get isRunning(): boolean {
    return this.#process?.isRunning() ?? false;
  }

  /** All that the present process, or the last one, has said. */
  said(): string {
    return this.#logFile === '' ? '' : readFileSync(this.#logFile, 'utf8');
  }

  /** Folder of the slots' databases. */
  get slots(): string {
    return join(this.data, 'slots', 'torture');
  }

  /** `faultPoint` as SEGUE_FAULT_POINT takes it: the process ends there, and is not started again. */
  start(faultPoint = ''): void {
    this.#wanted = true;
    this.#runs += 1;
    this.#logFile = join(this.options.directory, `${this.name}-${this.#runs}.log`);
    const args = [...this.options.args, '--data', this.data];
    const process_ = startGuarded({
      command: process.execPath,
      arguments: [compiledPath('src/cli/main.js'), 'run', ...args],
      directory: this.data,
      outputFile: this.#logFile,
      environment: { NODE_ENV: 'production', SEGUE_FAULT_POINT: faultPoint },
    });
    this.#process = process_;
    this.#ended = process_.exited.then((how) => this.#noteEnd(process_, how));
  }

  async #noteEnd(process_: GuardedProcess, how: string): Promise<void> {
    const said = process_.outputTail();
    const hit = HIT.exec(said);
    if (hit !== null) this.options.onHit(hit[1] as FaultPointName);
    if (!this.#wanted || hit !== null) return;
    if (!EXPECTED_END.test(said))
      this.mishaps.push(`${this.name} ended (${how}): ${said.slice(-600)}`);
    await pause(RESTART_MS);
    if (this.#wanted && this.#process === process_) this.start();
  }

  /** Waits for the end at a fault point; false when it does not come in time. */
  async untilEnded(msMax: number): Promise<boolean> {
    const late = Symbol('late');
    const first = await Promise.race([this.#ended, pause(msMax, late, { ref: false })]);
    return first !== late;
  }

  async kill(): Promise<void> {
    this.#wanted = false;
    this.#process?.signal('SIGKILL');
    await this.#process?.exited;
  }

  /** Ends it in order. */
  async stop(): Promise<void> {
    this.#wanted = false;
    await this.#process?.stop(60_000);
  }

  freeze(): void {
    this.#process?.signal('SIGSTOP');
  }

  thaw(): void {
    this.#process?.signal('SIGCONT');
  }
}
