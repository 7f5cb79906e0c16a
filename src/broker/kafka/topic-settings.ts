/** A topic's specification in Kafka's words. */
import type { TopicSpec } from '../broker';

export interface TopicDefaults {
  /** −1 as the broker is set (default.replication.factor). */
  readonly replicationFactor: number;
  /** As the broker is set where absent. */
  readonly inSyncReplicasMin?: number | undefined;
}

export interface TopicToCreate {
  readonly topic: string;
  readonly numPartitions: number;
  readonly replicationFactor: number;
  readonly configEntries: readonly { readonly name: string; readonly value: string }[];
}

export function toTopicToCreate(spec: TopicSpec, defaults: TopicDefaults): TopicToCreate {
  const settings: Record<string, string> =
    spec.cleanup === 'compact'
      ? { 'cleanup.policy': 'compact' }
      : { 'cleanup.policy': 'delete', 'retention.ms': String(spec.retentionMs ?? -1) };
  if (spec.compactionLagMs !== undefined)
    settings['min.compaction.lag.ms'] = String(spec.compactionLagMs);
  if (defaults.inSyncReplicasMin !== undefined)
    settings['min.insync.replicas'] = String(defaults.inSyncReplicasMin);
  Object.assign(settings, spec.settings);
  return {
    topic: spec.name,
    numPartitions: spec.partitions,
    replicationFactor: defaults.replicationFactor,
    configEntries: Object.entries(settings).map(([name, value]) => ({ name, value })),
  };
}
