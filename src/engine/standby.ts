/**
 * Follows the tables of a slot that another process owns, so that this one may take it over at once: all that is left
 * to replay then are the last records. Owns the slot's database for as long; what is read is committed, so nothing of it
 * is ever taken back. Never rejects: what fails is closed and opened again, as a take-over would.
 */
import type { Broker, FetchedBatch, Position } from '../broker/broker';
import type { Clock } from '../clock';
import { hasCode } from '../errors';
import type { FaultPoint } from '../fault-points';
import type { Logger } from '../logger';
import type { SlotDatabase } from '../store/slot-database';
import type { Meter } from '../telemetry/meter';
import { Backoff } from './backoff';
import type { EngineSettings } from './engine-settings';
import { Signal } from './signal';
import { SlotState } from './slot-state';
import { TableFollower } from './table-follower';
import type { TopicCodecs } from './topic-codecs';
import { storesOf, type Topology } from './topology';

export interface StandbyOptions {
  readonly slot: number;
  readonly topology: Topology;
  readonly settings: EngineSettings;
  readonly broker: Broker;
  readonly codecs: TopicCodecs;
  readonly clock: Clock;
  readonly meter: Meter;
  readonly logger: Logger;
  readonly bootId: string;
  readonly openDatabase: (slot: number, anew?: boolean) => Promise<SlotDatabase>;
  readonly faultPoint: FaultPoint;
}

const BACKOFF = { firstMs: 200, factor: 2, maxMs: 10_000 } as const;
/** It is woken by notices; this only bounds a wait. */
const WAIT_MS = 60_000;

interface Following {
  readonly database: SlotDatabase;
  readonly state: SlotState;
  readonly follower: TableFollower;
}

export class Standby {
  #following: Following | undefined;
  #applying: Promise<unknown> = Promise.resolve();
  #failure: unknown;
  #stopping = false;
  #opensAnew = false;
  readonly #lags = new Map<string, number>();
  readonly #news: Signal;
  readonly #backoff = new Backoff(BACKOFF);

  constructor(private readonly options: StandbyOptions) {
    this.#news = new Signal(options.clock);
  }

  get slot(): number {
    return this.options.slot;
  }

  /** The state, for reading; as of a moment ago. undefined while it is not followed. */
  get state(): SlotState | undefined {
    return this.#following?.state;
  }

  get positions(): Readonly<Record<string, number>> | undefined {
    return this.#following?.follower.positions;
  }

  /** Where to fetch next. */
  places(): Position[] {
    return this.#following?.follower.places() ?? [];
  }

  async run(): Promise<void> {
    while (!this.#stopping) {
      try {
        await this.#open();
        await this.#untilOver();
      } catch (error) {
        this.#failure = error;
      }
      await this.#close();
      if (this.#failure === undefined) continue;
      const { message } = this.#failure as Error;
      this.options.logger.warn(`standby of slot ${this.slot}: ${message}; following it anew`);
      this.#opensAnew = hasCode(this.#failure, 'STORE_CORRUPT');
      this.#failure = undefined;
      await this.#news.pause(this.#backoff.next(), () => this.#stopping);
    }
    this.options.meter.remove('segue_standby_lag_records', this.#labels);
  }

  /** `run` ends soon, with the database closed cleanly. */
  stop(): void {
    this.#stopping = true;
    this.#news.notify();
  }

  /** It is closed and opened again: what it stands at is to be judged anew. */
  renew(reason: unknown): void {
    this.#failure ??= reason;
    this.#news.notify();
  }

  /** `from`: where it was fetched. Resolves when the batch is in the database, or is of no use here. Never rejects. */
  async take(batch: FetchedBatch, from: number): Promise<void> {
    const following = this.#following;
    const own = following && ownPart(batch, from, following.follower.places());
    if (own === undefined || this.#failure !== undefined || this.#stopping) return;
    this.#applying = this.#apply(following!.follower, own).catch((error: unknown) =>
      this.renew(error),
    );
    await this.#applying;
  }

  async #apply(follower: TableFollower, batch: FetchedBatch): Promise<void> {
    await follower.apply(batch);
    this.options.faultPoint('in-restore');
    this.#backoff.reset();
    this.#lags.set(batch.topic, Math.max(0, batch.endOffset - batch.nextOffset));
    this.#tellLag();
  }

  #tellLag(): void {
    const lag = [...this.#lags.values()].reduce((sum, one) => sum + one, 0);
    this.options.meter.set('segue_standby_lag_records', this.#labels, lag);
  }

  async #open(): Promise<void> {
    const { topology, settings, codecs, openDatabase } = this.options;
    const database = await openDatabase(this.slot, this.#opensAnew);
    try {
      const stores = storesOf(topology);
      // Without a cache, which a read in the midst of a write would fill with what is just being overwritten.
      const state = new SlotState(stores, database, codecs, 0);
      const { tombstoneRetentionMs } = settings;
      const follower = await TableFollower.open({
        ...this.options,
        database,
        state,
        tombstoneRetentionMs,
      });
      this.#following = { database, state, follower };
      // Before anything is read: who has read nothing yet is behind by everything.
      for (const [topic, records] of follower.lags()) this.#lags.set(topic, records);
      this.#tellLag();
    } catch (error) {
      await database.close().catch(() => undefined);
      throw error;
    }
  }

  async #untilOver(): Promise<void> {
    while (!this.#stopping && this.#failure === undefined) await this.#news.wait(WAIT_MS);
  }

  async #close(): Promise<void> {
    const following = this.#following;
    this.#following = undefined;
    await this.#applying;
    if (following === undefined) return;
    const { database, follower } = following;
    try {
      if (this.#failure === undefined)
        await database.apply([], follower.mark(true), undefined, true);
    } catch (error) {
      this.options.logger.warn(
        `standby of slot ${this.slot}: ended without a clean mark: ${(error as Error).message}`,
      );
    }
    await database.close().catch(() => undefined);
  }

  get #labels(): { readonly partition: string } {
    return { partition: String(this.slot) };
  }
}

/**
 * What of a batch comes from its place on: another standby of the same process may be further behind in the same topic.
 * Nothing where the batch begins behind its place, as when this one was opened while the batch was being fetched.
 */
function ownPart(
  batch: FetchedBatch,
  from: number,
  places: readonly Position[],
): FetchedBatch | undefined {
  const place = places.find(
    ({ topic, partition }) => topic === batch.topic && partition === batch.partition,
  );
  if (place === undefined || from > place.offset || batch.nextOffset <= place.offset)
    return undefined;
  return { ...batch, records: batch.records.filter(({ offset }) => offset >= place.offset) };
}
