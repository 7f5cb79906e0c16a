/**
 * Genres, their artists, their tracks. Numbers only, and laid out so that drawing needs no tables: artists of a
 * genre are neighbours, best known first, and so are the tracks of an artist.
 *
 * A genre falls into scenes: every artist whose place in the genre is j modulo the number of scenes belongs to
 * scene j. Listeners keep to scenes, and that is what can be learnt from listens beyond popularity.
 */
import type { Random } from '../../src/random';
import { drawRank, proportionalStarts } from './power-law';
import type { SimulationSettings } from './settings';

const ARTISTS_PER_SCENE = 20;
/** New releases that a genre's listeners have in view; older ones are found like any other track. */
const NEW_RELEASES_IN_VIEW = 8;
const RELEASE_ATTEMPTS = 8;

export class Catalogue {
  readonly artistOfTrack: Int32Array;
  private readonly genreStarts: Int32Array;
  private readonly trackStarts: Int32Array;
  private readonly genreOfArtist: Uint16Array;
  private readonly released: Int32Array;
  /** Per genre a ring of tracks, −1 where there is none yet. */
  private readonly newReleases: Int32Array;
  private readonly newReleaseCounts: Uint32Array;
  private readonly genres: number;
  private readonly artists: number;

  constructor(settings: SimulationSettings, random: Random) {
    const { genres, artists, tracks, unreleasedShare } = settings;
    this.genres = genres;
    this.artists = artists;
    const genreWeights = Float64Array.from({ length: genres }, (_, genre) => (genre + 1) ** -0.5);
    this.genreStarts = proportionalStarts(genreWeights, artists);
    // Pareto: most artists have a few tracks, some have hundreds.
    const artistWeights = Float64Array.from({ length: artists }, () => (1 - random.next()) ** -0.6);
    this.trackStarts = proportionalStarts(artistWeights, tracks);
    this.genreOfArtist = new Uint16Array(owners(this.genreStarts));
    this.artistOfTrack = owners(this.trackStarts);
    this.released = Int32Array.from({ length: artists }, (_, artist) => {
      const size = this.trackCount(artist);
      return Math.max(1, size - Math.floor(size * unreleasedShare + random.next()));
    });
    this.newReleases = new Int32Array(genres * NEW_RELEASES_IN_VIEW).fill(-1);
    this.newReleaseCounts = new Uint32Array(genres);
  }

  drawGenre(random: Random): number {
    return drawRank(random, this.genres, 0.7);
  }

  sceneCount(genre: number): number {
    return Math.max(1, Math.floor(this.artistCount(genre) / ARTISTS_PER_SCENE));
  }

  drawArtist(random: Random, genre: number): number {
    return this.genreStart(genre) + drawRank(random, this.artistCount(genre), 1);
  }

  drawArtistOfScene(random: Random, genre: number, scene: number): number {
    const scenes = this.sceneCount(genre);
    const size = Math.ceil((this.artistCount(genre) - scene) / scenes);
    return this.genreStart(genre) + scene + scenes * drawRank(random, size, 0.9);
  }

  /** One of the tracks of the artist that are out. */
  drawTrack(random: Random, artist: number): number {
    const out = this.released[artist] as number;
    return (this.trackStarts[artist] as number) + drawRank(random, out, 1.1);
  }

  /** A new release of the genre, the latest more likely; undefined where there has been none. */
  drawNewRelease(random: Random, genre: number): number | undefined {
    const count = this.newReleaseCounts[genre] as number;
    if (count === 0) return undefined;
    const back = drawRank(random, Math.min(count, NEW_RELEASES_IN_VIEW), 1);
    const place = (count - 1 - back) % NEW_RELEASES_IN_VIEW;
    return this.newReleases[genre * NEW_RELEASES_IN_VIEW + place];
  }

  /** One more track comes out, of a better-known artist more likely. undefined when (nearly) all are out. */
  release(random: Random): number | undefined {
    for (let attempt = 0; attempt < RELEASE_ATTEMPTS; attempt++) {
      const artist = this.drawArtist(random, this.drawGenre(random));
      const out = this.released[artist] as number;
      if (out >= this.trackCount(artist)) continue;
      this.released[artist] = out + 1;
      const track = (this.trackStarts[artist] as number) + out;
      this.announce(this.genreOfArtist[artist] as number, track);
      return track;
    }
    return undefined;
  }

  get releasedTracks(): number {
    let sum = 0;
    for (let artist = 0; artist < this.artists; artist++) sum += this.released[artist] as number;
    return sum;
  }

  private announce(genre: number, track: number): void {
    const count = this.newReleaseCounts[genre] as number;
    this.newReleases[genre * NEW_RELEASES_IN_VIEW + (count % NEW_RELEASES_IN_VIEW)] = track;
    this.newReleaseCounts[genre] = count + 1;
  }

  private trackCount(artist: number): number {
    return (this.trackStarts[artist + 1] as number) - (this.trackStarts[artist] as number);
  }

  private genreStart(genre: number): number {
    return this.genreStarts[genre] as number;
  }

  private artistCount(genre: number): number {
    return (this.genreStarts[genre + 1] as number) - (this.genreStarts[genre] as number);
  }
}

/** The part that each element belongs to. */
function owners(starts: Int32Array): Int32Array {
  const all = new Int32Array(starts.at(-1) ?? 0);
  for (let part = 0; part + 1 < starts.length; part++)
    all.fill(part, starts[part] as number, starts[part + 1] as number);
  return all;
}
