/** The topics of models on an embedded broker in memory, with what reads and writes them. */
import type { Model } from '../../schemas/records';
import { Administration } from '../../src/app/administration';
import { VirtualSystem } from '../../src/app/virtual-system';
import type { OutputRecord } from '../../src/broker/broker';
import type { Topic } from '../../src/engine/topology';
import { readBlocks } from '../../streams/model/load-model';
import { ModelPublisher } from '../../streams/model/publish-model';
import type { RetrainResult } from '../../streams/model/retrain-model';
import { manifest, recordsOf, sampleAls, sampleTracks } from './stream-samples';

export class ModelTopics {
  private constructor(
    readonly system: VirtualSystem,
    readonly administration: Administration,
  ) {}

  static async open(): Promise<ModelTopics> {
    const system = await VirtualSystem.open();
    const administration = await system.run(
      Administration.open({ ...system, registry: system.registry }),
    );
    return new ModelTopics(system, administration);
  }

  get topics() {
    return this.administration.topics;
  }

  get codecs() {
    return this.administration.codecs;
  }

  publisher(): ModelPublisher {
    const { topics, codecs } = this;
    return new ModelPublisher({ broker: this.system.broker, topics, codecs, application: 'test' });
  }

  directory() {
    return this.system.run(this.administration.directory());
  }

  /** Generation → state, in order. */
  async states(): Promise<Record<number, string>> {
    const { manifests } = await this.directory();
    return Object.fromEntries(manifests.map(({ generation, state }) => [generation, state]));
  }

  /** How many blocks of a generation there are. */
  async blocks(generation: number): Promise<number> {
    return this.blocksOf((await this.directory()).manifest(generation)!.attempt);
  }

  async blocksOf(attempt: string): Promise<number> {
    const codec = () => this.codecs.of(this.topics.itemFactors);
    const { broker } = this.system;
    return (await this.system.run(readBlocks({ broker, topics: this.topics, codec }, { attempt })))
      .size;
  }

  output<V>(topic: Topic<V>, key: string, value: V | null): OutputRecord {
    return {
      topic: topic.name,
      key: Buffer.from(key),
      value: value === null ? null : this.codecs.of(topic).encode(value),
    };
  }
}

/** What a training came to, not published yet. */
export function trained(
  generation: number,
  requestOffset: number,
  { items = 600, changes = {} }: { items?: number; changes?: Partial<Model> } = {},
): RetrainResult {
  const als = sampleAls(generation, items);
  const tracks = sampleTracks(items);
  const { manifest: complete } = recordsOf(generation, als, tracks);
  const own = {
    state: 'CANDIDATE',
    attempt: `attempt ${generation} for ${requestOffset}`,
    request_offset: requestOffset,
    blocks: 0,
    checksum: 0,
    ...changes,
  } as const;
  return { manifest: { ...complete, ...own }, als, tracks };
}

export function refused(generation: number, requestOffset: number): RetrainResult {
  return {
    manifest: manifest(generation, {
      state: 'REJECTED',
      request_offset: requestOffset,
      blocks: 0,
    }),
    als: undefined,
    tracks: [],
  };
}
