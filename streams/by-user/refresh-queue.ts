/**
 * Whose list has to be computed next. First those who have just listened, in the order they came; then those left from
 * before a take-over, of whom there are many where a standby has followed everybody; then, after a change of the model
 * or of the popular list, everybody whose list stands against the old one, lately active users first.
 *
 * In memory there are bounded lists only; the whole truth is in two local stores: who waits, and what each user's list
 * was computed with.
 */
import type { StateStore } from '../../src/store/state-store';
import { type Challenger, isChallenged } from '../model/user-shares';
import type { RefreshMark } from './stores';

/** What a list may stand against now; edition −1 where the popular list need not be looked at. */
export interface RefreshTarget {
  readonly generation: number;
  readonly edition: number;
  /** Serves a share of the users. */
  readonly challenger?: Challenger;
}

export function isSameModel(a: RefreshTarget, b: RefreshTarget): boolean {
  return (
    a.generation === b.generation &&
    a.challenger?.generation === b.challenger?.generation &&
    a.challenger?.share === b.challenger?.share
  );
}

function generationFor(user: string, { generation, challenger }: RefreshTarget): number {
  return challenger !== undefined && isChallenged(user, challenger)
    ? challenger.generation
    : generation;
}

export interface RefreshStores {
  readonly users: StateStore<number>;
  readonly waiting: StateStore<true>;
  readonly refreshed: StateStore<RefreshMark>;
}

/** What a user waits for: the oldest listen that their list does not know. Milliseconds since 1970. */
export interface OldestUnknown {
  readonly producedAtMs: number;
  readonly receivedAtMs: number;
}

export interface NextUser {
  readonly user: string;
  /** Missing for who listened to nothing, or before a take-over. */
  readonly oldest?: OldestUnknown;
}

/** Users that wait in memory; further ones wait in the store only. */
export interface RefreshLimits {
  readonly touchedMax: number;
}

const LIMITS: RefreshLimits = { touchedMax: 50_000 };
/** Of the lately active ones so many are kept, and up to twice as many between two looks. */
const ACTIVE_MAX = 5_000;
const SWEEP_KEYS = 200;

export class RefreshQueue {
  readonly #touched = new Map<string, OldestUnknown>();
  /** Those read back from the store, who have lost the times of what they wait for. */
  readonly #left = new Set<string>();
  /** Touched in this step, not yet in the `waiting` store. */
  readonly #unsaved = new Set<string>();
  /** Users by their last listen, oldest first. */
  readonly #active = new Map<string, true>();
  /** True while the `waiting` store may hold users that are in neither of these. */
  #spilled = true;
  /** Ends of steps since a user went to the store only. */
  #savesSinceSpill = Number.POSITIVE_INFINITY;
  #sweep: string[] = [];
  /** Last key swept; undefined: no sweep is under way. */
  #sweptTo: string | undefined;
  /** Users that the sweep has read, in the order of their keys. */
  #sweptUsers = 0;
  #sweepTarget: RefreshTarget = { generation: -1, edition: -1 };

  constructor(
    private readonly stores: RefreshStores,
    private readonly limits: RefreshLimits = LIMITS,
  ) {}

  get waiting(): number {
    return this.#touched.size + this.#left.size;
  }

  /** False when nobody has to be refreshed. */
  hasMore(): boolean {
    return (
      this.waiting > 0 || this.#spilled || this.#sweep.length > 0 || this.#sweptTo !== undefined
    );
  }

  isSweeping(): boolean {
    return this.#sweep.length > 0 || this.#sweptTo !== undefined;
  }

