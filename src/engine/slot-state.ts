import { assert } from '../assert';
import type { SlotDatabase, Write } from '../store/slot-database';
import type { FrozenEntry, StateStore, ValueCodec } from '../store/state-store';
import { LayeredStore } from '../store/state-store';
import type { TopicCodecs } from './topic-codecs';
import { isTable, type StoreAccess, type StoreDefinition, type Topic } from './topology';
import { WriterIds } from './writer-ids';

/** One frozen store: its dirty keys, encoded. */
export interface FrozenStore {
  readonly store: LayeredStore<unknown>;
  readonly topic: Topic<unknown> | undefined;
  readonly entries: readonly FrozenEntry[];
}

/** All stores of one slot. */
export class SlotState implements StoreAccess {
  /** Of everything in the database, and of what is about to be written there. */
  readonly writers = new WriterIds();
  readonly #stores = new Map<
    string,
    { definition: StoreDefinition<unknown>; store: LayeredStore<unknown> }
  >();

  constructor(
    definitions: readonly StoreDefinition<unknown>[],
    readonly database: SlotDatabase,
    codecs: TopicCodecs,
    cacheBytesMax: number,
  ) {
    for (const definition of definitions) {
      const codec: ValueCodec<unknown> = isTable(definition)
        ? codecs.of(definition.topic)
        : definition.codec;
      const bytesMax = Math.floor(cacheBytesMax / Math.max(1, definitions.length));
      const store = new LayeredStore(definition.name, definition.prefix, database, codec, bytesMax);
      this.#stores.set(definition.name, { definition, store });
    }
  }

  store<V>(definition: StoreDefinition<V>): StateStore<V> {
    return this.layered(definition);
  }

  layered<V>(definition: StoreDefinition<V>): LayeredStore<V> {
    const found = this.#stores.get(definition.name);
    assert(found !== undefined, `store ${definition.name} belongs to the topology`);
    return found.store as LayeredStore<unknown> as LayeredStore<V>;
  }

  all(): LayeredStore<unknown>[] {
    return [...this.#stores.values()].map(({ store }) => store);
  }

  isDirty(): boolean {
    return this.all().some((store) => store.dirtyKeys > 0);
  }

  freeze(): FrozenStore[] {
    return [...this.#stores.values()].map(({ definition, store }) => {
      const topic = isTable(definition) ? definition.topic : undefined;
      const entries = store.freeze();
      // All that one freeze encodes is of one schema.
      const first = entries.find(({ bytes }) => bytes !== null);
      if (topic !== undefined && first !== undefined) this.writers.note(topic.name, first.bytes);
      return { store, topic, entries };
    });
  }

  committed(): void {
    for (const store of this.all()) store.committed();
  }

  reset(): void {
    for (const store of this.all()) store.reset();
  }
}

/** The database writes of a frozen step. */
export function databaseWrites(frozen: readonly FrozenStore[]): Write[] {
  return frozen.flatMap(({ store, entries }) => store.writes(entries));
}
