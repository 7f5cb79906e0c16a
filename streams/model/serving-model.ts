/**
 * A generation as it serves: factors, names and the index for exact ranking, all of one and the same model. A hand-over
 * replaces the whole object in one assignment, so nothing can mix two generations.
 *
 * Between retrains it grows: tracks that came in later are taken from the topic of additions, in its order. What a list
 * was made with is therefore said by two numbers, the generation and how far its additions were taken.
 */
import { FoldIn } from '../../src/als/fold-in';
import type { AlsModel, FactorMatrix } from '../../src/als/model';
import { TopItems, type TopList, type TopOptions } from '../../src/ranking/top-items';
import { topWithAdditions } from '../../src/ranking/top-with-additions';
import type { Profile } from '../by-user/profiles';
import { ArtistGroups } from './artist-groups';
import { bytesToFloats } from './model-codec';
import { NEW_TRACKS_MAX, type TakenAddition } from './new-tracks';

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
  /** Items that were trained; those with higher numbers are additions. */
  readonly trainedItems: number;
  readonly #topItems: TopItems;
  readonly #index: Map<string, number>;
  readonly #tracks: ModelTrack[];
  readonly #groups: ArtistGroups;
  #added: FactorMatrix;
  #additions = 0;

  constructor(
    readonly generation: number,
    /** As it was trained. */
    readonly als: AlsModel,
    /** Ascending by track id; place i is item i. */
    tracks: readonly ModelTrack[],
    topItems?: TopItems,
  ) {
    this.trainedItems = tracks.length;
    this.#tracks = [...tracks];
    this.#groups = new ArtistGroups(tracks);
    this.#topItems =
      topItems ?? new TopItems(als.itemFactors, { groupOf: this.#groups.groupOf.slice() });
    this.foldIn = new FoldIn(als, { spareRows: NEW_TRACKS_MAX });
    this.#index = new Map(tracks.map(({ trackId }, item) => [trackId, item]));
    this.#added = { rows: 0, columns: als.rule.factorCount, values: new Float32Array(0) };
  }

  /** As the constructor, without holding the event loop up for the index. */
  static async build(
    generation: number,
    als: AlsModel,
    tracks: readonly ModelTrack[],
  ): Promise<ServingModel> {
    const { groupOf } = new ArtistGroups(tracks);
    const topItems = await TopItems.build(als.itemFactors, { groupOf: groupOf.slice() });
    return new ServingModel(generation, als, tracks, topItems);
  }

  /** Place i is item i; additions behind. */
  get tracks(): readonly ModelTrack[] {
    return this.#tracks;
  }

  /** The generation's additions before this offset of their topic are part of it. */
  get additions(): number {
    return this.#additions;
  }

  itemOf(trackId: string): number | undefined {
    return this.#index.get(trackId);
  }

  /** True for a track that the generation was trained on. */
  isTrained(trackId: string): boolean {
    const item = this.#index.get(trackId);
    return item !== undefined && item < this.trainedItems;
  }

  /** The generation's next addition; a later one of the same track replaces its factors. */
  take({ offset, addition }: TakenAddition): void {
    if (offset < this.#additions) return;
    this.#additions = offset + 1;
    const factors = bytesToFloats(addition.factors);
    const isUsable = factors.length === this.als.rule.factorCount && factors.every(Number.isFinite);
    if (!isUsable || this.isTrained(addition.track_id)) return;
    const item = this.#index.get(addition.track_id) ?? this.#tracks.length;
    const place = item - this.trainedItems;
    if (place >= NEW_TRACKS_MAX) return;
    if (item === this.#tracks.length) this.#append(addition);
    this.foldIn.setRow(item, factors);
    const { columns, values, rows } = this.#added;
    const grown = new Float32Array(Math.max(rows, place + 1) * columns);
    grown.set(values);
    grown.set(factors, place * columns);
    this.#added = { rows: grown.length / columns, columns, values: grown };
  }

  /** The best items for a user, additions included. */
  top(userFactors: Float32Array, n: number, options: TopOptions = {}): TopList {
    const additions = { factors: this.#added, groupOf: this.#groups.groupOf };
    return topWithAdditions(this.#topItems, additions, { userFactors, n, ...options });
  }

  /** With its additions, as a model of its own; a copy. */
  whole(): AlsModel {
    const { rule, itemFactors } = this.als;
    const { rows, columns, values } = this.#added;
    if (rows === 0) return this.als;
    const all = new Float32Array(itemFactors.values.length + values.length);
    all.set(itemFactors.values);
    all.set(values, itemFactors.values.length);
    return {
      rule,
      itemFactors: { rows: itemFactors.rows + rows, columns, values: all },
      itemGramian: this.foldIn.workspace.gramian,
    };
  }

  known(profile: Profile): KnownHistory {
    const found: KnownTrack[] = [];
    for (const [trackId, plays] of profile.plays) {
      const item = this.#index.get(trackId);
      if (item !== undefined) found.push([item, plays]);
    }
    return inItemOrder(found);
  }

  #append({ track_id, artist_name, track_name }: TakenAddition['addition']): void {
    this.#index.set(track_id, this.#tracks.length);
    this.#tracks.push({ trackId: track_id, artistName: artist_name, trackName: track_name });
    this.#groups.add(artist_name);
  }
}

/** Item, plays. */
export type KnownTrack = readonly [number, number];

/** In ascending order of item, so that the same history gives the same bits whatever its order of arrival. */
export function inItemOrder(found: readonly KnownTrack[]): KnownHistory {
  const sorted = [...found].sort((a, b) => a[0] - b[0]);
  return {
    items: Int32Array.from(sorted, ([item]) => item),
    plays: Float32Array.from(sorted, ([, plays]) => plays),
  };
}