  /** Of `users` in all, how many the sweep has not come to yet, at most. */
  sweepRemaining(users: number): number {
    if (!this.isSweeping()) return 0;
    // Before the first keys are read, the sweep holds lately active users, who come again.
    const read = this.#sweptTo === '' ? 0 : this.#sweep.length;
    return Math.max(0, users - this.#sweptUsers) + read;
  }

  /** The user's history changed. */
  touch(user: string, listen: OldestUnknown): void {
    this.#active.delete(user);
    this.#active.set(user, true);
    if (this.#active.size > 2 * ACTIVE_MAX) this.#forgetInactive();
    if (this.#touched.has(user)) return;
    this.#left.delete(user);
    this.#unsaved.add(user);
    if (this.#touched.size < this.limits.touchedMax) this.#touched.set(user, listen);
    else {
      this.#spilled = true;
      this.#savesSinceSpill = 0;
    }
  }

  /** Many at once: to find the oldest is to walk over all that was deleted since the map was last rebuilt. */
  #forgetInactive(): void {
    let surplus = this.#active.size - ACTIVE_MAX;
    for (const user of this.#active.keys()) {
      if (surplus-- === 0) return;
      this.#active.delete(user);
    }
  }

  /** At the end of a step: who still waits is written down; who was done within the step never is. */
  save(): void {
    for (const user of this.#unsaved) this.stores.waiting.put(user, true);
    this.#unsaved.clear();
    this.#savesSinceSpill += 1;
  }

  /** Everybody whose list stands against something else than `target` is to be refreshed. */
  startSweep(target: RefreshTarget): void {
    this.#sweepTarget = target;
    this.#sweep = [...this.#active.keys()].reverse().filter((user) => this.#isBehind(user));
    this.#sweptTo = '';
    this.#sweptUsers = 0;
  }

  /** The next user to refresh; undefined when there is nobody. */
  async next(): Promise<NextUser | undefined> {
    for (const [user, oldest] of this.#touched) return { user, oldest };
    if (this.#left.size === 0 && this.#spilled) await this.#refill();
    for (const user of this.#left) return { user };
    const user = await this.#nextOfSweep();
    return user === undefined ? undefined : { user };
  }

  /** Somebody else sees to the user, who stays in the `waiting` store until `done`. */
  setAside(user: string): void {
    this.#touched.delete(user);
    this.#left.delete(user);
  }

  /** The user's list is computed. */
  done(user: string, mark: RefreshMark): void {
    this.#touched.delete(user);
    this.#left.delete(user);
    if (!this.#unsaved.delete(user) && this.stores.waiting.get(user))
      this.stores.waiting.delete(user);
    const before = this.stores.refreshed.get(user);
    if (before?.generation !== mark.generation || before.edition !== mark.edition) {
      this.stores.refreshed.put(user, mark);
    }
  }

  async #refill(): Promise<void> {
    const { touchedMax } = this.limits;
    const waiting = await this.stores.waiting.keysAfter('', touchedMax);
    for (const user of waiting) {
      // The keys are as committed; who was done since then is struck out in the overlay.
      const isWaiting = this.stores.waiting.get(user) !== undefined;
      if (isWaiting && !this.#touched.has(user)) this.#left.add(user);
    }
    // What the last two steps wrote may not be committed yet, so it may not be among the keys.
    this.#spilled = waiting.length === touchedMax || this.#savesSinceSpill < 2;
  }

  async #nextOfSweep(): Promise<string | undefined> {
    for (;;) {
      const user = this.#sweep.shift();
      if (user !== undefined) {
        if (this.#isBehind(user)) return user;
        continue;
      }
      if (this.#sweptTo === undefined) return undefined;
      const users = await this.stores.users.keysAfter(this.#sweptTo, SWEEP_KEYS);
      this.#sweptTo = users.at(-1);
      this.#sweptUsers += users.length;
      this.#sweep = users;
    }
  }

  #isBehind(user: string): boolean {
    const mark = this.stores.refreshed.get(user);
    if (mark === undefined || mark.generation !== generationFor(user, this.#sweepTarget))
      return true;
    return mark.edition !== -1 && mark.edition !== this.#sweepTarget.edition;
  }
}
