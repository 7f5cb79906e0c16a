/**
 * Where a campaign happens: real Kafka, a registry, three machines that reach both through proxies of their own, and
 * constant load. The topics' tables are compacted all the time, so that changelogs have gaps and bare markers.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Administration } from '../../src/app/administration';
import { connect, type Places } from '../../src/app/connect';
import { systemClock } from '../../src/clock';
import { readSettings } from '../../src/config';
import { topicSpec } from '../../src/engine/stream-runner';
import type { Topic } from '../../src/engine/topology';
import { FAULT_POINTS, type FaultPointName } from '../../src/fault-points';
import { noLogger } from '../../src/logger';
import { segueTopics } from '../../streams/topics';
import { Scrape } from '../bench/scrape';
import { type KafkaService, startKafka } from '../support/services/kafka-service';
import { startRegistry } from '../support/services/registry-service';
import { TcpProxy } from '../support/tcp-proxy';
import { Load } from './load';
import { Machine } from './machine';

export const APPLICATION = 'torture';
export const SLOTS = 6;
/** Of a member of the group, as the program has it. */
export const SESSION_MS = 10_000;
/** Of a step that nobody ends, as the program has it. */
export const TRANSACTION_MS = 60_000;

export interface ArenaOptions {
  readonly seed: number;
  readonly nodes: 1 | 3;
  /** Listens a second. */
  readonly rate: number;
  /** A registry that runs already. */
  readonly registry?: string | undefined;
}

const MACHINES = ['one', 'two', 'three'] as const;
const COMPACTION = {
  'segment.ms': '20000',
  'min.cleanable.dirty.ratio': '0.01',
  'delete.retention.ms': '86400000',
  'max.compaction.lag.ms': '30000',
} as const;
/** Leaders go back where they were soon after a node returns, under load. */
const BROKER = {
  'leader.imbalance.check.interval.seconds': '5',
  'transaction.abort.timed.out.transaction.cleanup.interval.ms': '1000',
} as const;

type Closing = (() => Promise<void>)[];

interface ArenaParts {
  readonly directory: string;
  readonly kafka: KafkaService;
  /** By machine and node. */
  readonly links: readonly (readonly TcpProxy[])[];
  readonly registryLink: TcpProxy;
  readonly places: Places;
  readonly administration: Administration;
  readonly closing: Closing;
}

export class Arena {
  readonly machines: readonly Machine[];
  readonly hits = new Map<FaultPointName, number>(FAULT_POINTS.map((point) => [point, 0]));
  #load: Load | undefined;

  constructor(
    readonly options: ArenaOptions,
    private readonly parts: ArenaParts,
  ) {
    this.machines = MACHINES.map(
      (name, index) =>
        new Machine({
          name,
          directory: parts.directory,
          args: this.#arguments(index),
          onHit: (point) => this.hits.set(point, this.hits.get(point)! + 1),
        }),
    );
  }

  static async open(options: ArenaOptions): Promise<Arena> {
    const closing: Closing = [];
    try {
      return new Arena(options, await openParts(options, closing));
    } catch (error) {
      await closeAll(closing);
      throw error;
    }
  }

  get slots(): number {
    return SLOTS;
  }

  get directory(): string {
    return this.parts.directory;
  }

  get kafka(): KafkaService {
    return this.parts.kafka;
  }

  get registryLink(): TcpProxy {
    return this.parts.registryLink;
  }

  get places(): Places {
    return this.parts.places;
  }

  get administration(): Administration {
    return this.parts.administration;
  }

  get load(): Load {
    return this.#load!;
  }

  startLoad(): void {
    const { administration, places } = this.parts;
    const { topics, codecs } = administration;
    const { seed, rate } = this.options;
    this.#load = new Load({ broker: places.broker, topics, codecs, seed, rate });
  }

  /** What lies between a machine and each node. */
  linksOf(machine: Machine): readonly TcpProxy[] {
    return this.parts.links[this.machines.indexOf(machine)]!;
  }

  /** Of every recount that the processes made of their own stores, what it found wrong. */
  async countCheckFailures(): Promise<string[]> {
    const failures: string[] = [];
    for (const { url, name } of this.machines) {
      const scrape = url === undefined ? undefined : await Scrape.of(url).catch(() => undefined);
      const failed = scrape?.sum('segue_count_check_failures_total') ?? 0;
      if (failed > 0) failures.push(`${name}: ${failed} recounts of the stores found a difference`);
    }
    return failures;
  }

  async close(): Promise<void> {
    await Promise.all(this.machines.map((machine) => machine.kill()));
    await closeAll(this.parts.closing);
  }

  #arguments(machine: number): string[] {
    const { links, registryLink } = this.parts;
    const brokers = links[machine]!.map(({ port }) => `127.0.0.1:${port}`).join(',');
    const registry = `http://127.0.0.1:${registryLink.port}/apis/ccompat/v7`;
    return [
      ...['--brokers', brokers, '--registry', registry, '--http-port', '0'],
      ...['--application', APPLICATION, '--topic-prefix', `${APPLICATION}-`],
      ...['--partitions', String(SLOTS), '--trainer', 'none'],
      // Small, so that chunks of histories come about.
      ...['--history-entries-max', '3', '--popular-refresh-ms', '5s'],
    ];
  }
}

async function openParts(options: ArenaOptions, closing: Closing): Promise<ArenaParts> {
  const directory = mkdtempSync(join(tmpdir(), 'segue-torture-'));
  closing.push(async () => rmSync(directory, { recursive: true, force: true }));
  const network = await openNetwork(options, closing);
  const registry = options.registry ?? (await startOwnRegistry(closing));
  network.registryLink.targetPort = Number(new URL(registry).port);
  const names = { application: APPLICATION, topicPrefix: `${APPLICATION}-` };
  const settings = readSettings(
    { brokers: network.kafka.address, registry, ...names, partitions: SLOTS },
    {},
  );
  const places = await connect(settings, noLogger);
  closing.push(() => places.close());
  await createCompactedTopics(places);
  const administration = await Administration.open({ ...places, settings, clock: systemClock });
  return { directory, ...network, places, administration, closing };
}

async function openNetwork({ nodes: count }: ArenaOptions, closing: Closing) {
  const nodes = Array.from({ length: count });
  const links = await Promise.all(
    MACHINES.map(() => Promise.all(nodes.map(() => TcpProxy.open()))),
  );
  const registryLink = await TcpProxy.open();
  closing.push(async () => {
    await Promise.all([...links.flat(), registryLink].map((proxy) => proxy.close()));
  });
  const doors = links.map((perNode) => perNode.map(({ port }) => port));
  const kafka = await startKafka({ brokers: count, doors, settings: BROKER });
  closing.push(() => kafka.stop());
  for (const [door, perNode] of links.entries())
    for (const [node, proxy] of perNode.entries()) proxy.targetPort = kafka.doorPorts[door]![node]!;
  return { kafka, links, registryLink };
}

async function startOwnRegistry(closing: Closing): Promise<string> {
  const service = await startRegistry();
  closing.push(() => service.stop());
  return service.address;
}

async function closeAll(closing: Closing): Promise<void> {
  for (const close of closing.reverse()) await close();
}

async function createCompactedTopics({ broker }: Places): Promise<void> {
  const all = Object.values(segueTopics(`${APPLICATION}-`)) as Topic<unknown>[];
  const specs = all.map((topic) => topicSpec(topic, SLOTS));
  await broker.createTopics(
    specs.map((spec) =>
      spec.cleanup === 'compact' ? { ...spec, compactionLagMs: 0, settings: COMPACTION } : spec,
    ),
  );
}
