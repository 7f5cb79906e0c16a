import { partitionOf } from '../broker/partitioner';
import type { Logger } from '../logger';
import { UnreadableValue } from '../schema-registry/schema-registry';
import type { EngineSettings } from './engine-settings';
import type { RejectedRecord, SlotWork } from './processor-context';
import type { QueuedRecord } from './slot-input';
import type { TopicCodecs } from './topic-codecs';

export type Admission = { readonly value: unknown } | Refusal;

export interface Refusal {
  readonly reason: 'UNREADABLE_BYTES' | 'UNKNOWN_SCHEMA' | 'RECORD_TOO_LARGE' | 'WRONG_PARTITION';
  readonly detail: string;
}

/** Decodes a record, or says why no processor can be given it. A refused record becomes a dead letter. */
export function admit(
  queued: QueuedRecord,
  { codecs, settings }: { readonly codecs: TopicCodecs; readonly settings: EngineSettings },
): Admission {
  const { source, record } = queued;
  if (record.value === null)
    return { reason: 'UNREADABLE_BYTES', detail: 'the record has no value' };
  if (record.value.length > settings.recordBytesMax) {
    const detail = `${record.value.length} bytes, at most ${settings.recordBytesMax} are taken`;
    return { reason: 'RECORD_TOO_LARGE', detail };
  }
  const misplaced = whereItBelongs(queued, settings.slots);
  if (misplaced !== undefined) return misplaced;
  try {
    return { value: codecs.of(source.topic).decode(record.value) };
  } catch (error) {
    if (error instanceof UnreadableValue) return { reason: error.reason, detail: error.message };
    throw error;
  }
}

function whereItBelongs(
  { source, partition, record }: QueuedRecord,
  slots: number,
): Refusal | undefined {
  if (source.topic.partitions === 'single' || record.key === null) return undefined;
  const right = partitionOf(record.key, slots);
  if (right === partition) return undefined;
  const detail = `its key belongs to partition ${right}; produce with the standard (murmur2) partitioner`;
  return { reason: 'WRONG_PARTITION', detail };
}

/**
 * Keeps a refused record as a dead letter. Not a replayed one, which comes again with each take-over: it is told of and
 * passed over.
 */
export function refuse(
  queued: QueuedRecord,
  { reason, detail }: Refusal,
  work: Pick<SlotWork, 'reject'>,
  { slot, logger }: { readonly slot: number; readonly logger: Logger },
): void {
  const { source, record } = queued;
  if (!source.replayed) {
    work.reject(asInput(queued, undefined), reason, detail);
    return;
  }
  const place = `${source.topic.name} offset ${record.offset}`;
  logger.warn(`slot ${slot}: ${place} is passed over: ${reason}, ${detail}`);
}

/** One object literal a record, of one shape: this runs for every one. */
export function asInput(
  { source, partition, record }: QueuedRecord,
  value: unknown,
): RejectedRecord & { readonly value: unknown } {
  return {
    topic: source.topic.name,
    partition,
    offset: record.offset,
    timestampMs: record.timestampMs,
    key: record.key,
    rawValue: record.value,
    value,
    ...(record.headers === undefined ? undefined : { headers: record.headers }),
  };
}
