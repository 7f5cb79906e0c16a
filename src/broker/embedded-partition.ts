/** What is known in memory of one partition: its ends, and who waits for something new in it. */
import type { TopicSpec } from './broker';
import type { PartitionId } from './embedded-keys';

/** A topic as it lies in the database. */
export interface StoredTopic extends TopicSpec {
  readonly topicId: number;
}

export class EmbeddedPartition implements PartitionId {
  readonly topicId: number;
  readonly topic: string;
  /** Oldest offset kept. */
  start = 0;
  /** Behind the last durable record and marker: what readers see. */
  end = 0;
  /** Behind the last offset given away, durable or not. */
  nextOffset = 0;
  /** Last offset of the newest batch, which upkeep never touches; −1 before there is one. */
  newestBatchAt = -1;
  /** Bytes of records ever appended; with `cleanedBytes`, how dirty the partition is. */
  appendedBytes = 0;
  /** Every key occurs once below this offset. */
  cleanedTo = 0;
  /** `appendedBytes` at `cleanedTo`, and what was left of them. */
  appendedBytesCleaned = 0;
  cleanBytes = 0;
  /** Never going back, whatever the clock does, so that batches lie in order of time. */
  lastAppendedAtMs = 0;
  private readonly wakes = new Set<() => void>();

  constructor(
    spec: StoredTopic,
    readonly partition: number,
  ) {
    this.topicId = spec.topicId;
    this.topic = spec.name;
  }

  onAppend(wake: () => void): void {
    this.wakes.add(wake);
  }

  offAppend(wake: () => void): void {
    this.wakes.delete(wake);
  }

  moveEnd(end: number): void {
    if (end <= this.end) return;
    this.end = end;
    for (const wake of [...this.wakes]) wake();
  }

  /** Ends every wait, as when the broker closes. */
  wakeAll(): void {
    for (const wake of [...this.wakes]) wake();
  }
}

export interface EmbeddedTopic {
  readonly spec: StoredTopic;
  readonly partitions: readonly EmbeddedPartition[];
  /** Takes turns for records without a key. */
  nextUnkeyed: number;
}

/** A topic setting by Kafka's name, as a number. */
export function numericSetting(spec: TopicSpec, name: string, otherwise: number): number {
  const text = spec.settings?.[name];
  const value = text === undefined ? Number.NaN : Number(text);
  return Number.isFinite(value) ? value : otherwise;
}
