/** What the streams can be told; each is a setting of the program, where it is described. */
import type { ThresholdRule } from './control/threshold';

export interface StreamSettings {
  readonly listLength: number;
  /** At most so many tracks of one artist in each `perArtistWindow` places; 0: no limit. */
  readonly perArtistMax: number;
  readonly perArtistWindow: number;
  /** Tracks with factors that a user needs for a personal list. */
  readonly tracksMin: number;
  readonly historyEntriesMax: number;
  /** Users' histories held decoded, per slot. */
  readonly profileBytesMax: number;
  readonly popularDepth: number;
  readonly popularIntervalMs: number;
  /** How often users with a popular list are given the changed one without listening themselves. */
  readonly popularRefreshMs: number;
  readonly threshold: ThresholdRule;
  readonly filterIntervalMs: number;
  /** Listeners of a new track that are kept, to give it factors between retrains; 0: it waits for the next one. */
  readonly newTrackListenersMax: number;
  readonly retrain: RetrainTriggers;
}

/** When a new model is asked for; 0 turns a trigger off. */
export interface RetrainTriggers {
  /** Distinct listens before the first model. */
  readonly firstListens: number;
  readonly ageMs: number;
  /** Listens since the last training, as a share of those trained on. */
  readonly growthShare: number;
  /** Share of recent listens on tracks without factors. */
  readonly unknownShare: number;
  /** Personal hit rate below so much of the popular one. */
  readonly qualityRatio: number;
  /** No trigger fires sooner than this after a model; twice as long after each refusal or failure in a row. */
  readonly pauseMs: number;
  /** How often they are looked at. */
  readonly checkMs: number;
}
