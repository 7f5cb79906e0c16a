import { assert } from '../assert';
import type { Codec, SchemaRegistry } from '../schema-registry/schema-registry';
import type { Topic } from './topology';

/** The codec of each topic's values, registered once at start; an incompatible schema stops the start. */
export class TopicCodecs {
  private constructor(private readonly byTopic: ReadonlyMap<string, Codec<unknown>>) {}

  static async register(
    topics: readonly Topic<unknown>[],
    registry: SchemaRegistry,
  ): Promise<TopicCodecs> {
    const byTopic = new Map<string, Codec<unknown>>();
    for (const topic of topics) {
      const subject = `${topic.name}-value`;
      byTopic.set(topic.name, await registry.codec(subject, topic.schema, topic.compatibility));
    }
    return new TopicCodecs(byTopic);
  }

  of<V>(topic: Topic<V>): Codec<V> {
    const codec = this.byTopic.get(topic.name);
    assert(codec !== undefined, `topic ${topic.name} belongs to the topology`);
    return codec as Codec<V>;
  }
}
