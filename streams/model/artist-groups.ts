/** Tracks of one artist share a group; a track without an artist's name belongs to none (−1). */
export class ArtistGroups {
  readonly #groups = new Map<string, number>();
  #groupOf: Int32Array;
  #count: number;

  constructor(tracks: readonly { readonly artistName: string }[]) {
    this.#groupOf = Int32Array.from(tracks, ({ artistName }) => this.#of(artistName));
    this.#count = tracks.length;
  }

  /** By track, in the order in which they came. */
  get groupOf(): Int32Array {
    return this.#groupOf.subarray(0, this.#count);
  }

  /** One more track. */
  add(artistName: string): void {
    if (this.#count === this.#groupOf.length) {
      const grown = new Int32Array(this.#count + 64 + (this.#count >> 3));
      grown.set(this.#groupOf);
      this.#groupOf = grown;
    }
    this.#groupOf[this.#count] = this.#of(artistName);
    this.#count += 1;
  }

  #of(artistName: string): number {
    const name = artistName.trim().toLowerCase();
    if (name === '') return -1;
    const known = this.#groups.get(name);
    if (known !== undefined) return known;
    this.#groups.set(name, this.#groups.size);
    return this.#groups.size - 1;
  }
}
