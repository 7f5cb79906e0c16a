/**
 * Constant load with everything that a bad network and careless senders do: listens twice, late, deleted (some before
 * they come), and poison. Each record carries the truth about itself in a header, so that what must be left in the end
 * can be read from the topic alone, whatever a failed send left behind.
 */
import { setTimeout as pause } from 'node:timers/promises';
import type { Broker, OutputRecord, Writer } from '../../src/broker/broker';
import type { TopicCodecs } from '../../src/engine/topic-codecs';
import { FaultyListeners, type FaultyRecord } from '../../streams/simulator/faulty-listeners';
import { toListenValue } from '../../streams/simulator/listen-value';
import { POISON_REASONS } from '../../streams/simulator/poison';
import { SimulatedListeners } from '../../streams/simulator/simulated-listeners';
import type { SegueTopics } from '../../streams/topics';

export const TRUTH_HEADER = 'truth';

/** What a record is, by the word of the one that made it. */
export type Truth =
  | {
      readonly kind: 'listen' | 'deletion';
      readonly user: string;
      readonly track: string;
      readonly seconds: number;
    }
  | { readonly kind: 'poison'; readonly reason: string };

export interface LoadOptions {
  readonly broker: Broker;
  readonly topics: SegueTopics;
  readonly codecs: TopicCodecs;
  readonly seed: number;
  readonly rate: number;
}

/** Few enough that tracks meet and histories grow; a user has at most one listen a second. */
const WORLD = { tracks: 4000, artists: 400, genres: 12 } as const;
const USERS_PER_RATE = 12;
const SHARES = { duplicateShare: 0.08, deletionShare: 0.03, poisonShare: 0.02, lateShare: 0.05 };
const TICK_MS = 20;

export class Load {
  /** Truths of the records whose send was acknowledged. */
  readonly acknowledged: string[] = [];
  #stopping = false;
  #writer: Writer | undefined;
  readonly #listeners: FaultyListeners;
  readonly #running: Promise<void>;

  constructor(private readonly options: LoadOptions) {
    const { seed, rate } = options;
    const source = new SimulatedListeners({
      ...WORLD,
      users: Math.ceil(rate * USERS_PER_RATE),
      seed,
      startSeconds: Math.floor(Date.now() / 1000),
      listensPerSecond: rate,
    });
    this.#listeners = new FaultyListeners(source, { seed, ...SHARES, lateSecondsMax: 60 });
    this.#running = this.#run();
  }

  /** Sends what is still held back, and ends. */
  async stop(): Promise<void> {
    this.#stopping = true;
    await this.#running;
    await this.#send(this.#listeners.drain());
    await this.#writer?.close();
  }

  async #run(): Promise<void> {
    const startedMs = Date.now();
    for (let sent = 0; !this.#stopping; ) {
      // After an outage the load goes on at its rate, and does not make up for it.
      const due = Math.floor(((Date.now() - startedMs) / 1000) * this.options.rate) - sent;
      const length = Math.min(due, this.options.rate);
      sent += due;
      if (length > 0) await this.#send(Array.from({ length }, () => this.#listeners.next()));
      await pause(TICK_MS);
    }
  }

  /** Until it is acknowledged: a failed send may have been written all the same, which then is one more duplicate. */
  async #send(records: readonly FaultyRecord[]): Promise<void> {
    const outputs = records.map((record) => this.#toOutput(record));
    for (;;) {
      try {
        this.#writer ??= await this.options.broker.writer();
        await this.#writer.send(outputs);
        this.acknowledged.push(
          ...outputs.map(({ headers }) => headers![TRUTH_HEADER]!.toString('utf8')),
        );
        return;
      } catch {
        await this.#writer?.close().catch(() => undefined);
        this.#writer = undefined;
        await pause(500);
      }
    }
  }

  #toOutput(record: FaultyRecord): OutputRecord {
    const { topics } = this.options;
    const truth = { [TRUTH_HEADER]: Buffer.from(JSON.stringify(truthOf(record)), 'utf8') };
    const user = record.kind === 'poison' ? record.userId : record.listen.userId;
    return {
      topic: topics.listens.name,
      key: user === null ? null : Buffer.from(user, 'utf8'),
      value: this.#valueOf(record),
      headers: truth,
      timestampMs: Date.now(),
    };
  }

  #valueOf(record: FaultyRecord): Buffer | null {
    const codec = this.options.codecs.of(this.options.topics.listens);
    if (record.kind !== 'poison')
      return codec.encode(
        toListenValue(record.listen, record.kind === 'listen' ? 'LISTEN' : 'DELETION'),
      );
    const { content } = record;
    return 'bytes' in content ? content.bytes : codec.encode(content.value);
  }
}

function truthOf(record: FaultyRecord): Truth {
  if (record.kind === 'poison') return { kind: 'poison', reason: POISON_REASONS[record.poison] };
  const { userId: user, track, listenedAt: seconds } = record.listen;
  return { kind: record.kind, user, track: track.trackId, seconds };
}
