/**
 * Which schema ids the values in a slot's database were written under. Values are decoded synchronously, and the registry
 * can only be asked beforehand; after an upgrade the database still holds what earlier versions wrote. So the ids are
 * kept in the mark, in the same batch as the values, and learnt before anything is read.
 */
import { HEADER_BYTES, writeHeader, writerIdOf } from '../schema-registry/wire-format';
import type { TopicCodecs } from './topic-codecs';
import { isTable, type StoreDefinition } from './topology';

/** Topic → ids. */
export type WriterIdsRecord = Readonly<Record<string, readonly number[]>>;

export class WriterIds {
  readonly #byTopic = new Map<string, Set<number>>();
  #last = { topic: '', id: -1 };

  /** What the database begins with. */
  load(record: WriterIdsRecord): void {
    this.#byTopic.clear();
    this.#last = { topic: '', id: -1 };
    for (const [topic, known] of Object.entries(record)) this.#byTopic.set(topic, new Set(known));
  }

  /** Called for every value written: mostly a comparison with the one before. */
  note(topic: string, bytes: Buffer | null): void {
    const id = bytes === null ? -1 : writerIdOf(bytes);
    if (id < 0 || (id === this.#last.id && topic === this.#last.topic)) return;
    this.#last = { topic, id };
    const known = this.#byTopic.get(topic);
    if (known === undefined) this.#byTopic.set(topic, new Set([id]));
    else known.add(id);
  }

  toRecord(): WriterIdsRecord {
    return Object.fromEntries([...this.#byTopic].map(([topic, ids]) => [topic, [...ids]]));
  }

  /** Makes everything in the database readable. Throws REGISTRY_UNREACHABLE. */
  async learn(
    definitions: readonly StoreDefinition<unknown>[],
    codecs: TopicCodecs,
  ): Promise<void> {
    for (const { topic } of definitions.filter(isTable)) {
      const ids = [...(this.#byTopic.get(topic.name) ?? [])];
      await codecs.of(topic).learn(ids.map(headerOf));
    }
  }
}

function headerOf(id: number): Buffer {
  const header = Buffer.alloc(HEADER_BYTES);
  writeHeader(header, 0, id);
  return header;
}
