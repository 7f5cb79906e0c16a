/**
 * People who listen to music, made up: an endless stream of listens in time order, from one seed.
 *
 * Every user has a pace (lognormal) and listens in sessions; within a session one listen follows the other. What
 * they play is drawn from their memory (repeats), the artist just heard, new releases, and their taste (tastes.ts)
 * over a long-tailed catalogue (catalogue.ts); tastes change and tracks come out as time goes by. So
 * there is what a recommender has to cope with: rare tracks, repeats, news, drift, cold starts.
 *
 * Memory grows with users, artists and tracks only, all of them settings. About a million listens a second.
 */
import { mulberry32, normal, type Random } from '../../src/random';
import { Catalogue } from './catalogue';
import { EventQueue } from './event-queue';
import { Names } from './names';
import { drawLength, drawWait } from './power-law';
import { type SimulationSettings, simulationSettings } from './settings';
import { Tastes } from './tastes';

export interface SimulatedTrack {
  /** recording_mbid, else recording_msid. */
  readonly trackId: string;
  /** Three of four tracks have one. */
  readonly recordingMbid: string | null;
  readonly recordingMsid: string;
  readonly artistName: string;
  readonly trackName: string;
  readonly releaseName: string | null;
}

export interface SimulatedListen {
  /** Milliseconds since 1970, never going back from one listen to the next. */
  readonly producedAtMs: number;
  /** Unix seconds; no user has two listens in one. */
  readonly listenedAt: number;
  readonly userId: string;
  readonly track: SimulatedTrack;
}

const SECONDS_PER_DAY = 86_400;
/** Spread of the users' paces; the study's listeners have a mean of 1.9 times their median, and a few extremes. */
const PACE_SIGMA = 1.1;
const PACE_FACTOR_MAX = 60;
/** Tracks whose names and ids are kept; the others are made anew, always the same. */
const TRACKS_KEPT = 1 << 16;

export class SimulatedListeners {
  readonly settings: SimulationSettings;
  /** How many times faster than ours the listeners' time runs. */
  readonly speed: number;
  private readonly random: Random;
  private readonly names: Names;
  private readonly catalogue: Catalogue;
  private readonly tastes: Tastes;
  private readonly queue: EventQueue;
  /** Mean seconds of the listeners' time from the end of a session to the next. */
  private readonly pauses: Float64Array;
  /** Listens left in the present session. */
  private readonly remaining: Int32Array;
  /** Unix seconds of each user's last listen. */
  private readonly lastSeconds: Float64Array;
  private readonly userIds: (string | undefined)[];
  private readonly artistNames: (string | undefined)[];
  private readonly tracksKept: (KeptTrack | undefined)[] = new Array(TRACKS_KEPT);
  private readonly lastAsked = new Int32Array(TRACKS_KEPT).fill(-1);
  private nextRelease: number;

  constructor(given: Partial<SimulationSettings> = {}) {
    const settings = simulationSettings(given);
    const { users, seed, listenSeed } = settings;
    this.settings = settings;
    const world = mulberry32(seed);
    this.random = mulberry32(~listenSeed);
    this.names = new Names(seed);
    this.catalogue = new Catalogue(settings, world);
    const paces = drawPaces(settings, world);
    this.tastes = new Tastes(settings, this.catalogue, { world, listening: this.random });
    this.remaining = new Int32Array(users);
    this.lastSeconds = new Float64Array(users).fill(Number.NEGATIVE_INFINITY);
    this.userIds = new Array(users);
    this.artistNames = new Array(settings.artists);
    this.pauses = paces.map((pace) => pauseFor(pace, settings));
    this.speed = speedFor(paces, settings);
    this.queue = new EventQueue(this.drawFirstTimes());
    this.nextRelease = this.drawReleaseWait();
  }

  next(): SimulatedListen {
    const { queue, settings, speed } = this;
    for (;;) {
      const { user, time } = queue;
      this.releaseUntil(time);
      const seconds = settings.startSeconds + time / speed;
      const second = Math.floor(seconds);
      const last = this.lastSeconds[user] as number;
      if (second <= last) {
        // Only when time runs so fast that a song takes less than a second.
        queue.postpone(Math.max(time, (last + 1 - settings.startSeconds) * speed));
        continue;
      }
      this.lastSeconds[user] = second;
      if ((this.remaining[user] as number) <= 0) this.beginSession(user);
      const track = this.trackOf(this.tastes.drawTrack(user));
      queue.postpone(time + this.drawNextGap(user));
      return {
        producedAtMs: Math.floor(seconds * 1000),
        listenedAt: second,
        userId: this.userId(user),
        track,
      };
    }
  }

