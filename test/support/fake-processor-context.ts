/**
 * A processor's surroundings in plain maps: what it forwards, sends and rejects is kept for the test to look at, and
 * time stands still until the test moves it.
 */
import type {
  Processor,
  ProcessorContext,
  ProcessorDefinition,
  SendOptions,
  StepBudget,
} from '../../src/engine/processor';
import { Sums } from '../../src/engine/sums';
import type { StoreDefinition, Topic } from '../../src/engine/topology';
import type { StateStore } from '../../src/store/state-store';
import { type Meter, noMeter } from '../../src/telemetry/meter';

export class MapStore<V> implements StateStore<V> {
  readonly values = new Map<string, V>();
  /** Scans so far, to see what a cache saves. */
  scans = 0;

  get(key: string): V | undefined {
    return this.values.get(key);
  }

  put(key: string, value: V): void {
    this.values.set(key, value);
  }

  delete(key: string): void {
    this.values.delete(key);
  }

  async visit(prefix: string, visitor: (key: string, value: V) => void): Promise<void> {
    for (const [key, value] of this.values) if (key.startsWith(prefix)) visitor(key, value);
  }

  async scan(prefix: string): Promise<Map<string, V>> {
    this.scans += 1;
    const found = new Map<string, V>();
    await this.visit(prefix, (key, value) => found.set(key, value));
    return found;
  }

  async entriesAfter(after: string, limit: number): Promise<Map<string, V>> {
    const keys = await this.keysAfter(after, limit);
    return new Map(keys.map((key) => [key, this.values.get(key)!]));
  }

  async keysAfter(after: string, limit: number): Promise<string[]> {
    return [...this.values.keys()]
      .filter((key) => key > after)
      .sort()
      .slice(0, limit);
  }
}

export interface SentRecord {
  readonly topic: string;
  readonly key: string | null;
  readonly value: unknown;
  readonly options: SendOptions;
}

export class FakeProcessorContext<Out> implements ProcessorContext<Out> {
  readonly slot = 0;
  readonly slots = 1;
  readonly sums = new Sums();
  readonly forwarded: Out[] = [];
  readonly sent: SentRecord[] = [];
  readonly rejected: { readonly reason: string; readonly detail: string }[] = [];
  readonly stores = new Map<string, MapStore<unknown>>();
  nowMs = 1_600_000_000_000;
  streamMs = 0;
  /** Next offset of every source. */
  offset = 0;
  readonly #timers: { readonly everyMs: number; readonly action: () => void; dueMs: number }[] = [];
  #afterCommit: ((committedAtMs: number) => void)[] = [];

  constructor(readonly meter: Meter = noMeter) {}

  forward = (value: Out): void => {
    this.forwarded.push(value);
  };

  store<V>(definition: StoreDefinition<V>): MapStore<V> {
    const known = this.stores.get(definition.name) as MapStore<V> | undefined;
    const store = known ?? new MapStore<V>();
    this.stores.set(definition.name, store as MapStore<unknown>);
    return store;
  }

  send<V>(topic: Topic<V>, key: string | null, value: V | null, options: SendOptions = {}): void {
    this.sent.push({ topic: topic.name, key, value, options });
  }

  deadLetter(reason: string, detail: string): void {
    this.rejected.push({ reason, detail });
  }

  position(): number {
    return this.offset;
  }

  streamTimeMs(): number {
    return this.streamMs;
  }

  // Not methods: processors may take single functions out of their context.
  now = (): number => this.nowMs;
  monotonicMs = (): number => this.nowMs;

  everyWallClock(everyMs: number, action: () => void): void {
    this.#timers.push({ everyMs, action, dueMs: this.nowMs + everyMs });
  }

  everyStreamTime(): void {
    throw new Error('expected no timer in stream time; the fake knows none');
  }

  afterCommit = (action: (committedAtMs: number) => void): void => {
    this.#afterCommit.push(action);
  };

  /** Moves time on, then runs each timer that is due once, as a step boundary does. */
  advance(ms: number): void {
    this.nowMs += ms;
    for (const timer of this.#timers) {
      if (timer.dueMs > this.nowMs) continue;
      timer.dueMs = this.nowMs + timer.everyMs;
      timer.action();
    }
  }

  commit(): void {
    const actions = this.#afterCommit;
    this.#afterCommit = [];
    for (const action of actions) action(this.nowMs);
  }

  /** What was forwarded since the last time, oldest first. */
  takeForwarded(): Out[] {
    return this.forwarded.splice(0);
  }

  takeSent(): SentRecord[] {
    return this.sent.splice(0);
  }
}

/** A processor in surroundings of its own. */
export function inContext<In, Out>(
  definition: ProcessorDefinition<In, Out>,
  context = new FakeProcessorContext<Out>(),
): { readonly context: FakeProcessorContext<Out>; readonly processor: Processor<In> } {
  return { context, processor: definition.build(context) };
}

/** A step's end with nothing waiting and all the time in the world; override what a test is about. */
export function budget(given: Partial<StepBudget> = {}): StepBudget {
  return { spent: () => false, farBehind: false, idle: true, ...given };
}

/** A budget that is spent after so many looks at it. */
export function budgetOf(looks: number): StepBudget {
  let left = looks;
  return budget({ spent: () => left-- <= 0 });
}
