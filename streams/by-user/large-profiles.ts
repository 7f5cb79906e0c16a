/**
 * Users with so many tracks that reading them all takes longer than a step: they are read in pages, at the end of steps
 * in which nobody else waits or a page at a time, and rest afterwards, so that a user with a million tracks holds up
 * nobody else of the slot.
 */
import type { History } from '../../schemas/records';
import type { StepBudget } from '../../src/engine/processor';
import type { StateStore } from '../../src/store/state-store';
import { type PagePlace, readHistoryPage } from './history-pages';
import type { Profile } from './profiles';
import type { NextUser } from './refresh-queue';
import { historyKey, historyPrefix } from './stores';

export interface LargeLimits {
  /** From so many tracks on a user is large; fewer are read in some twenty milliseconds. */
  readonly tracksMin: number;
  /** Entries read at a time. */
  readonly page: number;
}

export interface ReadProfile {
  readonly next: NextUser;
  readonly profile: Profile;
}

export const LARGE_LIMITS: LargeLimits = { tracksMin: 5000, page: 1000 };
/** After a user has been read, nobody is for so many times as long. */
const REST_FACTOR = 10;

interface Reading extends PagePlace {
  readonly next: NextUser;
  readonly plays: Map<string, number>;
  newestListenedAt: number;
  tookMs: number;
}

export class LargeProfiles {
  readonly #waiting = new Map<string, NextUser>();
  #reading: Reading | undefined;
  #restsUntilMs = Number.NEGATIVE_INFINITY;

  constructor(
    private readonly stores: {
      readonly users: StateStore<number>;
      readonly histories: StateStore<History>;
    },
    private readonly monotonicMs: () => number,
    private readonly limits: LargeLimits = LARGE_LIMITS,
  ) {}

  isLarge(user: string): boolean {
    return (this.stores.users.get(user) ?? 0) >= this.limits.tracksMin;
  }

  get hasMore(): boolean {
    return this.#reading !== undefined || this.#waiting.size > 0;
  }

  /** To be read when its turn comes. Whoever waits already keeps the older listen. */
  add(next: NextUser): void {
    if (!this.#waiting.has(next.user)) this.#waiting.set(next.user, next);
  }

  /** One history changed; what has been read already follows. */
  changed(user: string, trackId: string, history: History): void {
    const reading = this.#reading;
    if (reading?.next.user !== user || historyKey(user, trackId) > reading.readTo) return;
    if (history.plays < (reading.plays.get(trackId) ?? 0)) {
      // A deletion may take the newest listen away: all is read anew.
      this.add(reading.next);
      this.#reading = undefined;
      return;
    }
    this.#take(reading, trackId, history);
  }

  /** Reads a page, further ones while there is time; a user whose last one that was. */
  async readOn(budget: StepBudget): Promise<ReadProfile | undefined> {
    const startedMs = this.monotonicMs();
    const reading = this.#reading ?? this.#begin(startedMs);
    if (reading === undefined) return undefined;
    let isDone = false;
    do isDone = await this.#readPage(reading);
    while (!isDone && !budget.spent());
    reading.tookMs += this.monotonicMs() - startedMs;
    if (!isDone) return undefined;
    this.#reading = undefined;
    this.#restsUntilMs = this.monotonicMs() + reading.tookMs * REST_FACTOR;
    const { next, plays, newestListenedAt } = reading;
    let listens = 0;
    for (const count of plays.values()) listens += count;
    return { next, profile: { plays, listens, newestListenedAt } };
  }

  #begin(nowMs: number): Reading | undefined {
    if (nowMs < this.#restsUntilMs) return undefined;
    for (const [user, next] of this.#waiting) {
      this.#waiting.delete(user);
      const readTo = historyPrefix(user);
      this.#reading = { next, readTo, plays: new Map(), newestListenedAt: 0, tookMs: 0 };
      return this.#reading;
    }
    return undefined;
  }

  /** True when no entry of the user is left. */
  #readPage(reading: Reading): Promise<boolean> {
    return readHistoryPage(this.stores.histories, reading, {
      user: reading.next.user,
      limit: this.limits.page,
      visit: (trackId, history) => this.#take(reading, trackId, history),
    });
  }

  #take(reading: Reading, trackId: string, { plays, last_listened_at }: History): void {
    if (plays === 0) return;
    reading.plays.set(trackId, plays);
    reading.newestListenedAt = Math.max(reading.newestListenedAt, last_listened_at);
  }
}
