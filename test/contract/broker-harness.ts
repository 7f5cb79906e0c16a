/** What an adapter's test gives the broker contract to work with, and the reading helpers of its cases. */

import type {
  AtomicStep,
  Broker,
  OutputRecord,
  Position,
  StoredRecord,
  TopicSpec,
} from '../../src/broker/broker';
import type { ErrorCode } from '../../src/errors';

/** A step that is begun and not decided, such as that of a process that died in the middle. */
export interface OpenStep {
  /** Adds records; where the adapter has a log before the commit, they lie in it from here on. */
  append(records: readonly OutputRecord[]): Promise<void>;
  commit(): Promise<void>;
  abort(): Promise<void>;
}

/** One running service; the cases of a suite share it and use topics of their own. */
export interface BrokerHarness {
  /** The broker under test; another object after `restart`. */
  readonly broker: Broker;
  /** A further connection, as another process would have it. The harness closes it in `stop`. */
  connect(): Promise<Broker>;
  /** Ends the service and every connection, and starts it again on the same data. */
  restart(): Promise<void>;
  /** The port commits a step in one call; this takes it apart. */
  openStep(transactionalId: string, groupId: string): Promise<OpenStep>;
  /** Lets the start of a partition move up to `offset`, as retention would. */
  dropRecordsBefore(position: Position): Promise<void>;
  /** Settings that let a compacted topic be cleaned, tombstones too, within seconds. */
  readonly cleaningTopic: Pick<TopicSpec, 'compactionLagMs' | 'settings'>;
  /** Cleans, or gives cleaning time; called until the topic is clean. */
  clean(topic: string): Promise<void>;
  stop(): Promise<void>;
}

export interface ContractTraits {
  /** Set where a connection cannot be a member of a group: the code that `join` refuses with. */
  readonly joinRefusedWith?: ErrorCode;
  /** The adapter's largest record in bytes under default settings. */
  readonly recordBytesMax: number;
}

export interface ContractContext {
  readonly harness: () => BrokerHarness;
  readonly broker: () => Broker;
  readonly traits: ContractTraits;
  /** Creates a topic with a name of its own. */
  readonly topic: (spec?: Partial<TopicSpec>) => Promise<string>;
  /** A name that no other case of any run uses. */
  readonly unique: (word: string) => string;
}

const DEADLINE_MS = 30_000;

export const bytes = (text: string): Buffer => Buffer.from(text);

export const record = (
  topic: string,
  key: string | null,
  value: string | null,
  partition = 0,
): OutputRecord => ({
  topic,
  partition,
  key: key === null ? null : bytes(key),
  value: value === null ? null : bytes(value),
});

export const step = (
  records: readonly OutputRecord[],
  positions: readonly Position[] = [],
): AtomicStep => ({ records, positions });

export const valuesOf = (records: readonly StoredRecord[]): readonly (string | null)[] =>
  records.map(({ value }) => (value === null ? null : value.toString()));

/** Reads [from, end) where `end` is the partition's end when called; the partition's start by default. */
export async function readToEnd(
  broker: Broker,
  topic: string,
  partition = 0,
  from?: number,
): Promise<readonly StoredRecord[]> {
  const range = (await broker.ranges(topic))[partition]!;
  const records: StoredRecord[] = [];
  let offset = from ?? range.start;
  while (offset < range.end) {
    const batches = await broker.fetch([{ topic, partition, offset }], {
      waitMsMax: 1000,
      bytesMaxPerPartition: 1 << 20,
    });
    for (const batch of batches) {
      expect(batch.nextOffset).toBeGreaterThan(offset);
      expect(batch.endOffset).toBeGreaterThanOrEqual(batch.nextOffset);
      for (const stored of batch.records) {
        expect(stored.offset).toBeGreaterThanOrEqual(offset);
        expect(stored.offset).toBeLessThan(batch.nextOffset);
        offset = stored.offset + 1;
      }
      offset = batch.nextOffset;
      records.push(...batch.records);
    }
  }
  return records.filter((stored) => stored.offset < range.end);
}

/** Reads from `position` until `count` records came; a commit may be acknowledged before all see it. */
export async function readCount(
  broker: Broker,
  position: Position,
  count: number,
): Promise<readonly StoredRecord[]> {
  const records: StoredRecord[] = [];
  const deadline = Date.now() + DEADLINE_MS;
  let offset = position.offset;
  while (records.length < count && Date.now() < deadline) {
    const batches = await broker.fetch([{ ...position, offset }], {
      waitMsMax: 500,
      bytesMaxPerPartition: 1 << 20,
    });
    for (const batch of batches) {
      expect(batch.nextOffset).toBeGreaterThan(offset);
      offset = batch.nextOffset;
      records.push(...batch.records);
    }
  }
  return records;
}

/** Asks again until the answer equals `wanted`; the last answer is compared, so a failure shows it. */
export async function eventually<T>(
  ask: () => T | Promise<T>,
  wanted: NoInfer<T>,
  betweenAsks: () => Promise<unknown> = () => new Promise((resolve) => setTimeout(resolve, 10)),
): Promise<void> {
  const deadline = Date.now() + DEADLINE_MS;
  for (;;) {
    const answer = await ask();
    const isLast = Date.now() >= deadline;
    if (isLast || JSON.stringify(answer) === JSON.stringify(wanted)) {
      expect(answer).toEqual(wanted);
      return;
    }
    await betweenAsks();
  }
}
