/** Follows the small topics that every process needs, from their beginning; nothing of it is committed. */
import type { Broker, FetchedBatch } from '../broker/broker';
import { type Clock, sleep } from '../clock';
import type { Logger } from '../logger';
import { UnreadableValue } from '../schema-registry/schema-registry';
import { ThrottledWarning } from './throttled-warning';
import type { TopicCodecs } from './topic-codecs';
import type { GlobalDefinition, Topic } from './topology';

export interface GlobalTablesOptions {
  readonly definitions: readonly GlobalDefinition[];
  readonly broker: Broker;
  readonly codecs: TopicCodecs;
  readonly clock: Clock;
  readonly logger: Logger;
  /** After each batch given to a processor. */
  readonly onChange: () => void;
}

interface Followed {
  readonly topic: Topic<unknown>;
  readonly definition: GlobalDefinition;
  readonly partition: number;
  offset: number;
}

const FETCH = { waitMsMax: 250, bytesMaxPerPartition: 1024 * 1024 } as const;
const RETRY_MS = 500;

export class GlobalTables {
  #followed: Followed[] = [];
  #stopping = false;
  #loop: Promise<void> | undefined;

  constructor(private readonly options: GlobalTablesOptions) {}

  /** Reads everything there is now, then goes on in the background. */
  async start(): Promise<void> {
    const ends = await this.#begin();
    while (this.#followed.some((one) => one.offset < ends.get(one)!)) await this.#poll();
    // A fetch of nothing answers at once, and would be asked again at once.
    if (this.#followed.length > 0) this.#loop = this.#follow();
  }

  async stop(): Promise<void> {
    this.#stopping = true;
    await this.#loop;
  }

  /** Everything committed so far has been given to the processors. */
  async caughtUp(): Promise<boolean> {
    for (const one of this.#followed) {
      const ranges = await this.options.broker.ranges(one.topic.name);
      if (one.offset < ranges.find((range) => range.partition === one.partition)!.end) return false;
    }
    return true;
  }

  async #begin(): Promise<Map<Followed, number>> {
    const ends = new Map<Followed, number>();
    for (const definition of this.options.definitions) {
      for (const topic of definition.sources) {
        for (const { partition, start, end } of await this.options.broker.ranges(topic.name)) {
          ends.set({ topic, definition, partition, offset: start }, end);
        }
      }
    }
    this.#followed = [...ends.keys()];
    return ends;
  }

  async #follow(): Promise<void> {
    const warning = new ThrottledWarning(this.options.logger, this.options.clock);
    while (!this.#stopping) {
      try {
        await this.#poll();
      } catch (error) {
        warning.warn(`following tables failed: ${(error as Error).message}; trying again`);
        await sleep(this.options.clock, RETRY_MS);
      }
    }
  }

  async #poll(): Promise<void> {
    const positions = this.#followed.map(({ topic, partition, offset }) => ({
      topic: topic.name,
      partition,
      offset,
    }));
    for (const batch of await this.options.broker.fetch(positions, FETCH)) await this.#apply(batch);
  }

  async #apply(batch: FetchedBatch): Promise<void> {
    const one = this.#followed.find(
      ({ topic, partition }) => topic.name === batch.topic && partition === batch.partition,
    )!;
    const codec = this.options.codecs.of(one.topic);
    await codec.learn(batch.records.map(({ value }) => value));
    for (const { offset, key, value } of batch.records) {
      try {
        const decoded = value === null ? null : codec.decode(value);
        one.definition.processor.process({
          topic: batch.topic,
          offset,
          key: key?.toString('utf8') ?? '',
          value: decoded,
        });
      } catch (error) {
        if (!(error instanceof UnreadableValue)) throw error;
        this.options.logger.warn(`${batch.topic} offset ${offset}: ${error.message}; passed over`);
      }
    }
    one.offset = batch.nextOffset;
    this.options.onChange();
  }
}