  /** The id of a user by number, 0 … users − 1. */
  userId(user: number): string {
    const known = this.userIds[user];
    if (known !== undefined) return known;
    const made = this.names.user(user);
    this.userIds[user] = made;
    return made;
  }

  /** A track by number, 0 … tracks − 1. */
  trackOf(track: number): SimulatedTrack {
    const place = track & (TRACKS_KEPT - 1);
    const kept = this.tracksKept[place];
    if (kept?.number === track) return kept.track;
    const made = this.makeTrack(track);
    // Kept from the second time on: most tracks are rare, and short-lived objects cost next to nothing.
    if (this.lastAsked[place] === track) this.tracksKept[place] = { number: track, track: made };
    this.lastAsked[place] = track;
    return made;
  }

  /** Tracks that are out by now. */
  get releasedTracks(): number {
    return this.catalogue.releasedTracks;
  }

  private artistName(artist: number): string {
    const known = this.artistNames[artist];
    if (known !== undefined) return known;
    const made = this.names.artist(artist);
    this.artistNames[artist] = made;
    return made;
  }

  private beginSession(user: number): void {
    const { settings, random, tastes } = this;
    this.remaining[user] = drawLength(random, settings.listensPerSession);
    tastes.beginSession(user);
    // Pauses make up nearly all of a user's time, so a change that is due falls into the one just over.
    const days = (this.pauses[user] as number) / SECONDS_PER_DAY;
    if (random.next() < days * settings.tasteChangesPerUserPerDay) tastes.change(user);
  }

  /** Seconds of the listeners' time to the user's next listen. */
  private drawNextGap(user: number): number {
    const left = (this.remaining[user] as number) - 1;
    this.remaining[user] = left;
    const song = this.settings.secondsPerListen * (0.5 + this.random.next());
    return left > 0 ? song : song + drawWait(this.random, this.pauses[user] as number);
  }

  /** As if they had been listening for ever: some are in the middle of a session, the others before one. */
  private drawFirstTimes(): Float64Array {
    const { random, settings, pauses, remaining } = this;
    const session = settings.listensPerSession * settings.secondsPerListen;
    return pauses.map((pause, user) => {
      if (random.next() >= session / (session + pause)) return drawWait(random, pause);
      remaining[user] = drawLength(random, settings.listensPerSession);
      return random.next() * settings.secondsPerListen;
    });
  }

  private drawReleaseWait(): number {
    const { newReleasesPerDay } = this.settings;
    if (newReleasesPerDay === 0) return Number.POSITIVE_INFINITY;
    return drawWait(this.random, SECONDS_PER_DAY / newReleasesPerDay);
  }

  private releaseUntil(time: number): void {
    while (this.nextRelease <= time) {
      this.catalogue.release(this.random);
      this.nextRelease += this.drawReleaseWait();
    }
  }

  private makeTrack(track: number): SimulatedTrack {
    const { recordingMbid, recordingMsid, trackName } = this.names.track(track);
    return {
      trackId: recordingMbid ?? recordingMsid,
      recordingMbid,
      recordingMsid,
      artistName: this.artistName(this.catalogue.artistOfTrack[track] as number),
      trackName,
      releaseName: this.names.release(track >> 3),
    };
  }
}

interface KeptTrack {
  readonly number: number;
  readonly track: SimulatedTrack;
}

/** Listens a day of each user. */
function drawPaces({ users, listensPerUserPerDay }: SimulationSettings, random: Random) {
  return Float64Array.from({ length: users }, () => {
    const factor = Math.exp(PACE_SIGMA * normal(random));
    return listensPerUserPerDay * Math.min(factor, PACE_FACTOR_MAX);
  });
}

/** Who would have to listen more than all day long takes no pauses. */
function pauseFor(listensPerDay: number, settings: SimulationSettings): number {
  const { listensPerSession, secondsPerListen } = settings;
  const every = SECONDS_PER_DAY / listensPerDay;
  return Math.max(0, listensPerSession * (every - secondsPerListen));
}

function speedFor(paces: Float64Array, settings: SimulationSettings): number {
  const { listensPerSecond, secondsPerListen } = settings;
  if (listensPerSecond === 0) return 1;
  const own = paces.reduce(
    (sum, pace) => sum + Math.min(pace / SECONDS_PER_DAY, 1 / secondsPerListen),
    0,
  );
  return listensPerSecond / own;
}
