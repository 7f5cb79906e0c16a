/** What an application writes: processors, in the words of Kafka Streams. */
import type { RecordHeaders } from '../broker/broker';
import type { StateStore } from '../store/state-store';
import type { Meter } from '../telemetry/meter';
import type { Sums } from './sums';
import type { StoreDefinition, Topic } from './topology';

/** A decoded record of a source. */
export interface InputRecord<V> {
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
  readonly timestampMs: number;
  readonly key: Buffer | null;
  readonly value: V;
  readonly rawValue: Buffer;
  readonly headers?: RecordHeaders;
}

/**
 * One step of the path, as a value: its file, its node in the printed topology, its metric label and its test all
 * bear `name`.
 */
export interface ProcessorDefinition<In, Out> {
  readonly name: string;
  /** Stores that this processor owns; nobody else writes them. */
  // biome-ignore lint/suspicious/noExplicitAny: stores of any value type
  readonly stores?: readonly StoreDefinition<any>[];
  /** Topics it sends to. */
  // biome-ignore lint/suspicious/noExplicitAny: topics of any value type
  readonly sinks?: readonly Topic<any>[];
  build(context: ProcessorContext<Out>): Processor<In>;
}

export interface Processor<In> {
  /** Synchronous; everything it does belongs to the current step. */
  process(value: In): void;
  /**
   * Work left for the end of a step, in order of the chain, until `budget` is spent. What does not fit is the
   * processor's to remember. Answers whether more is left.
   */
  endStep?(budget: StepBudget): Promise<boolean>;
  /** Once, after the slot's state is restored and before the first record. */
  restored?(): Promise<void>;
}

/** How long the end of this step may take; `spent()` turns true when it is over. */
export interface StepBudget {
  spent(): boolean;
  /** True where the slot is far behind its input: only counting goes on. */
  readonly farBehind: boolean;
  /** True where nothing of the input waits: background work may use the whole budget. */
  readonly idle: boolean;
}

export interface SendOptions {
  /** Where the key's own partition is not the wanted one. */
  readonly partition?: number;
  readonly timestampMs?: number;
}

export interface ProcessorContext<Out> {
  readonly slot: number;
  readonly slots: number;
  readonly meter: Meter;
  /** Exact sums and histograms, committed with each step. */
  readonly sums: Sums;
  forward(value: Out): void;
  store<V>(definition: StoreDefinition<V>): StateStore<V>;
  send<V>(topic: Topic<V>, key: string | null, value: V | null, options?: SendOptions): void;
  /** Keeps the record being processed, as it came, with a reason; counted, and the next one goes on. */
  deadLetter(reason: string, detail: string): void;
  /** Next offset of a source topic: everything before it is processed. */
  position(topic: Topic<unknown>): number;
  /** Largest record timestamp seen by this slot. */
  streamTimeMs(): number;
  /** Milliseconds since 1970, of the passed-in clock. */
  now(): number;
  /** For durations: milliseconds from an arbitrary start. */
  monotonicMs(): number;
  /** Runs at a step boundary when `everyMs` of wall-clock time have passed; it may write and send. */
  everyWallClock(everyMs: number, action: () => void): void;
  /** The same in stream time, which only records move. */
  everyStreamTime(everyMs: number, action: () => void): void;
  /** Runs once this step is committed. */
  afterCommit(action: (committedAtMs: number) => void): void;
}

/** Follows small topics from their beginning, in every process. */
export interface GlobalProcessor {
  readonly name: string;
  /** Never null values for `delete` topics; null is a tombstone. */
  process(record: GlobalRecord): void;
}

export interface GlobalRecord {
  readonly topic: string;
  readonly offset: number;
  readonly key: string;
  readonly value: unknown;
}
