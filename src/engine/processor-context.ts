/** What a processor sees of its slot. One context a processor, because only `forward` differs. */
import { partitionOf } from '../broker/partitioner';
import type { Clock } from '../clock';
import type { Meter } from '../telemetry/meter';
import type { InputRecord, ProcessorContext, SendOptions } from './processor';
import type { SlotState } from './slot-state';
import { Step } from './step';
import { Sums } from './sums';
import type { TopicCodecs } from './topic-codecs';
import type { DeadLetterValue, StoreDefinition, Topic } from './topology';

/** Kept of a record's value in a dead letter; more would not fit into a record itself. */
const DEAD_LETTER_VALUE_BYTES_MAX = 512 * 1024;

export interface SlotFrame {
  readonly slot: number;
  readonly slots: number;
  readonly clock: Clock;
  readonly meter: Meter;
  readonly codecs: TopicCodecs;
  readonly state: SlotState;
  readonly deadLetters: Topic<DeadLetterValue>;
  readonly positionOf: (topic: string) => number;
}

/** A record as it came, for a dead letter. */
export type RejectedRecord = Omit<InputRecord<unknown>, 'value' | 'rawValue'> & {
  readonly rawValue: Buffer | null;
};

/** `dueMs`: by the monotonic clock, or in stream time. */
interface EngineTimer {
  readonly everyMs: number;
  readonly action: () => void;
  dueMs: number;
}

/** The mutable middle of a slot: the step being filled, the sums, the clocks. Shared by all its processors. */
export class SlotWork {
  step: Step;
  sums = new Sums();
  streamTimeMs = 0;
  current: RejectedRecord | undefined;
  readonly #wallClockTimers: EngineTimer[] = [];
  readonly #streamTimers: EngineTimer[] = [];

  constructor(readonly frame: SlotFrame) {
    this.step = new Step(frame.clock.monotonicMs());
  }

  send<V>(topic: Topic<V>, key: string | null, value: V | null, options: SendOptions = {}): void {
    const keyBytes = key === null ? null : Buffer.from(key, 'utf8');
    this.step.send({
      topic: topic.name,
      partition: options.partition ?? this.#partition(topic, keyBytes),
      key: keyBytes,
      value: value === null ? null : this.frame.codecs.of(topic).encode(value),
      ...(options.timestampMs === undefined ? {} : { timestampMs: options.timestampMs }),
    });
  }

  reject(record: RejectedRecord, reason: string, detail: string): void {
    const { deadLetters, codecs, slot } = this.frame;
    const cut = (record.rawValue?.length ?? 0) > DEAD_LETTER_VALUE_BYTES_MAX;
    const value: DeadLetterValue = {
      reason,
      detail: cut ? `${detail} (value cut to ${DEAD_LETTER_VALUE_BYTES_MAX} bytes)` : detail,
      topic: record.topic,
      partition: record.partition,
      offset: record.offset,
      timestamp: record.timestampMs,
      key: record.key,
      value: cut ? record.rawValue!.subarray(0, DEAD_LETTER_VALUE_BYTES_MAX) : record.rawValue,
      headers: { ...record.headers },
    };
    this.step.send({
      topic: deadLetters.name,
      partition: slot,
      key: record.key,
      value: codecs.of(deadLetters).encode(value),
    });
    this.sums.add(`deadLetters.${reason}`);
    this.frame.meter.count('segue_dead_letters_total', { topic: record.topic, reason });
  }

  everyWallClock(everyMs: number, action: () => void): void {
    this.#wallClockTimers.push({
      everyMs,
      action,
      dueMs: this.frame.clock.monotonicMs() + everyMs,
    });
  }

  everyStreamTime(everyMs: number, action: () => void): void {
    this.#streamTimers.push({ everyMs, action, dueMs: this.streamTimeMs + everyMs });
  }

  /** Runs what is due; answers whether anything ran. */
  runTimers(): boolean {
    const wall = fire(this.#wallClockTimers, this.frame.clock.monotonicMs());
    const stream = fire(this.#streamTimers, this.streamTimeMs);
    return wall || stream;
  }

  /** Milliseconds until the next wall-clock timer; Infinity without any. */
  nextTimerInMs(): number {
    const due = this.#wallClockTimers.map((timer) => timer.dueMs);
    return Math.max(0, Math.min(...due, Number.POSITIVE_INFINITY) - this.frame.clock.monotonicMs());
  }

  #partition(topic: Topic<unknown>, key: Buffer | null): number {
    if (topic.partitions === 'single') return 0;
    return key === null ? this.frame.slot : partitionOf(key, this.frame.slots);
  }
}

function fire(timers: readonly EngineTimer[], now: number): boolean {
  const due = timers.filter((timer) => timer.dueMs <= now);
  for (const timer of due) {
    timer.dueMs = now + timer.everyMs;
    timer.action();
  }
  return due.length > 0;
}

export function processorContext<Out>(
  work: SlotWork,
  forward: (value: Out) => void,
): ProcessorContext<Out> {
  const { frame } = work;
  return {
    slot: frame.slot,
    slots: frame.slots,
    meter: frame.meter,
    get sums() {
      return work.sums;
    },
    forward,
    store: <V>(definition: StoreDefinition<V>) => frame.state.store(definition),
    send: (topic, key, value, options) => work.send(topic, key, value, options),
    deadLetter: (reason, detail) => work.reject(work.current!, reason, detail),
    position: (topic) => frame.positionOf(topic.name),
    streamTimeMs: () => work.streamTimeMs,
    now: () => frame.clock.now(),
    monotonicMs: () => frame.clock.monotonicMs(),
    everyWallClock: (everyMs, action) => work.everyWallClock(everyMs, action),
    everyStreamTime: (everyMs, action) => work.everyStreamTime(everyMs, action),
    afterCommit: (action) => work.step.afterCommit.push(action),
  };
}
