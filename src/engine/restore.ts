/** Brings a slot's database up to the end of its tables; "done" is judged by position, since markers are never delivered. */
import { SegueError } from '../errors';
import type { FaultPoint } from '../fault-points';
import type { Meter } from '../telemetry/meter';
import { type FollowerOptions, TableFollower } from './table-follower';

export interface RestoreOptions extends FollowerOptions {
  readonly meter: Meter;
  readonly faultPoint: FaultPoint;
  /** A long restore ends when the group has given the slot to somebody else. */
  readonly isKept: () => boolean;
}

const FETCH = { waitMsMax: 1000, bytesMaxPerPartition: 1024 * 1024 } as const;
const TELL_EVERY_MS = 5000;

/** Answers how many records were replayed and the positions reached. Throws BROKER_FENCED where the slot is lost meanwhile. */
export async function restore(
  options: RestoreOptions,
): Promise<{ replayed: number; changelogs: Record<string, number> }> {
  const follower = await TableFollower.open(options);
  const progress = new RestoreProgress(options, follower.remaining());
  let replayed = 0;
  while (follower.remaining() > 0) {
    if (!options.isKept())
      throw new SegueError(
        'BROKER_FENCED',
        `slot ${options.slot} was given away during its restore`,
      );
    for (const batch of await options.broker.fetch(follower.behind(), FETCH)) {
      replayed += await follower.apply(batch);
      options.faultPoint('in-restore');
    }
    progress.show(follower.remaining());
  }
  progress.done(replayed);
  return { replayed, changelogs: follower.positions };
}

/** Shows how far a restore is: to the meter always, to people now and then. */
class RestoreProgress {
  readonly #startedMs: number;
  #toldMs: number;

  constructor(
    private readonly options: RestoreOptions,
    private readonly total: number,
  ) {
    this.#startedMs = options.clock.monotonicMs();
    this.#toldMs = this.#startedMs;
  }

  show(remaining: number): void {
    const { meter, clock } = this.options;
    meter.set('segue_restore_remaining_records', this.#labels, remaining);
    meter.set('segue_restore_progress_ratio', this.#labels, 1 - remaining / this.total);
    const nowMs = clock.monotonicMs();
    if (nowMs - this.#toldMs < TELL_EVERY_MS) return;
    this.#toldMs = nowMs;
    this.#tell(remaining, nowMs - this.#startedMs);
  }

  done(replayed: number): void {
    const { meter } = this.options;
    meter.set('segue_restore_remaining_records', this.#labels, 0);
    meter.set('segue_restore_progress_ratio', this.#labels, 1);
    meter.count('segue_restored_records_total', this.#labels, replayed);
  }

  #tell(remaining: number, elapsedMs: number): void {
    const done = this.total - remaining;
    const leftS = Math.ceil(((elapsedMs / Math.max(1, done)) * remaining) / 1000);
    this.options.logger.info(
      `slot ${this.options.slot}: restoring, ${done} of ${this.total} records, about ${leftS} s left`,
    );
  }

  get #labels(): { readonly partition: string } {
    return { partition: String(this.options.slot) };
  }
}
