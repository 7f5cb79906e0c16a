/**
 * What a topology is: parts, each a chain of processors behind its sources. Built once, printed, and run by slots.
 * The engine knows topics, keys, stores and steps; what the values mean is the application's business.
 */
import { assert } from '../assert';
import type { AvroSchema, Compatibility } from '../schema-registry/schema-registry';
import type { ValueCodec } from '../store/state-store';
import type { GlobalProcessor, ProcessorDefinition } from './processor';

/** A topic with a schema. `V` is the type of its values. */
export interface Topic<V> {
  readonly name: string;
  readonly schema: AvroSchema;
  readonly compatibility: Compatibility;
  /** One partition a slot, or a single one. */
  readonly partitions: 'slots' | 'single';
  readonly cleanup: 'compact' | 'delete';
  readonly retentionMs?: number;
  readonly compactionLagMs?: number;
  /** Carries the type only. */
  readonly valueType?: V;
}

interface StoreBase<V> {
  readonly name: string;
  /** One character, unique in the topology; the store's keys in the slot's database begin with it. */
  readonly prefix: string;
  /** Told of each changelog record that a restore applies, so that derived local stores follow. `before` is read when asked for. */
  readonly onRestore?: (
    key: string,
    before: () => V | undefined,
    after: V | undefined,
    stores: StoreAccess,
  ) => void;
}

/** A table: its topic is at once its changelog, what other programs consume, and the training set. */
export interface TableDefinition<V> extends StoreBase<V> {
  readonly topic: Topic<V>;
}

/** Derived state that a restore can make anew; never leaves the slot's database. */
export interface LocalStoreDefinition<V> extends StoreBase<V> {
  readonly codec: ValueCodec<V>;
}

export type StoreDefinition<V> = TableDefinition<V> | LocalStoreDefinition<V>;

export function isTable<V>(store: StoreDefinition<V>): store is TableDefinition<V> {
  return 'topic' in store;
}

export interface StoreAccess {
  store<V>(definition: StoreDefinition<V>): import('../store/state-store').StateStore<V>;
}

export interface SourceDefinition {
  readonly topic: Topic<unknown>;
  /**
   * False: positions are committed with each step. True: a small table that is read from its beginning at every
   * take-over and never committed.
   */
  readonly replayed: boolean;
}

export interface PartDefinition {
  readonly name: string;
  readonly key: string;
  readonly runsOn: 'every slot' | 'slot 0';
  readonly sources: readonly SourceDefinition[];
  // biome-ignore lint/suspicious/noExplicitAny: a chain's inner types were checked when it was built
  readonly processors: readonly ProcessorDefinition<any, any>[];
}

export interface GlobalDefinition {
  readonly name: string;
  readonly sources: readonly Topic<unknown>[];
  readonly processor: GlobalProcessor;
}

/** The record that ends each step of a slot. */
export interface ProgressValue {
  readonly slot: number;
  readonly step: number;
  readonly positions: {
    readonly topic: string;
    readonly partition: number;
    readonly offset: number;
  }[];
  readonly sums: Record<string, number>;
  readonly histograms: Record<string, { readonly value: number; readonly count: number }[]>;
}

export interface DeadLetterValue {
  readonly reason: string;
  readonly detail: string;
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
  readonly timestamp: number;
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  readonly headers: Record<string, Buffer>;
}

export interface Topology {
  readonly name: string;
  readonly parts: readonly PartDefinition[];
  readonly globals: readonly GlobalDefinition[];
  readonly progress: Topic<ProgressValue>;
  readonly deadLetters: Topic<DeadLetterValue>;
  /** Topics that only commands write or read; made along with the others. */
  readonly otherTopics: readonly Topic<unknown>[];
}

export type TopologyFrame = Pick<Topology, 'name' | 'progress' | 'deadLetters' | 'otherTopics'>;

/** A chain under construction; `Out` is what its last processor forwards. */
export class Chain<Out> {
  // biome-ignore lint/suspicious/noExplicitAny: see PartDefinition
  private constructor(readonly processors: readonly ProcessorDefinition<any, any>[]) {}

  static from<In>(): Chain<In> {
    return new Chain<In>([]);
  }

  processor<Next>(definition: ProcessorDefinition<Out, Next>): Chain<Next> {
    return new Chain<Next>([...this.processors, definition]);
  }
}

/** Collects the parts in reading order and checks what must hold for all of them together. */
export class TopologyBuilder {
  readonly #parts: PartDefinition[] = [];
  readonly #globals: GlobalDefinition[] = [];

  constructor(private readonly frame: TopologyFrame) {}

  part(definition: Omit<PartDefinition, 'processors'>, chain: Chain<never> | Chain<unknown>): this {
    this.#parts.push({ ...definition, processors: chain.processors });
    return this;
  }

  everywhere(definition: GlobalDefinition): this {
    this.#globals.push(definition);
    return this;
  }

  build(): Topology {
    const topology: Topology = {
      ...this.frame,
      parts: [...this.#parts],
      globals: [...this.#globals],
    };
    checkTopology(topology);
    return topology;
  }
}

/** All stores, each under the processor that owns it. */
export function storesOf(topology: Topology): StoreDefinition<unknown>[] {
  return topology.parts.flatMap((part) =>
    part.processors.flatMap((processor) => processor.stores ?? []),
  );
}

/** Every topic of the topology, once. */
export function topicsOf(topology: Topology): Topic<unknown>[] {
  const all = [
    ...topology.parts.flatMap((part) => [
      ...part.sources.map((source) => source.topic),
      ...part.processors.flatMap((processor) => processor.sinks ?? []),
    ]),
    ...storesOf(topology).flatMap((store) => (isTable(store) ? [store.topic] : [])),
    ...topology.globals.flatMap((global) => global.sources),
    topology.progress as Topic<unknown>,
    topology.deadLetters as Topic<unknown>,
    ...topology.otherTopics,
  ];
  return [...new Map(all.map((topic) => [topic.name, topic])).values()];
}

function checkTopology(topology: Topology): void {
  const stores = storesOf(topology);
  const prefixes = stores.map((store) => store.prefix);
  assert(new Set(prefixes).size === prefixes.length, 'store prefixes are unique');
  assert(
    prefixes.every((prefix) => prefix.length === 1 && prefix >= ' '),
    'store prefixes are one character',
  );
  checkSources(topology.parts);
  const names = topology.parts.flatMap((part) =>
    part.processors.map((processor) => processor.name),
  );
  assert(new Set(names).size === names.length, 'processor names are unique');
}

/** A slot tells its parts apart by the topic of a record, and a single partition can only be fetched for one slot. */
function checkSources(parts: readonly PartDefinition[]): void {
  const sources = parts.flatMap((part) => part.sources.map(({ topic }) => ({ part, topic })));
  const names = sources.map(({ topic }) => topic.name);
  assert(new Set(names).size === names.length, 'a topic is the source of one part');
  for (const { part, topic } of sources) {
    const isReadable = topic.partitions === 'slots' || part.runsOn === 'slot 0';
    assert(isReadable, `${topic.name} has a single partition, so a part on slot 0 reads it`);
  }
  assert(
    parts.every(({ processors }) => processors.length > 0),
    'each part has a processor',
  );
}
