/**
 * A real Kafka (KRaft, one or three nodes) for tests and for people without Docker. "Ready" means
 * that a topic was made and a transaction committed: an open port alone says little.
 */
import { randomBytes } from 'node:crypto';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { freePorts } from './free-ports';
import { type GuardedProcess, startGuarded } from './guarded-process';
import { type KafkaNode, kafkaProperties, type SecuredListener } from './kafka-properties';
import { tryTransaction } from './kafka-readiness';
import { cacheDirectory, formattedLogDirectory, KAFKA_VERSION, kafkaFiles } from './service-files';

export interface KafkaService {
  /** `host:port` of all nodes, comma-separated. */
  readonly address: string;
  readonly addresses: readonly string[];
  /** Ports of the doors asked for, by door and node. */
  readonly doorPorts: readonly (readonly number[])[];
  /** Sends a signal to one node (0 by default) or, with 'all', to every node. */
  kill(signal: NodeJS.Signals, node?: number | 'all'): Promise<void>;
  /** Starts the nodes that do not run, on the same data and port, and waits until all is ready. */
  restart(): Promise<void>;
  /** Ends all nodes and removes their data. */
  stop(): Promise<void>;
}

export interface KafkaServiceOptions {
  readonly brokers?: 1 | 3;
  /** Further broker settings by Kafka's names. */
  readonly settings?: Readonly<Record<string, string>>;
  /** Keeps the data here, also after stop; a temporary directory otherwise. */
  readonly directory?: string;
  readonly port?: number;
  /** A further listener of a single broker, with TLS and a login. */
  readonly secured?: SecuredListener;
  /** Further listeners, each with the port that each node advertises there: for proxies in between. */
  readonly doors?: readonly (readonly number[])[];
}

const READY_MS_MAX = 90_000;
const JVM = ['-Xms256m', '-Xmx512m', '-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1'];

/**
 * A class-data archive takes three seconds off each start. The first broker of this machine writes it
 * as it ends; JVMs ignore an archive that is not theirs.
 */
function classArchive(): { readonly options: readonly string[]; readonly keep: () => void } {
  const archive = join(cacheDirectory(), `kafka-${KAFKA_VERSION}.jsa`);
  if (existsSync(archive)) {
    return { options: [`-XX:SharedArchiveFile=${archive}`, '-Xshare:auto'], keep: () => {} };
  }
  const aside = `${archive}.${process.pid}.${randomBytes(4).toString('hex')}`;
  return {
    options: [`-XX:ArchiveClassesAtExit=${aside}`],
    keep: () => {
      if (existsSync(aside)) renameSync(aside, archive);
    },
  };
}

async function prepareNode(directory: string, node: KafkaNode, properties: string): Promise<void> {
  mkdirSync(directory, { recursive: true });
  writeFileSync(join(directory, 'server.properties'), properties);
  const data = join(directory, 'data');
  if (existsSync(data)) return;
  const single = kafkaProperties(
    { ...node, id: 1, secured: undefined, doors: [] },
    [{ ...node, id: 1 }],
    {},
  );
  cpSync(join(await formattedLogDirectory(single), 'data'), data, { recursive: true });
  const meta = join(data, 'meta.properties');
  const directoryId = randomBytes(16).toString('base64url').replace(/^-/, 'A');
  writeFileSync(
    meta,
    readFileSync(meta, 'utf8')
      .replace(/^node\.id=.*$/m, `node.id=${node.id}`)
      .replace(/^directory\.id=.*$/m, `directory.id=${directoryId}`),
  );
}

class KafkaProcesses implements KafkaService {
  readonly addresses: readonly string[];
  readonly #running: (GuardedProcess | undefined)[];
  #keepArchive = () => {};

  constructor(
    readonly directory: string,
    readonly nodes: readonly KafkaNode[],
    readonly keepsData: boolean,
  ) {
    this.addresses = nodes.map((node) => `127.0.0.1:${node.port}`);
    this.#running = nodes.map(() => undefined);
  }

  get address(): string {
    return this.addresses.join(',');
  }

  get doorPorts(): readonly (readonly number[])[] {
    const doors = this.nodes[0]?.doors ?? [];
    return doors.map((_door, index) => this.nodes.map((node) => node.doors![index]!.port));
  }

  async kill(signal: NodeJS.Signals, node: number | 'all' = 0): Promise<void> {
    const hit = this.#running.filter((_, index) => node === 'all' || index === node);
    for (const process of hit) process?.signal(signal);
    if (signal === 'SIGKILL' || signal === 'SIGTERM') {
      await Promise.all(hit.map((process) => process?.exited));
    }
  }

  async restart(): Promise<void> {
    const libs = join(await kafkaFiles(), 'libs', '*');
    for (const [index, node] of this.nodes.entries()) {
      if (this.#running[index]?.isRunning()) continue;
      const archive = classArchive();
      if (index === 0) this.#keepArchive = archive.keep;
      const directory = join(this.directory, `node-${node.id}`);
      this.#running[index] = startGuarded({
        command: 'java',
        arguments: [...JVM, ...archive.options, '-cp', libs, 'kafka.Kafka', 'server.properties'],
        directory,
        outputFile: join(directory, 'broker.log'),
      });
    }
    await this.#untilReady();
  }

  async #untilReady(): Promise<void> {
    const deadline = Date.now() + READY_MS_MAX;
    for (;;) {
      const dead = this.#running.find((process) => process !== undefined && !process.isRunning());
      if (dead) throw new Error(`The test broker ended at its start:\n${dead.outputTail()}`);
      const problem = await tryTransaction(this.addresses);
      if (problem === undefined) return;
      if (Date.now() > deadline) {
        const tail = this.#running[0]?.outputTail() ?? '';
        throw new Error(`The test broker is not ready (${problem}):\n${tail}`);
      }
      await pause(50);
    }
  }

  async stop(): Promise<void> {
    await Promise.all(this.#running.map((process) => process?.stop()));
    this.#keepArchive();
    if (!this.keepsData) rmSync(this.directory, { recursive: true, force: true });
  }
}

export async function startKafka(options: KafkaServiceOptions = {}): Promise<KafkaService> {
  const count = options.brokers ?? 1;
  const doors = options.doors ?? [];
  const ports = await freePorts((2 + doors.length) * count);
  const nodes = Array.from({ length: count }, (_, index) => ({
    id: index + 1,
    port: index === 0 && options.port !== undefined ? options.port : ports[2 * index]!,
    controllerPort: ports[2 * index + 1]!,
    secured: options.secured,
    doors: doors.map((advertised, door) => ({
      port: ports[(2 + door) * count + index]!,
      advertisedPort: advertised[index]!,
    })),
  }));
  const directory = options.directory ?? mkdtempSync(join(tmpdir(), 'segue-kafka-'));
  for (const node of nodes) {
    const properties = kafkaProperties(node, nodes, options.settings ?? {});
    await prepareNode(join(directory, `node-${node.id}`), node, properties);
  }
  const service = new KafkaProcesses(directory, nodes, options.directory !== undefined);
  try {
    await service.restart();
  } catch (error) {
    await service.stop();
    throw error;
  }
  return service;
}
