/**
 * The broker port: what the engine and the commands need of Kafka, and nothing else.
 *
 * Adapters: `KafkaBroker` (kafkajs) and `EmbeddedBroker` (an abstract-level database in this process),
 * held to one suite, test/contract/broker-contract.ts. Everything read through this port is
 * read-committed. Offsets are plain numbers (exact to 2^53).
 */

export interface TopicPartition {
  readonly topic: string;
  readonly partition: number;
}

/** `offset` is the next record wanted: last processed + 1. */
export interface Position extends TopicPartition {
  readonly offset: number;
}

export type RecordHeaders = Readonly<Record<string, Buffer>>;

/** A record as it lies in a partition. A null value is a tombstone. */
export interface StoredRecord {
  readonly offset: number;
  readonly timestampMs: number;
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  readonly headers?: RecordHeaders;
}

/** A record to be written. Without `partition` the standard (Java murmur2) partitioner decides by key. */
export interface OutputRecord {
  readonly topic: string;
  readonly partition?: number;
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  readonly headers?: RecordHeaders;
  /** Milliseconds since 1970; the broker's clock where absent. */
  readonly timestampMs?: number;
}

/** What one fetch brought from one partition. */
export interface FetchedBatch extends TopicPartition {
  /** Committed data records in offset order; may be empty when only markers, aborted or compacted-away records lay there. */
  readonly records: readonly StoredRecord[];
  /** Where to fetch next: behind everything covered, markers and gaps included. Always > the fetched offset. */
  readonly nextOffset: number;
  /** The read-committed end of the partition as of this fetch (for lag). */
  readonly endOffset: number;
}

/** start: oldest offset kept; end: read-committed end (last stable offset). */
export interface PartitionRange {
  readonly partition: number;
  readonly start: number;
  readonly end: number;
}

export interface TopicSpec {
  readonly name: string;
  readonly partitions: number;
  readonly cleanup: 'compact' | 'delete';
  /** Retention for `delete`; undefined keeps for ever. */
  readonly retentionMs?: number;
  /** For `compact`: no record younger than this is compacted away. */
  readonly compactionLagMs?: number;
  /** Further topic settings by Kafka's names, for the Kafka adapter. */
  readonly settings?: Readonly<Record<string, string>>;
}

export interface FetchOptions {
  /** How long to wait where nothing is there yet. 0 answers at once. */
  readonly waitMsMax: number;
  /** Bytes per partition, about; at least one record comes whatever its size. */
  readonly bytesMaxPerPartition: number;
}

/** Plain, durable appends (idempotent, all replicas), for producers at the edge. */
export interface Writer {
  /** Resolves when all are durable, in order per partition. Splits by size itself. */
  send(records: readonly OutputRecord[]): Promise<void>;
  close(): Promise<void>;
}

export interface AtomicStep {
  readonly records: readonly OutputRecord[];
  /** Input positions to commit for the group, together with the records. */
  readonly positions: readonly Position[];
}

/** The one writer of a slot: everything in a step becomes visible together or not at all. */
export interface TransactionalWriter {
  /**
   * Commits one step. Answers, for each partition written to, the offset behind its last record (a store
   * keeps it as its changelog position). Throws BROKER_FENCED when another owner has taken over, BROKER_COMMIT_IN_DOUBT
   * when the outcome is unknown: then this writer is dead, take over again and read the positions.
   */
  commit(step: AtomicStep): Promise<readonly Position[]>;
  close(): Promise<void>;
}

/** One member's view of the group that shares out the slots. */
export interface Membership {
  /** Slots assigned right now; empty between a lost assignment and the next. */
  readonly slots: readonly number[];
  readonly memberId: string;
  /** Everybody in the group as of the last assignment: who holds which slots, with each one's own data. */
  readonly members: readonly GroupMember[];
  /**
   * Tells the group that another member is gone, so that nobody waits until its session is over. A member that
   * lives after all finds out and joins again. Unknown members are no error.
   */
  dismiss(memberId: string): Promise<void>;
  leave(): Promise<void>;
}

export interface GroupMember {
  readonly memberId: string;
  readonly slots: readonly number[];
  /** Slots of others that it follows, ready to take over. */
  readonly standbys: readonly number[];
  /** The member's own bytes, such as the address it answers at. */
  readonly data: Buffer;
}

export interface MembershipOptions {
  readonly groupId: string;
  /** Number of slots to share out among the members, 0 … slots − 1. */
  readonly slots: number;
  /** Sent along with each join; others see it in `members`. */
  readonly data: () => Buffer;
  /** Slots whose state lies on this machine; the assignment prefers to leave them here. */
  readonly preferred: () => readonly number[];
  /** How far the state of preferred slots reaches, where known: the farthest gets the slot, or follows it. */
  readonly reached?: (() => Readonly<Record<number, number>>) | undefined;
  /** How many members follow each slot besides its owner; none where absent. */
  readonly standbys?: number | undefined;
  /** Called after each rebalance, synchronously, before anything else: the slots now ours, and those to follow. */
  readonly onAssigned: (slots: readonly number[], standbys: readonly number[]) => void;
  /** Called when membership is lost or being rebalanced: what is ours is open until onAssigned. */
  readonly onLost: (reason: string) => void;
  readonly sessionTimeoutMs?: number;
  /** Who this process was before it ended without leaving: dismissed first. */
  readonly earlierMemberId?: string | undefined;
  /** Called with every id that the group gives to this member. */
  readonly onMemberId?: ((memberId: string) => void) | undefined;
}

export interface Broker {
  readonly kind: 'embedded' | 'kafka';
  /** Creates what is missing; throws TOPIC_PARTITIONS_DIFFER where one exists with another count. */
  createTopics(topics: readonly TopicSpec[]): Promise<void>;
  /** Throws TOPIC_MISSING. */
  partitionCount(topic: string): Promise<number>;
  /** Start and read-committed end of each partition. Throws TOPIC_MISSING. */
  ranges(topic: string): Promise<readonly PartitionRange[]>;
  /** End of everything appended, steps that are still open included: a read-committed end gets there once all are decided. */
  writtenEnd(partition: TopicPartition): Promise<number>;
  /**
   * Reads from the given positions; answers as soon as any partition has something, or when `waitMsMax` is
   * over (then []). Throws BROKER_OFFSET_OUT_OF_RANGE (never resets silently).
   */
  fetch(positions: readonly Position[], options: FetchOptions): Promise<readonly FetchedBatch[]>;
  /** The group's committed positions of these partitions; those never committed are left out. */
  committed(groupId: string, partitions: readonly TopicPartition[]): Promise<readonly Position[]>;
  writer(): Promise<Writer>;
  /**
   * Becomes the one writer under this id: fences an old owner and waits until its open step is decided.
   * After it resolves, `committed` and `ranges` are final as to the old owner.
   */
  takeOver(transactionalId: string, groupId: string): Promise<TransactionalWriter>;
  join(options: MembershipOptions): Promise<Membership>;
  close(): Promise<void>;
}
