/**
 * What the commands do beside running: look at the tables, ask for a retrain, roll back. Everything goes through the
 * broker port, so it is the same on Kafka, on an embedded directory, and through a process that has it open.
 */
import { randomUUID } from 'node:crypto';
import type { Model, Recommendations } from '../../schemas/records';
import { SERVING } from '../../streams/by-user/hand-over';
import { profileOf } from '../../streams/by-user/profiles';
import { historyPrefix } from '../../streams/by-user/stores';
import { type ExplainedTrack, explainList } from '../../streams/explanation';
import { ModelDirectory, readBlocks } from '../../streams/model/load-model';
import { fromBlocks } from '../../streams/model/model-codec';
import { NewTracks, type TakenAddition } from '../../streams/model/new-tracks';
import { ModelPublisher } from '../../streams/model/publish-model';
import { ServingModel } from '../../streams/model/serving-model';
import { takeSnapshot } from '../../streams/model/snapshot';
import { type Statistics, statistics } from '../../streams/statistics';
import { lastValues, readTable, type TableReader, tableEnds } from '../../streams/tables';
import { type SegueTopics, segueTopics } from '../../streams/topics';
import type { Broker } from '../broker/broker';
import { partitionOf } from '../broker/partitioner';
import { type Clock, sleep } from '../clock';
import type { Settings } from '../config';
import { topicSpec } from '../engine/stream-runner';
import { TopicCodecs } from '../engine/topic-codecs';
import type { Topic } from '../engine/topology';
import type { SchemaRegistry } from '../schema-registry/schema-registry';
import { streamSettings } from './program-settings';

export interface AdministrationOptions {
  readonly broker: Broker;
  readonly registry: SchemaRegistry;
  readonly settings: Settings;
  readonly clock: Clock;
}

export class Administration implements TableReader {
  private constructor(
    private readonly options: AdministrationOptions,
    readonly topics: SegueTopics,
    readonly codecs: TopicCodecs,
  ) {}

  /** Makes missing topics, so that listens may be sent before anything runs. */
  static async open(options: AdministrationOptions): Promise<Administration> {
    const topics = segueTopics(options.settings.topicPrefix);
    const all = Object.values(topics) as Topic<unknown>[];
    await options.broker.createTopics(
      all.map((topic) => topicSpec(topic, options.settings.partitions)),
    );
    return new Administration(options, topics, await TopicCodecs.register(all, options.registry));
  }

  get broker(): Broker {
    return this.options.broker;
  }

  async directory(): Promise<ModelDirectory> {
    const directory = new ModelDirectory();
    for (const [key, manifest] of await lastValues(this, this.topics.models))
      directory.apply(key, manifest);
    return directory;
  }

  /** Generation → slots whose lists it makes, as of their last steps. */
  async servingSlots(): Promise<Map<number, number[]>> {
    const slots = new Map<number, number[]>();
    for (const { slot, sums } of (await lastValues(this, this.topics.progress)).values()) {
      const generation = sums[SERVING] ?? 0;
      slots.set(
        generation,
        [...(slots.get(generation) ?? []), slot].sort((a, b) => a - b),
      );
    }
    return slots;
  }

  async statistics(): Promise<Statistics> {
    const progress = await lastValues(this, this.topics.progress);
    const { threshold, tracksMin } = streamSettings(this.options.settings);
    const { usersIn } = await takeSnapshot({
      ...this.options,
      codecs: this.codecs,
      topics: this.topics,
      threshold,
      tracksMin,
    });
    const { promoted } = await this.directory();
    return statistics({ progress: [...progress.values()], rule: threshold, usersIn, promoted });
  }

  /** The user's list as last published; undefined: none. */
  async recommendations(user: string): Promise<Recommendations | undefined> {
    const found = await lastValues(this, this.topics.recommendations, {
      partition: this.#partitionOf(user),
      key: (key) => key === user,
    });
    return found.get(user);
  }

  /** Only for a personal list; listens that came after it was made may show a small difference. */
  async explain(user: string, list: Recommendations): Promise<ExplainedTrack[]> {
    if (list.kind !== 'PERSONAL' || list.generation === null) return [];
    const model = await this.model(list.generation, list.additions);
    const prefix = historyPrefix(user);
    const histories = await lastValues(this, this.topics.histories, {
      partition: this.#partitionOf(user),
      key: (key) => key.startsWith(prefix),
    });
    return explainList(list, profileOf(histories), model);
  }

