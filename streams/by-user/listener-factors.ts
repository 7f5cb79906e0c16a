/**
 * Factors of this slot's users, for the new tracks that ask for them. Many tracks ask the same users, so what was found
 * is kept until the user listens again or another generation serves; and a user with a million tracks is read a page at
 * a time, over as many steps as that takes.
 */
import type { History } from '../../schemas/records';
import { hasCode } from '../../src/errors';
import { BoundedCache } from '../../src/store/bounded-cache';
import type { StateStore } from '../../src/store/state-store';
import { inItemOrder, type KnownTrack, type ServingModel } from '../model/serving-model';
import { type PagePlace, readHistoryPage } from './history-pages';
import { LARGE_LIMITS, type LargeLimits } from './large-profiles';
import { historyPrefix, parseHistoryKey } from './stores';

/** Some ten thousand users of 64 factors. */
const KEPT_BYTES = 4 << 20;
const ENTRY_BYTES = 200;

interface Kept {
  readonly model: ServingModel;
  readonly factors: Float32Array | null;
}

interface Reading extends PagePlace {
  readonly user: string;
  readonly model: ServingModel;
  readonly found: KnownTrack[];
  /** The user has listened meanwhile: what is found is good enough for now, and not kept. */
  isOutdated: boolean;
}

export class ListenerFactors {
  readonly #kept = new BoundedCache<Kept>(KEPT_BYTES);
  #reading: Reading | undefined;

  constructor(
    private readonly stores: {
      readonly users: StateStore<number>;
      readonly histories: StateStore<History>;
    },
    /** Tracks with factors that a user needs for factors of their own. */
    private readonly tracksMin: number,
    private readonly limits: LargeLimits = LARGE_LIMITS,
  ) {}

  /** The user's history changed. */
  changed(user: string): void {
    this.#kept.delete(user);
    if (this.#reading?.user === user) this.#reading.isOutdated = true;
  }

  /** null: too little is known of the user to say anything; undefined: there is more to read, to be asked again. */
  async of(user: string, model: ServingModel): Promise<Float32Array | null | undefined> {
    const kept = this.#kept.get(user);
    if (kept?.model === model) return kept.factors;
    if (this.#reading?.user !== user || this.#reading.model !== model)
      this.#reading = { user, model, found: [], readTo: historyPrefix(user), isOutdated: false };
    const reading = this.#reading;
    if (!(await this.#read(reading))) return undefined;
    this.#reading = undefined;
    const factors = this.#solve(reading);
    const bytes = ENTRY_BYTES + (factors?.byteLength ?? 0);
    if (!reading.isOutdated) this.#kept.set(user, { model, factors }, bytes);
    return factors;
  }

  /** All of a small history, a page of a large one; whether there is nothing left. */
  async #read(reading: Reading): Promise<boolean> {
    const { histories, users } = this.stores;
    const { user } = reading;
    const visit = (trackId: string, history: History) => note(reading, trackId, history);
    if ((users.get(user) ?? 0) >= this.limits.tracksMin)
      return readHistoryPage(histories, reading, { user, limit: this.limits.page, visit });
    await histories.visit(historyPrefix(user), (key, history) => {
      const { trackId, chunk } = parseHistoryKey(key);
      if (chunk === undefined) visit(trackId, history);
    });
    return true;
  }

  #solve({ found, model }: Reading): Float32Array | null {
    if (found.length < this.tracksMin) return null;
    const { items, plays } = inItemOrder(found);
    try {
      return model.foldIn.solve(items, plays);
    } catch (error) {
      if (!hasCode(error, 'MATRIX_SINGULAR')) throw error;
      return null;
    }
  }
}

function note({ found, model }: Reading, trackId: string, { plays }: History): void {
  if (plays === 0) return;
  const item = model.itemOf(trackId);
  if (item !== undefined) found.push([item, plays]);
}
