/**
 * The best `depth` tracks of a stream of changing counts, exactly, in bounded memory. Up to twice `depth` tracks are
 * held; the border says that no track outside is better. When losses leave too few inside, the tracks are counted anew.
 */
import type { PopularTrack } from '../../schemas/records';
import { comparePopularity } from '../model/popular-list';

export class TopTracks {
  #held = new Map<string, PopularTrack>();
  /** Every track that is not held is at most as good as this; undefined: nothing is outside. */
  #border: PopularTrack | undefined;
  #changed = true;

  constructor(private readonly depth: number) {}

  /** True where the held tracks cannot be trusted to be the best any more. */
  get needsRecount(): boolean {
    return this.#border !== undefined && this.#held.size < this.depth;
  }

  /** True once after each change of what `best` answers. */
  takeChanged(): boolean {
    const changed = this.#changed;
    this.#changed = false;
    return changed;
  }

  update(track: PopularTrack): void {
    const before = this.#held.get(track.track_id);
    const belongs =
      track.listeners > 0 &&
      (this.#border === undefined || comparePopularity(track, this.#border) < 0);
    if (!belongs) {
      if (before !== undefined) {
        this.#held.delete(track.track_id);
        this.#changed = true;
      }
      return;
    }
    this.#held.set(track.track_id, track);
    this.#changed = true;
    if (this.#held.size > this.depth * 2) this.#trim();
  }

  /** Best first. */
  best(): PopularTrack[] {
    return [...this.#held.values()].sort(comparePopularity).slice(0, this.depth);
  }

  /** Starts over; every track has to be given to `update` again. */
  clear(): void {
    this.#held = new Map();
    this.#border = undefined;
    this.#changed = true;
  }

  #trim(): void {
    const sorted = [...this.#held.values()].sort(comparePopularity);
    // Half a depth more than needed, so that a few losses do not ask for a recount.
    const keep = this.depth + (this.depth >> 1);
    const kept = sorted.slice(0, keep);
    this.#border = sorted[keep]!;
    this.#held = new Map(kept.map((track) => [track.track_id, track]));
  }
}