  /**
   * With its additions before the given offset of their topic. Throws MODEL_UNUSABLE where its factors are not kept any
   * more.
   */
  async model(
    generation: number,
    additions: number = Number.POSITIVE_INFINITY,
  ): Promise<ServingModel> {
    const manifest = (await this.directory()).manifests.find(
      (one) => one.generation === generation,
    )!;
    const codec = () => this.codecs.of(this.topics.itemFactors);
    const blocks = await readBlocks({ broker: this.broker, topics: this.topics, codec }, manifest);
    const { als, tracks } = fromBlocks(manifest, blocks);
    const model = await ServingModel.build(generation, als, tracks);
    for (const addition of await this.#additionsOf(generation))
      if (addition.offset < additions) model.take(addition);
    return model;
  }

  async #additionsOf(generation: number): Promise<Iterable<TakenAddition>> {
    const { itemAdditions } = this.topics;
    const newTracks = new NewTracks();
    const ends = await tableEnds(this, itemAdditions.name);
    await readTable(this, itemAdditions, ends, (key, addition, offset) =>
      newTracks.applyAddition(key, addition, offset),
    );
    return newTracks.additionsOf(generation);
  }

  /** Waits until every listen that is there now has been counted, or until `signal`. */
  async untilCounted(signal: AbortSignal): Promise<void> {
    const ends = await tableEnds(this, this.topics.listens.name);
    while (!signal.aborted) {
      const progress = await lastValues(this, this.topics.progress);
      const positions = [...progress.values()].flatMap((slot) => slot.positions);
      const isCounted = ends.every(({ topic, partition, offset }) =>
        positions.some(
          (one) => one.topic === topic && one.partition === partition && one.offset >= offset,
        ),
      );
      if (isCounted) return;
      await sleep(this.options.clock, 1000);
    }
  }

  /** Writes a request; answers its offset. */
  async requestRetrain(settings: Record<string, string> = {}): Promise<number> {
    const topic = this.topics.retrainRequests;
    const id = randomUUID();
    const value = this.codecs.of(topic).encode({
      reason: 'person',
      detail: '',
      requested_at: this.options.clock.now(),
      // Empty: whichever the process that answers is set to.
      trainer: settings['trainer'] ?? '',
      settings: { ...settings, id },
      positions: [],
    });
    const [before] = await this.broker.ranges(topic.name);
    const writer = await this.broker.writer();
    await writer.send([{ topic: topic.name, partition: 0, key: null, value }]);
    await writer.close();
    for (let offset = before!.end; ; ) {
      const batches = await this.broker.fetch([{ topic: topic.name, partition: 0, offset }], {
        waitMsMax: 1000,
        bytesMaxPerPartition: 100_000,
      });
      for (const { records, nextOffset } of batches) {
        const own = records.find((record) => record.value?.equals(value));
        if (own !== undefined) return own.offset;
        offset = nextOffset;
      }
    }
  }

  /** Waits for the manifest that answers the request; undefined when `waitMsMax` is over. */
  async answerTo(requestOffset: number, waitMsMax: number): Promise<Model | undefined> {
    const endMs = this.options.clock.monotonicMs() + waitMsMax;
    for (;;) {
      const answer = (await this.directory()).manifests.find(
        ({ request_offset, state }) => request_offset >= requestOffset && state !== 'CANDIDATE',
      );
      if (answer !== undefined || this.options.clock.monotonicMs() >= endMs) return answer;
      await sleep(this.options.clock, 300);
    }
  }

  rollBack(generation?: number): Promise<Model> {
    return this.#publisher().rollBack(generation);
  }

  promoteChallenger(): Promise<Model> {
    return this.#publisher().promoteChallenger();
  }

  #publisher(): ModelPublisher {
    const { broker, settings } = this.options;
    return new ModelPublisher({
      broker,
      topics: this.topics,
      codecs: this.codecs,
      application: settings.application,
    });
  }

  #partitionOf(user: string): number {
    return partitionOf(Buffer.from(user, 'utf8'), this.options.settings.partitions);
  }
}
