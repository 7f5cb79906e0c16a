/** Looks at a campaign while it runs: positions that go back, lists and additions before they are compacted away. */
import type { EmbeddedBroker } from '../../src/broker/embedded-broker';
import type { TopicCodecs } from '../../src/engine/topic-codecs';
import type { SegueTopics } from '../../streams/topics';
import type { PublishedList, TakenAddition } from './check-lists';
import { differentCounts, few } from './differences';
import { type Observed, TopicReader } from './observed';

export class Watch {
  readonly lists: PublishedList[] = [];
  readonly additions: TakenAddition[] = [];
  readonly #positions = new Map<string, number>();
  readonly #wentBack: string[] = [];
  readonly #listReader: TopicReader;
  readonly #additionReader: TopicReader;

  constructor(
    private readonly broker: EmbeddedBroker,
    private readonly codecs: TopicCodecs,
    private readonly topics: SegueTopics,
    private readonly options: { readonly application: string; readonly slots: number },
  ) {
    this.#listReader = new TopicReader(broker, topics.recommendations.name);
    this.#additionReader = new TopicReader(broker, topics.itemAdditions.name);
  }

  async look(): Promise<void> {
    for (const [place, offset] of await this.#committed()) {
      const before = this.#positions.get(place) ?? 0;
      if (offset < before) this.#wentBack.push(`${place} went back from ${before} to ${offset}`);
      this.#positions.set(place, offset);
    }
    const codec = this.codecs.of(this.topics.recommendations);
    for (const [, { key, value }] of await this.#listReader.more())
      if (value !== null)
        this.lists.push({ user: key!.toString('utf8'), list: codec.decode(value) });
    const additionCodec = this.codecs.of(this.topics.itemAdditions);
    for (const [, { offset, value }] of await this.#additionReader.more())
      if (value !== null) this.additions.push({ offset, addition: additionCodec.decode(value) });
  }

  /** At the end everything is processed: positions stand behind the last records, as the commit records say. */
  async differences(observed: Observed): Promise<string[]> {
    const committed = await this.#committed();
    const recorded = new Map<string, number>();
    for (const { positions } of (await observed.lastValues(this.topics.progress)).values())
      for (const { topic, partition, offset } of positions)
        recorded.set(`${topic}/${partition}`, offset);
    const behind: string[] = [];
    for (const topic of this.#sources())
      for (const [partition, { offset }] of await observed.all(topic)) {
        const place = `${topic.name}/${partition}`;
        if ((committed.get(place) ?? 0) <= offset)
          behind.push(`${place} is committed to ${committed.get(place)}, but holds ${offset}`);
      }
    return [
      ...few(this.#wentBack),
      ...few(behind),
      ...differentCounts('positions by the commit records', recorded, committed),
    ];
  }

  #sources() {
    const { listens, listenerChanges, listenerFactors } = this.topics;
    return [listens, listenerChanges, listenerFactors] as const;
  }

  async #committed(): Promise<Map<string, number>> {
    const { application, slots } = this.options;
    const partitions = this.#sources().flatMap(({ name }) =>
      Array.from({ length: slots }, (_, partition) => ({ topic: name, partition })),
    );
    const committed = await this.broker.committed(application, partitions);
    return new Map(
      committed.map(({ topic, partition, offset }) => [`${topic}/${partition}`, offset]),
    );
  }
}
