/** The popular list: the slots' most popular tracks merged; the same in every process once all have reported. */
import type { PopularTrack, PopularTracks } from '../../schemas/records';

export class PopularList {
  readonly #bySlot = new Map<string, readonly PopularTrack[]>();
  #tracks: readonly PopularTrack[] = [];
  #places: ReadonlyMap<string, number> = new Map();
  #edition = 0;

  constructor(private readonly depth: number) {}

  /** Best first, at most `depth`. */
  get tracks(): readonly PopularTrack[] {
    return this.#tracks;
  }

  /** Grows by one whenever the tracks or their order change. */
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
    this.#edition += 1;
  }
}

/** More unique listeners first; ties by track id. */
export function comparePopularity(
  a: Pick<PopularTrack, 'listeners' | 'track_id'>,
  b: Pick<PopularTrack, 'listeners' | 'track_id'>,
): number {
  return b.listeners - a.listeners || (a.track_id < b.track_id ? -1 : 1);
}
