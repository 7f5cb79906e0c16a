/**
 * Users' histories as fold-in and ranking want them: which tracks, how often, newest when. Held in a cache bounded by
 * bytes, kept up to date listen by listen, and read from the store where the cache has let go.
 */
import type { History } from '../../schemas/records';
import { BoundedCache } from '../../src/store/bounded-cache';
import type { StateStore } from '../../src/store/state-store';
import { historyPrefix, parseHistoryKey } from './stores';

export interface Profile {
  /** Track id → plays, heard tracks only. */
  readonly plays: ReadonlyMap<string, number>;
  readonly listens: number;
  /** Unix seconds; 0 without listens. */
  readonly newestListenedAt: number;
}

/** About what a track in a profile holds: the id's text, the map entry, the number. */
const BYTES_PER_TRACK = 160;
const BYTES_PER_PROFILE = 300;

export class Profiles {
  readonly #cache: BoundedCache<Profile>;

  constructor(
    private readonly histories: StateStore<History>,
    bytesMax: number,
  ) {
    this.#cache = new BoundedCache(bytesMax);
  }

  /** Only where it is held. */
  held(user: string): Profile | undefined {
    return this.#cache.get(user);
  }

  async of(user: string): Promise<Profile> {
    const cached = this.#cache.get(user);
    if (cached !== undefined) return cached;
    const profile = profileOf(await this.histories.scan(historyPrefix(user)));
    this.remember(user, profile);
    return profile;
  }

  remember(user: string, profile: Profile): void {
    this.#cache.set(user, profile, BYTES_PER_PROFILE + profile.plays.size * BYTES_PER_TRACK);
  }

  /** One history of the user changed. */
  changed(user: string, trackId: string, history: History): void {
    const profile = this.#cache.get(user);
    if (profile === undefined) return;
    const before = profile.plays.get(trackId) ?? 0;
    const plays = profile.plays as Map<string, number>;
    if (history.plays > 0) plays.set(trackId, history.plays);
    else plays.delete(trackId);
    // A deletion may take the newest listen away: read everything anew.
    if (history.plays < before) this.#cache.delete(user);
    else {
      const newestListenedAt = Math.max(profile.newestListenedAt, history.last_listened_at);
      this.remember(user, {
        plays,
        listens: profile.listens + history.plays - before,
        newestListenedAt,
      });
    }
  }
}

export function profileOf(histories: ReadonlyMap<string, History>): Profile {
  const plays = new Map<string, number>();
  let listens = 0;
  let newestListenedAt = 0;
  for (const [key, history] of histories) {
    const { trackId, chunk } = parseHistoryKey(key);
    if (chunk !== undefined || history.plays === 0) continue;
    plays.set(trackId, history.plays);
    listens += history.plays;
    newestListenedAt = Math.max(newestListenedAt, history.last_listened_at);
  }
  return { plays, listens, newestListenedAt };
}
