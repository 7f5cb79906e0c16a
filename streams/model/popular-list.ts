/** The popular list: the slots' most popular tracks merged; the same in every process once all have reported. */
import { createHash } from 'node:crypto';
import type { PopularTrack, PopularTracks } from '../../schemas/records';

export class PopularList {
  readonly #bySlot = new Map<string, readonly PopularTrack[]>();
  #tracks: readonly PopularTrack[] = [];
  #places: ReadonlyMap<string, number> = new Map();
  #edition = editionOf([]);

  constructor(private readonly depth: number) {}

  /** Best first, at most `depth`. */
  get tracks(): readonly PopularTrack[] {
    return this.#tracks;
  }

  /**
   * Names the tracks and their order, the same in every process and after a restart: what a user's list was made with
   * is kept in a store, and a number that began anew would sooner or later stand for two different lists.
   */
  get edition(): number {
    return this.#edition;
  }

  /** 0-based place of a track; undefined: not in the list. */
  placeOf(trackId: string): number | undefined {
    return this.#places.get(trackId);
  }

  /** A slot has told its tracks anew. */
  update(slot: string, value: PopularTracks | null): void {
    this.#bySlot.set(slot, value?.tracks ?? []);
    const merged = [...this.#bySlot.values()].flat().sort(comparePopularity).slice(0, this.depth);
    const isSame =
      merged.length === this.#tracks.length &&
      merged.every((track, place) => track.track_id === this.#tracks[place]!.track_id);
    this.#tracks = merged;
    if (isSame) return;
    this.#places = new Map(merged.map((track, place) => [track.track_id, place]));
    this.#edition = editionOf(merged);
  }
}

/** 48 bits of a SHA-256, so that it stays an exact number. */
function editionOf(tracks: readonly PopularTrack[]): number {
  const hash = createHash('sha256');
  for (const { track_id } of tracks) hash.update(`${track_id}\n`);
  return hash.digest().readUIntBE(0, 6);
}

/** More unique listeners first; ties by track id. */
export function comparePopularity(
  a: Pick<PopularTrack, 'listeners' | 'track_id'>,
  b: Pick<PopularTrack, 'listeners' | 'track_id'>,
): number {
  return b.listeners - a.listeners || (a.track_id < b.track_id ? -1 : 1);
}
