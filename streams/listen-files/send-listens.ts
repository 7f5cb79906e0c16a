/**
 * Sends listens from a source to the topic, keyed by user. Each listen is judged by `clean-listen` before
 * it is sent, so that a person hears at once, with the line, what would become a dead letter later.
 */
import type { Listen } from '../../schemas/records';
import type { OutputRecord, Writer } from '../../src/broker/broker';
import { type Clock, sleep } from '../../src/clock';
import type { Codec } from '../../src/schema-registry/schema-registry';
import { cleanListen } from '../by-user/clean-listen';
import {
  type FileEntry,
  type FileListen,
  type Refusal,
  type RefusalReason,
  refusal,
} from './file-entry';
import type { ListenSource } from './listen-source';
import { type ReadOptions, readListens } from './read-listens';

export interface SendOptions {
  readonly source: ListenSource;
  readonly read?: ReadOptions;
  readonly topic: string;
  readonly writer: Writer;
  readonly codec: Codec<Listen>;
  readonly clock: Clock;
  /** Larger records are refused: no topic would take them. */
  readonly recordBytesMax: number;
  /** So many entries (listens and what is refused) are passed over: where an interrupted run got to. */
  readonly skip?: number | undefined;
  /** At most so many listens are sent. */
  readonly limit?: number | undefined;
  /** Ends the sending as the limit does: what was taken is sent, the summary is given. */
  readonly signal?: AbortSignal | undefined;
  /** At most so many listens a second are sent. */
  readonly ratePerSecond?: number | undefined;
  readonly onProgress?: ((progress: SendProgress) => void) | undefined;
  /** Told of each listen that is sent. */
  readonly onListen?: ((listen: FileListen) => void) | undefined;
}

export interface SendProgress {
  readonly source: string;
  readonly sent: number;
  readonly refused: number;
  readonly bytesRead: number;
  readonly bytesTotal: number | undefined;
  readonly elapsedMs: number;
  /** Listens a second since the beginning. */
  readonly rate: number;
  /** By the bytes or the limit left; undefined where neither is known. */
  readonly remainingMs: number | undefined;
}

export interface RefusalExample {
  /** The file of an archive. */
  readonly member?: string;
  readonly line: number;
  readonly reason: RefusalReason;
  readonly detail: string;
}

export interface SendSummary extends SendProgress {
  readonly refusedByReason: Readonly<Partial<Record<RefusalReason, number>>>;
  /** The first ones. */
  readonly examples: readonly RefusalExample[];
  /** Read, those passed over included: a later run may go on behind them. */
  readonly entries: number;
}

const BATCH_RECORDS_MAX = 5000;
const BATCH_BYTES_MAX = 800_000;
const EXAMPLES_MAX = 10;
const PROGRESS_INTERVAL_MS = 500;

/** Batches a second where a rate is set: so that they come evenly. */
const BATCHES_PER_SECOND = 20;

/** Resolves when all are durable. Throws what the reader and the writer throw. */
export async function sendListens(options: SendOptions): Promise<SendSummary> {
  const sending = new Sending(options);
  const { chunks, randomAccess } = options.source;
  for await (const entries of readListens(chunks, { ...options.read, randomAccess })) {
    for (const entry of entries) {
      if (sending.isEnough()) return await sending.finish();
      if (!sending.passesOver()) await sending.take(entry);
    }
    sending.reportProgress();
  }
  return await sending.finish();
}

class Sending {
  #batch: OutputRecord[] = [];
  #batchBytes = 0;
  /** One batch is on its way while the next one is read: bounded, and in order. */
  #inFlight: Promise<void> = Promise.resolve();
  #entries = 0;
  #sent = 0;
  #refused = 0;
  readonly #byReason: Partial<Record<RefusalReason, number>> = {};
  readonly #examples: RefusalExample[] = [];
  readonly #startedMs: number;
  readonly #batchRecordsMax: number;
  #reportedMs: number;

  constructor(private readonly options: SendOptions) {
    this.#startedMs = options.clock.monotonicMs();
    this.#reportedMs = this.#startedMs;
    const evenly = Math.ceil((options.ratePerSecond ?? Infinity) / BATCHES_PER_SECOND);
    this.#batchRecordsMax = Math.min(BATCH_RECORDS_MAX, evenly);
  }

