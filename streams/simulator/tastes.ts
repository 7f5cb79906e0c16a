/**
 * What each user likes: three (genre, scene) pairs with weights 0.65, 0.25 and 0.1, and the tracks they remember.
 * Fixed-size arrays: memory grows with users and settings, never with listens.
 */
import type { Random } from '../../src/random';
import type { Catalogue } from './catalogue';
import { drawRank } from './power-law';
import type { SimulationSettings } from './settings';

const PARTS = 3;
const SECOND_FROM = 0.65;
const THIRD_FROM = 0.9;
/** Of the listens within a genre, how many keep to the user's scene. */
const SCENE_SHARE = 0.9;

export class Tastes {
  private readonly random: Random;
  private readonly genres: Uint16Array;
  private readonly scenes: Uint16Array;
  /** Per user a ring of tracks heard for the first time, in that order. */
  private readonly remembered: Int32Array;
  private readonly heardCounts: Uint32Array;
  private readonly lastArtists: Int32Array;

  constructor(
    private readonly settings: SimulationSettings,
    private readonly catalogue: Catalogue,
    randoms: { readonly world: Random; readonly listening: Random },
  ) {
    this.random = randoms.listening;
    const { users, rememberedTracks } = settings;
    this.genres = new Uint16Array(users * PARTS);
    this.scenes = new Uint16Array(users * PARTS);
    for (let place = 0; place < users * PARTS; place++) this.drawPart(place, randoms.world);
    this.remembered = new Int32Array(users * rememberedTracks);
    this.heardCounts = new Uint32Array(users);
    this.lastArtists = new Int32Array(users).fill(-1);
  }

  /** Some part of the user's taste becomes another one. */
  change(user: number): void {
    this.drawPart(user * PARTS + this.random.below(PARTS), this.random);
  }

  /** A session begins: it does not go on with the artist of the last one. */
  beginSession(user: number): void {
    this.lastArtists[user] = -1;
  }

  /** What the user plays now. */
  drawTrack(user: number): number {
    const { random, settings } = this;
    const heard = this.heardCounts[user] as number;
    if (heard > 0 && random.next() < settings.repeatShare) return this.repeat(user, heard);
    const track = this.discover(user);
    const place = user * settings.rememberedTracks + (heard % settings.rememberedTracks);
    this.remembered[place] = track;
    this.heardCounts[user] = heard + 1;
    this.lastArtists[user] = this.catalogue.artistOfTrack[track] as number;
    return track;
  }

  private repeat(user: number, heard: number): number {
    const { rememberedTracks } = this.settings;
    const back = drawRank(this.random, Math.min(heard, rememberedTracks), 0.6);
    const place = (heard - 1 - back) % rememberedTracks;
    return this.remembered[user * rememberedTracks + place] as number;
  }

  private discover(user: number): number {
    const { random, catalogue, settings } = this;
    const last = this.lastArtists[user] as number;
    if (last >= 0 && random.next() < settings.sameArtistShare)
      return catalogue.drawTrack(random, last);
    if (random.next() < settings.offTasteShare) {
      const anyArtist = catalogue.drawArtist(random, catalogue.drawGenre(random));
      return catalogue.drawTrack(random, anyArtist);
    }
    const u = random.next();
    const place = user * PARTS + (u < SECOND_FROM ? 0 : u < THIRD_FROM ? 1 : 2);
    const genre = this.genres[place] as number;
    if (random.next() < settings.newReleaseShare) {
      const track = catalogue.drawNewRelease(random, genre);
      if (track !== undefined) return track;
    }
    const artist =
      random.next() < SCENE_SHARE
        ? catalogue.drawArtistOfScene(random, genre, this.scenes[place] as number)
        : catalogue.drawArtist(random, genre);
    return catalogue.drawTrack(random, artist);
  }

  private drawPart(place: number, random: Random): void {
    const genre = this.catalogue.drawGenre(random);
    this.genres[place] = genre;
    this.scenes[place] = random.below(this.catalogue.sceneCount(genre));
  }
}
