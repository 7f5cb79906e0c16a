/**
 * Reads lists and additions as they come, before they are compacted away. Of every `every`-th list all is kept, to be
 * recomputed; of all users the last one.
 */
import { setTimeout as pause } from 'node:timers/promises';
import type { Position, StoredRecord } from '../../src/broker/broker';
import type { Topic } from '../../src/engine/topology';
import type { PublishedList, TakenAddition } from '../simulation/check-lists';
import type { Stage } from './stage';

const FETCH = { waitMsMax: 200, bytesMaxPerPartition: 4 << 20 } as const;

export class ListWatch {
  readonly sample: PublishedList[] = [];
  readonly last = new Map<string, PublishedList>();
  readonly additions: TakenAddition[] = [];
  /** Users who had a list, and then none. */
  readonly lost: string[] = [];
  count = 0;
  #stopping = false;
  #running: Promise<void> = Promise.resolve();
  #positions: Position[] = [];

  constructor(
    private readonly stage: Stage,
    private readonly every: number,
  ) {}

  async start(): Promise<void> {
    const { recommendations, itemAdditions } = this.stage.administration.topics;
    for (const { name } of [recommendations, itemAdditions]) {
      const ranges = await this.stage.places.broker.ranges(name);
      this.#positions.push(
        ...ranges.map(({ partition, start }) => ({ topic: name, partition, offset: start })),
      );
    }
    this.#running = this.#follow();
  }

  async stop(): Promise<void> {
    this.#stopping = true;
    await this.#running;
  }

  /** Users whose last list is empty. */
  get without(): string[] {
    return [...this.last].flatMap(([user, { list }]) => (list.tracks.length === 0 ? [user] : []));
  }

  /** True when everybody's last list is of this generation. */
  isAllOf(generation: number): boolean {
    return [...this.last.values()].every(({ list }) => list.generation === generation);
  }

  async #follow(): Promise<void> {
    const { topics } = this.stage.administration;
    while (!this.#stopping) {
      const next = new Map(
        this.#positions.map((place) => [`${place.topic} ${place.partition}`, place]),
      );
      for (const batch of await this.stage.places.broker.fetch(this.#positions, FETCH)) {
        next.set(`${batch.topic} ${batch.partition}`, { ...batch, offset: batch.nextOffset });
        if (batch.topic === topics.recommendations.name) await this.#takeLists(batch.records);
        else await this.#takeAdditions(batch.records);
      }
      this.#positions = [...next.values()].map(({ topic, partition, offset }) => ({
        ...{ topic, partition, offset },
      }));
      await pause(20);
    }
  }

  async #takeLists(records: readonly StoredRecord[]): Promise<void> {
    const decode = await this.#decoder(this.stage.administration.topics.recommendations, records);
    for (const { key, value } of records) {
      const user = key!.toString('utf8');
      if (value === null) {
        this.lost.push(user);
        continue;
      }
      const published = { user, list: decode(value) };
      // At first there may be no popular track yet, also when the first model is quicker.
      const hadTracks = (this.last.get(user)?.list.tracks.length ?? 0) > 0;
      if (published.list.tracks.length === 0 && hadTracks) this.lost.push(user);
      this.last.set(user, published);
      if (this.count % this.every === 0) this.sample.push(published);
      this.count += 1;
    }
  }

  async #takeAdditions(records: readonly StoredRecord[]): Promise<void> {
    const decode = await this.#decoder(this.stage.administration.topics.itemAdditions, records);
    for (const { offset, value } of records)
      if (value !== null) this.additions.push({ offset, addition: decode(value) });
  }

  async #decoder<V>(topic: Topic<V>, records: readonly StoredRecord[]) {
    const codec = this.stage.administration.codecs.of(topic);
    await codec.learn(records.map(({ value }) => value));
    return (value: Buffer) => codec.decode(value);
  }
}
