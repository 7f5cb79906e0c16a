/**
 * Starts what docker-compose.yml describes as plain processes, without a container engine: the same commands,
 * environment, order and health checks, on free ports of this machine.
 */
import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { type GuardedProcess, startGuarded } from '../services/guarded-process';
import {
  type ComposeFile,
  type DependencyCondition,
  readComposeFile,
  startOrder,
} from './compose-file';
import { type Container, mount, placeContainer, type Rewrite, translate } from './container-place';
import { programOf } from './image-programs';

export interface ComposeStackOptions {
  readonly profiles?: readonly string[];
  /** Services left out, with whatever only they need. */
  readonly without?: readonly string[];
  /** Services that are started by `up` only. */
  readonly later?: readonly string[];
  readonly scale?: Readonly<Record<string, number>>;
  /** What a person would write into `.env`. */
  readonly env?: Readonly<Record<string, string>>;
  readonly rewrite?: (stack: ComposeStack) => Rewrite;
}

const READY_MS_MAX = 180_000;
const INHERITED = ['PATH', 'HOME', 'LANG', 'JAVA_HOME', 'TMPDIR', 'SEGUE_CACHE'];

export class ComposeStack {
  readonly file: ComposeFile;
  readonly containers: Container[] = [];
  readonly #running = new Map<string, GuardedProcess>();
  readonly #folder = mkdtempSync(join(tmpdir(), 'segue-compose-'));

  private constructor(private readonly options: ComposeStackOptions) {
    this.file = readComposeFile(options.env);
  }

  static async start(options: ComposeStackOptions = {}): Promise<ComposeStack> {
    const stack = new ComposeStack(options);
    try {
      await stack.#start();
      return stack;
    } catch (error) {
      await stack.stop();
      throw error;
    }
  }

  /** `host:port` of a container, by its name (`segue-1`) and the port within. */
  address(name: string, port: number): string {
    return `127.0.0.1:${this.container(name).ports.get(port)}`;
  }

  container(name: string): Container {
    return this.containers.find((one) => one.name === name)!;
  }

  process(name: string): GuardedProcess {
    return this.#running.get(name)!;
  }

  /** Starts a container of the file, or one that has ended, and waits until it is healthy. */
  async up(name: string): Promise<void> {
    const container = this.container(name);
    await this.#run(container);
    if (container.spec.healthcheck !== undefined) await this.#until('service_healthy', container);
  }

  /** Ends everything, the last one started first, and removes its data. */
  async stop(): Promise<void> {
    for (const process of [...this.#running.values()].reverse()) await process.stop(30_000);
    rmSync(this.#folder, { recursive: true, force: true });
  }

  async #start(): Promise<void> {
    const { profiles = [], without = [], later = [], scale = {} } = this.options;
    const order = startOrder(this.file, profiles).filter((name) => !without.includes(name));
    for (const service of order)
      for (let number = 1; number <= (scale[service] ?? 1); number++)
        this.containers.push(
          await placeContainer({ service, number, folder: this.#folder }, this.file),
        );
    const volumes = join(this.#folder, 'volumes');
    mkdirSync(volumes);
    const rewrite = this.options.rewrite?.(this) ?? ((_path, text) => text);
    for (const container of this.containers) mount(container, volumes, rewrite);
    const now = this.containers.filter(({ service }) => !later.includes(service));
    for (const container of now) {
      for (const [service, { condition }] of Object.entries(container.spec.depends_on ?? {}))
        if (order.includes(service)) await this.#until(condition, this.container(`${service}-1`));
      await this.#run(container);
    }
    for (const container of now)
      if (container.spec.healthcheck !== undefined) await this.#until('service_healthy', container);
  }

  async #run(container: Container): Promise<void> {
    const { spec, root, name } = container;
    const translated = (text: string) => translate(text, container, this.containers);
    const own = Object.entries(spec.environment ?? {}).map(([key, value]) => [
      key,
      translated(value),
    ]);
    const program = await programOf(container, {
      command: (spec.command ?? []).map(translated),
      environment: Object.fromEntries(own),
    });
    const inherited = INHERITED.flatMap((key) => {
      const value = process.env[key];
      return value === undefined ? [] : [[key, value] as const];
    });
    this.#running.set(
      name,
      startGuarded({
        command: program.command,
        arguments: program.arguments,
        directory: program.directory,
        outputFile: join(root, 'output.log'),
        isolated: true,
        environment: {
          ...Object.fromEntries(inherited),
          ...(spec.env_file === undefined ? {} : this.options.env),
          ...program.environment,
        },
      }),
    );
  }

  async #until(condition: DependencyCondition, container: Container): Promise<void> {
    const process = this.process(container.name);
    if (condition === 'service_started') return;
    if (condition === 'service_completed_successfully') {
      const how = await process.exited;
      if (how !== 'exit code 0') throw this.#failure(container, `ended with ${how}`);
      return;
    }
    const deadline = Date.now() + READY_MS_MAX;
    while (!(await this.#isHealthy(container))) {
      if (!process.isRunning()) throw this.#failure(container, 'ended');
      if (Date.now() > deadline) throw this.#failure(container, 'does not become healthy');
      await pause(200);
    }
  }

  #failure({ name }: Container, what: string): Error {
    return new Error(`${name} ${what}:\n${this.process(name).outputTail()}`);
  }

  /** Runs the health check of the file. `wget` is asked of an image that has it; here Node asks in its place. */
  async #isHealthy(container: Container): Promise<boolean> {
    const [, command = '', ...rest] = (container.spec.healthcheck?.test ?? []).map((text) =>
      translate(text, container, this.containers),
    );
    if (command !== 'wget') return (await exitCode(command, rest)) === 0;
    try {
      return (await fetch(rest.at(-1)!, { signal: AbortSignal.timeout(5000) })).ok;
    } catch {
      return false;
    }
  }
}

function exitCode(command: string, args: readonly string[]): Promise<number | null> {
  return new Promise((resolve) => {
    const child = spawn(command, args, { stdio: 'ignore', timeout: 20_000 });
    child.once('error', () => resolve(-1));
    child.once('exit', (code) => resolve(code));
  });
}
