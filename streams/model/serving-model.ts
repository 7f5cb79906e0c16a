/**
 * A generation as it serves: factors, names and the index for exact ranking, all of one and the same model. Immutable;
 * a hand-over replaces the whole object in one assignment, so nothing can mix two generations.
 */
import { FoldIn } from '../../src/als/fold-in';
import type { AlsModel } from '../../src/als/model';
import { TopItems } from '../../src/ranking/top-items';
import type { Profile } from '../by-user/profiles';

export interface ModelTrack {
  readonly trackId: string;
  readonly artistName: string;
  readonly trackName: string;
}

/** A user's history in a model's terms: only tracks that have factors. */
export interface KnownHistory {
  readonly items: Int32Array;
  readonly plays: Float32Array;
}

export class ServingModel {
  readonly foldIn: FoldIn;
  readonly topItems: TopItems;
  readonly #index: ReadonlyMap<string, number>;

  constructor(
    readonly generation: number,
    readonly als: AlsModel,
    /** Ascending by track id; place i is item i. */
    readonly tracks: readonly ModelTrack[],
  ) {
    this.foldIn = new FoldIn(als);
    this.topItems = new TopItems(als.itemFactors, { groupOf: artistGroups(tracks) });
    this.#index = new Map(tracks.map(({ trackId }, item) => [trackId, item]));
  }

  itemOf(trackId: string): number | undefined {
    return this.#index.get(trackId);
  }

  /** In ascending order of item, so that the same history gives the same bits whatever its order of arrival. */
  known(profile: Profile): KnownHistory {
    const found: (readonly [number, number])[] = [];
    for (const [trackId, plays] of profile.plays) {
      const item = this.#index.get(trackId);
      if (item !== undefined) found.push([item, plays]);
    }
    found.sort((a, b) => a[0] - b[0]);
    return {
      items: Int32Array.from(found, ([item]) => item),
      plays: Float32Array.from(found, ([, plays]) => plays),
    };
  }
}

/** Tracks of one artist share a group; a track without an artist's name belongs to none. */
function artistGroups(tracks: readonly ModelTrack[]): Int32Array {
  const groups = new Map<string, number>();
  return Int32Array.from(tracks, ({ artistName }) => {
    const name = artistName.trim().toLowerCase();
    if (name === '') return -1;
    const known = groups.get(name);
    if (known !== undefined) return known;
    groups.set(name, groups.size);
    return groups.size - 1;
  });
}