  isEnough(): boolean {
    if (this.options.signal?.aborted) return true;
    return this.#sent + this.#batch.length >= (this.options.limit ?? Infinity);
  }

  /** Counts the entry; true for one that a run before has seen. */
  passesOver(): boolean {
    this.#entries++;
    return this.#entries <= (this.options.skip ?? 0);
  }

  async take(entry: FileEntry): Promise<void> {
    const record = 'refusal' in entry ? entry.refusal : this.#recordOf(entry);
    if ('reason' in record) {
      this.#refuse(entry, record);
      return;
    }
    if (!('refusal' in entry)) this.options.onListen?.(entry);
    this.#batch.push(record);
    this.#batchBytes += record.value!.length + record.key!.length;
    const isFull =
      this.#batch.length >= this.#batchRecordsMax || this.#batchBytes >= BATCH_BYTES_MAX;
    if (isFull) await this.#sendBatch();
  }

  reportProgress(): void {
    const now = this.options.clock.monotonicMs();
    if (now - this.#reportedMs < PROGRESS_INTERVAL_MS) return;
    this.#reportedMs = now;
    this.options.onProgress?.(this.#progress());
  }

  async finish(): Promise<SendSummary> {
    await this.#sendBatch();
    await this.#inFlight;
    return {
      ...this.#progress(),
      refusedByReason: this.#byReason,
      examples: this.#examples,
      entries: this.#entries,
    };
  }

  #recordOf({ user, listen }: FileListen): OutputRecord | Refusal {
    const key = Buffer.from(user, 'utf8');
    const cleaned = cleanListen({ key, listen, timestampMs: this.options.clock.now() });
    if ('reason' in cleaned) return cleaned;
    const value = this.options.codec.encode(listen);
    const { recordBytesMax, topic } = this.options;
    if (value.length > recordBytesMax) {
      return refusal('RECORD_TOO_LARGE', `${value.length} bytes, at most ${recordBytesMax}`);
    }
    return { topic, key, value };
  }

  #refuse({ line, member }: FileEntry, { reason, detail }: Refusal): void {
    this.#refused++;
    this.#byReason[reason] = (this.#byReason[reason] ?? 0) + 1;
    if (this.#examples.length >= EXAMPLES_MAX) return;
    const place = member === undefined ? { line } : { member, line };
    this.#examples.push({ ...place, reason, detail });
  }

  async #sendBatch(): Promise<void> {
    await this.#inFlight;
    if (this.#batch.length === 0) return;
    const batch = this.#batch;
    this.#batch = [];
    this.#batchBytes = 0;
    await this.#keepRate();
    this.#sent += batch.length;
    this.#inFlight = this.options.writer.send(batch);
    // Told by the next await; until then it must not count as unhandled.
    this.#inFlight.catch(() => undefined);
    this.reportProgress();
  }

  /** Waits until all that has been sent so far was due. */
  async #keepRate(): Promise<void> {
    const { ratePerSecond, clock } = this.options;
    if (ratePerSecond === undefined) return;
    const dueMs = this.#startedMs + (this.#sent / ratePerSecond) * 1000;
    const waitMs = dueMs - clock.monotonicMs();
    if (waitMs > 0) await sleep(clock, waitMs);
  }

  #progress(): SendProgress {
    const { source, clock } = this.options;
    const elapsedMs = clock.monotonicMs() - this.#startedMs;
    const done = this.#doneShare();
    return {
      source: source.name,
      sent: this.#sent,
      refused: this.#refused,
      bytesRead: source.bytesRead(),
      bytesTotal: source.bytesTotal,
      elapsedMs,
      rate: elapsedMs > 0 ? (this.#sent / elapsedMs) * 1000 : 0,
      remainingMs: done > 0 ? (elapsedMs / done) * (1 - done) : undefined,
    };
  }

  /** Of the bytes or of the limit, whichever will end it first; 0 where neither is known. */
  #doneShare(): number {
    const { source, limit } = this.options;
    const ofBytes = source.bytesTotal ? source.bytesRead() / source.bytesTotal : 0;
    const ofLimit = limit ? this.#sent / limit : 0;
    return Math.min(1, Math.max(ofBytes, ofLimit));
  }
}
