/** What can be set about simulated listeners, with defaults that look like the listens of the study. */
import { strict as assert } from 'node:assert';

export interface SimulationSettings {
  /** 32 bits; the same settings give the same listens, to the last byte. */
  readonly seed: number;
  /**
   * What happens in the same world: the same artists, tracks and users with other listens. Give another one to
   * go on after a restart, or everybody plays again what they have played. `seed` where absent.
   */
  readonly listenSeed: number;
  readonly users: number;
  /** Tracks there will ever be; those of the future included. At least one an artist. */
  readonly tracks: number;
  /** At least one a genre. */
  readonly artists: number;
  readonly genres: number;
  /** Unix seconds of the beginning. */
  readonly startSeconds: number;
  /**
   * Listens a second, all users together, about. The listeners live at their own pace (listensPerUserPerDay); this
   * makes their time run faster or slower: their sessions, releases and changes of taste with it. 0: real time.
   * A user never has two listens in one second, so far more than users/10 cannot be had.
   */
  readonly listensPerSecond: number;

  // The rest is in the listeners' own time.
  /** Median; a few listen hundreds of times as much as others (lognormal). */
  readonly listensPerUserPerDay: number;
  readonly listensPerSession: number;
  readonly secondsPerListen: number;
  /** Share of listens of a track the user remembers having heard. */
  readonly repeatShare: number;
  /** Share of the other listens that stay with the artist of the listen before. */
  readonly sameArtistShare: number;
  /** Share of listens outside the user's taste. */
  readonly offTasteShare: number;
  /** Share of listens that go to a new release within the user's taste, when there is one. */
  readonly newReleaseShare: number;
  readonly newReleasesPerDay: number;
  /** Share of the tracks that are not out at the beginning. */
  readonly unreleasedShare: number;
  /** Changes of one part of a user's taste. */
  readonly tasteChangesPerUserPerDay: number;
  /** Tracks that a user remembers and may repeat. */
  readonly rememberedTracks: number;
}

const DEFAULTS: SimulationSettings = {
  seed: 1,
  listenSeed: 1,
  users: 2000,
  tracks: 50_000,
  artists: 4000,
  genres: 24,
  startSeconds: 1_700_000_000,
  listensPerSecond: 0,
  listensPerUserPerDay: 12,
  listensPerSession: 10,
  secondsPerListen: 210,
  repeatShare: 0.5,
  sameArtistShare: 0.25,
  offTasteShare: 0.05,
  newReleaseShare: 0.04,
  newReleasesPerDay: 40,
  unreleasedShare: 0.1,
  tasteChangesPerUserPerDay: 0.01,
  rememberedTracks: 48,
};

/** Defaults filled in. Asserts what a caller must keep. */
export function simulationSettings(given: Partial<SimulationSettings>): SimulationSettings {
  const settings = { ...DEFAULTS, listenSeed: given.seed ?? DEFAULTS.seed, ...given };
  for (const [name, value] of Object.entries(settings))
    assert(Number.isFinite(value) && (value >= 0 || /seed$/i.test(name)), `${name} is ${value}`);
  const { users, tracks, artists, genres, rememberedTracks } = settings;
  assert(users >= 1 && genres >= 1 && artists >= genres && tracks >= artists, 'too few of them');
  assert(genres <= 65_535 && rememberedTracks >= 1 && rememberedTracks <= 1000, 'out of bounds');
  assert(settings.listensPerUserPerDay > 0 && settings.secondsPerListen > 0, 'must be above 0');
  return settings;
}
