/** All standbys of a process, fed by one loop: one request at a time, whatever their number. */
import type { FetchedBatch, Position } from '../broker/broker';
import { sleep } from '../clock';
import { hasCode } from '../errors';
import { Standby, type StandbyOptions } from './standby';
import { ThrottledWarning } from './throttled-warning';
import type { Turns } from './turns';

const FETCH = { waitMsMax: 500, bytesMaxPerPartition: 256 * 1024 } as const;
const IDLE_MS = 50;
const RETRY_MS = 500;

export class Standbys {
  readonly #standbys = new Map<number, Standby>();
  readonly #warning: ThrottledWarning;
  #feeding: Promise<void> | undefined;
  #stopping = false;
  /** When tables were last read. */
  #heardMs = 0;

  constructor(
    private readonly options: Omit<StandbyOptions, 'slot'>,
    private readonly turns: Turns,
  ) {
    this.#warning = new ThrottledWarning(options.logger, options.clock);
  }

  get all(): readonly Standby[] {
    return [...this.#standbys.values()];
  }

  /** From now on these slots are followed and no others; what was followed is closed when its turn is over. */
  assign(slots: readonly number[]): void {
    this.#checkSilence();
    for (const [slot, standby] of this.#standbys) {
      if (slots.includes(slot)) continue;
      standby.stop();
      this.#standbys.delete(slot);
    }
    for (const slot of slots) if (!this.#standbys.has(slot)) this.#start(slot);
    this.options.meter.set('segue_standbys_held', {}, slots.length);
    if (slots.length > 0) {
      this.options.logger.info(`slots followed: ${slots.join(', ')}`);
      this.#feeding ??= this.#feed();
    }
  }

  /** Their databases are closed when the turns are over. */
  async stop(): Promise<void> {
    this.#stopping = true;
    this.assign([]);
    await this.#feeding;
  }

  #start(slot: number): void {
    const standby = new Standby({ ...this.options, slot });
    this.#standbys.set(slot, standby);
    this.turns.take(slot, () => standby.run());
  }

  async #feed(): Promise<void> {
    const { broker, clock } = this.options;
    while (!this.#stopping) {
      const places = earliest(this.all.flatMap((standby) => standby.places()));
      if (places.length === 0) {
        await sleep(clock, IDLE_MS);
        continue;
      }
      try {
        const batches = await broker.fetch(places, FETCH);
        this.#checkSilence();
        for (const batch of batches) await this.#give(batch, places);
      } catch (error) {
        await this.#failed(error);
      }
    }
  }

  async #give(batch: FetchedBatch, places: readonly Position[]): Promise<void> {
    const { offset } = places.find(
      ({ topic, partition }) => topic === batch.topic && partition === batch.partition,
    )!;
    for (const standby of this.all) await standby.take(batch, offset);
  }

  /** After a longer silence than tombstones are kept, some may be gone unseen: each judges anew what it stands at. */
  #checkSilence(): void {
    const { clock, settings } = this.options;
    const silentMs = clock.now() - this.#heardMs;
    this.#heardMs = clock.now();
    if (silentMs <= settings.tombstoneRetentionMs) return;
    for (const standby of this.all) standby.renew(new Error('nothing was read for too long'));
  }

  async #failed(error: unknown): Promise<void> {
    this.#warning.warn(`following failed: ${(error as Error).message}; trying again`);
    if (hasCode(error, 'BROKER_OFFSET_OUT_OF_RANGE'))
      for (const standby of this.all) standby.renew(error);
    await sleep(this.options.clock, RETRY_MS);
  }
}

/** One place a partition: where the one farthest behind stands. */
function earliest(places: readonly Position[]): Position[] {
  const byPartition = new Map<string, Position>();
  for (const place of places) {
    const name = `${place.topic}/${place.partition}`;
    const other = byPartition.get(name);
    if (other === undefined || place.offset < other.offset) byPartition.set(name, place);
  }
  return [...byPartition.values()];
}
