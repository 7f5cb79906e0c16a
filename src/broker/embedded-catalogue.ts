/** The topics and committed positions of the embedded broker: in memory whole, in the database too. */
import { SegueError } from '../errors';
import type { Level } from '../store/level';
import type { Position, TopicPartition, TopicSpec } from './broker';
import { RAW } from './embedded-commits';
import {
  KIND_END,
  KIND_POSITION,
  KIND_START,
  KIND_TOPIC,
  partitionIdOf,
  positionOf,
  readOffset,
  topicKey,
} from './embedded-keys';
import { EmbeddedPartition, type EmbeddedTopic, type StoredTopic } from './embedded-partition';

export class EmbeddedCatalogue {
  private readonly topics = new Map<string, EmbeddedTopic>();
  private readonly positions = new Map<string, number>();
  private nextTopicId = 1;
  /** Creations run one after the other, so that two callers never make the same topic twice. */
  private creating: Promise<void> = Promise.resolve();

  private constructor(private readonly database: Level) {}

  static async load(database: Level): Promise<EmbeddedCatalogue> {
    const catalogue = new EmbeddedCatalogue(database);
    await catalogue.loadTopics();
    await catalogue.loadPartitions();
    await catalogue.loadPositions();
    return catalogue;
  }

  all(): readonly EmbeddedTopic[] {
    return [...this.topics.values()];
  }

  /** Throws TOPIC_MISSING. */
  topic(name: string): EmbeddedTopic {
    const topic = this.topics.get(name);
    if (topic === undefined)
      throw new SegueError(
        'TOPIC_MISSING',
        `expected topic ${name} to exist; start \`segue run\` once on this directory`,
      );
    return topic;
  }

  /** Throws TOPIC_MISSING, also for a partition that the topic does not have. */
  partition({ topic, partition }: TopicPartition): EmbeddedPartition {
    const { partitions } = this.topic(topic);
    const found = partitions[partition];
    if (found === undefined)
      throw new SegueError(
        'TOPIC_MISSING',
        `expected partition ${partition} of topic ${topic}, which has ${partitions.length}; check the number of slots`,
      );
    return found;
  }

  create(specs: readonly TopicSpec[]): Promise<void> {
    const created = this.creating.then(async () => {
      for (const spec of specs) await this.createOne(spec);
    });
    this.creating = created.catch(() => undefined);
    return created;
  }

  position(groupId: string, { topic, partition }: TopicPartition): Position | undefined {
    const offset = this.positions.get(positionName(groupId, topic, partition));
    return offset === undefined ? undefined : { topic, partition, offset };
  }

  setPosition(groupId: string, { topic, partition, offset }: Position): void {
    this.positions.set(positionName(groupId, topic, partition), offset);
  }

  private async createOne(spec: TopicSpec): Promise<void> {
    const known = this.topics.get(spec.name)?.spec;
    if (known === undefined) {
      const stored: StoredTopic = { ...spec, topicId: this.nextTopicId++ };
      await this.database.put(topicKey(spec.name), Buffer.from(JSON.stringify(stored)), RAW);
      this.add(stored);
    } else if (known.partitions !== spec.partitions) {
      throw new SegueError(
        'TOPIC_PARTITIONS_DIFFER',
        `expected topic ${spec.name} to have ${spec.partitions} partitions, but it has ${known.partitions}; keep that number, or use another directory`,
      );
    }
  }

  private add(spec: StoredTopic): void {
    const partitions = Array.from(
      { length: spec.partitions },
      (_, partition) => new EmbeddedPartition(spec, partition),
    );
    this.topics.set(spec.name, { spec, partitions, nextUnkeyed: 0 });
  }

  private entries(kind: number): AsyncIterable<[Buffer, Buffer]> {
    return this.database.iterator({
      ...RAW,
      gte: Buffer.from([kind]),
      lt: Buffer.from([kind + 1]),
    }) as unknown as AsyncIterable<[Buffer, Buffer]>;
  }

  private async loadTopics(): Promise<void> {
    for await (const [, value] of this.entries(KIND_TOPIC)) {
      const spec = JSON.parse(value.toString()) as StoredTopic;
      this.add(spec);
      this.nextTopicId = Math.max(this.nextTopicId, spec.topicId + 1);
    }
  }

  private async loadPartitions(): Promise<void> {
    const byId = new Map(this.all().map((topic) => [topic.spec.topicId, topic.partitions]));
    const find = (key: Buffer): EmbeddedPartition | undefined => {
      const { topicId, partition } = partitionIdOf(key);
      return byId.get(topicId)?.[partition];
    };
    for await (const [key, value] of this.entries(KIND_END)) {
      const partition = find(key);
      if (partition === undefined) continue;
      partition.end = partition.nextOffset = readOffset(value, 0);
      partition.appendedBytes = readOffset(value, 8);
      partition.newestBatchAt = readOffset(value, 16) - 1;
    }
    for await (const [key, value] of this.entries(KIND_START)) {
      const partition = find(key);
      if (partition === undefined) continue;
      partition.start = readOffset(value, 0);
      partition.cleanedTo = readOffset(value, 8);
      partition.appendedBytesCleaned = readOffset(value, 16);
      partition.cleanBytes = readOffset(value, 24);
    }
  }

  private async loadPositions(): Promise<void> {
    for await (const [key, value] of this.entries(KIND_POSITION)) {
      const { groupId, topic, partition } = positionOf(key);
      this.setPosition(groupId, { topic, partition, offset: readOffset(value, 0) });
    }
  }
}

const positionName = (groupId: string, topic: string, partition: number): string =>
  `${groupId}\0${topic}\0${partition}`;
