/**
 * How much of the catalogue is recommended to anybody: one bit a track with factors, set when the track is on a list
 * that this process publishes, and all cleared when another generation serves.
 */
import type { Meter } from '../../src/telemetry/meter';
import type { ServingModel } from './serving-model';

export interface PublishedList {
  readonly model: ServingModel | undefined;
  readonly tracks: readonly { readonly track_id: string }[];
}

export class Coverage {
  #generation: number | undefined;
  #seen = new Uint8Array(0);
  #count = 0;

  note({ model, tracks }: PublishedList, meter: Meter): void {
    if (model === undefined || model.tracks.length === 0) return;
    if (model.generation !== this.#generation) this.#begin(model);
    if (model.tracks.length > this.#seen.length) this.#grow(model.tracks.length);
    for (const { track_id } of tracks) {
      const item = model.itemOf(track_id);
      if (item === undefined || this.#seen[item] === 1) continue;
      this.#seen[item] = 1;
      this.#count += 1;
    }
    meter.set('segue_catalogue_coverage_ratio', {}, this.#count / model.tracks.length);
  }

  /** Tracks that came in since. */
  #grow(tracks: number): void {
    const seen = new Uint8Array(tracks + (tracks >> 3));
    seen.set(this.#seen);
    this.#seen = seen;
  }

  #begin({ generation, tracks }: ServingModel): void {
    this.#generation = generation;
    this.#seen = new Uint8Array(tracks.length);
    this.#count = 0;
  }
}
