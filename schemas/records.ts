/** Generated from schemas/*.avsc by `npm run generate`; a test compares. Do not edit. */

/** A record that could not be used, as it came, with the reason. Key: as it came. */
export interface DeadLetter {
  readonly reason: string;
  readonly detail: string;
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
  /** Milliseconds since 1970, of the record */
  readonly timestamp: number;
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  readonly headers: Readonly<Record<string, Buffer>>;
}

export interface TableRow {
  readonly from: number;
  /** Exclusive; null: no upper bound */
  readonly to: number | null;
  readonly count: number;
}

/** Which tracks are in, and the study's tables. Key: current. */
export interface Filter {
  /** A track is in with at least so many unique listeners */
  readonly threshold: number;
  /** Which setting decided the threshold */
  readonly rule: string;
  readonly tracks: number;
  readonly tracks_in: number;
  readonly users: number;
  readonly max_unique_listeners: number;
  /** Tracks that came in since the beginning, net of each update */
  readonly crossings_in: number;
  readonly crossings_out: number;
  /** All slots' sums added up */
  readonly sums: Readonly<Record<string, number>>;
  /** Tracks by unique listeners */
  readonly table1: readonly TableRow[];
  /** Users by unique tracks */
  readonly table2: readonly TableRow[];
}

export interface HistoryChunk {
  readonly number: number;
  /** Unix seconds of its oldest entry */
  readonly from: number;
  readonly entries: number;
  readonly plays: number;
  readonly first_listened_at: number;
  readonly last_listened_at: number;
}

/** All listens of one user of one track. Key: user id, NUL, track id; a chunk of older entries: the same, NUL, chunk number. */
export interface History {
  /** Listens not deleted, chunks included */
  readonly plays: number;
  /** Unix seconds, oldest listen not deleted; 0 without plays */
  readonly first_listened_at: number;
  /** Unix seconds, newest listen not deleted; 0 without plays */
  readonly last_listened_at: number;
  /** Ascending: 4 × Unix seconds, + 1 where that listen was heard, + 2 where it is deleted; the newest ones, older ones are in chunks */
  readonly entries: readonly number[];
  /** Ascending by from; a chunk covers the times from its own from up to the next chunk's, the last one up to the first of entries */
  readonly chunks: readonly HistoryChunk[];
}

/** Factors that a generation has for a track which came after its training. Key: <generation>/<track id>/<asked>/<offset of the last answer>; never written again. */
export interface ItemAddition {
  readonly generation: number;
  readonly track_id: string;
  readonly artist_name: string;
  readonly track_name: string;
  /** Listeners who were asked; a later record of more of them replaces an earlier one */
  readonly asked: number;
  /** Those who had factors */
  readonly listeners: number;
  /** float32, little endian; empty where nobody had any */
  readonly factors: Buffer;
}

export interface ModelItem {
  readonly track_id: string;
  readonly artist_name: string;
  readonly track_name: string;
}

/** Some items of one generation with their factors. Key: <generation>/<attempt>/<block>. */
export interface ItemFactorBlock {
  readonly generation: number;
  readonly block: number;
  /** Never reused; blocks of another attempt than the manifest's do not count */
  readonly attempt: string;
  readonly factor_count: number;
  /** Ascending by track id, over all blocks */
  readonly items: readonly ModelItem[];
  /** float32, little endian, one row an item */
  readonly factors: Buffer;
}

/** A user became a listener of a track (+1) or ceased to be one (-1). Key: track id. */
export interface ListenerChange {
  readonly change: number;
  /** Unix seconds of the listen that made the change */
  readonly listened_at: number;
  /** Whose change it is */
  readonly user: string;
  readonly artist_name: string;
  readonly track_name: string;
}

/** Unique listeners of a track. Key: track id. */
export interface ListenerCount {
  readonly listeners: number;
  /** Unix seconds of the earliest first listen, whose names are the track's */
  readonly named_at: number;
  readonly artist_name: string;
  readonly track_name: string;
  /** The listeners, ascending, while they are few; none of them from then on */
  readonly users: readonly string[];
}

/** What the listeners of one slot have to say to a new track. Key: track id. */
export interface ListenerFactors {
  readonly generation: number;
  /** Of the record on new-tracks that it answers */
  readonly attempt: number;
  /** Users of that record */
  readonly asked: number;
  readonly slot: number;
  /** Those of the slot who have factors, ascending */
  readonly users: readonly string[];
  /** Of the track, by each of them */
  readonly plays: readonly number[];
  /** float32, little endian, one row a user */
  readonly factors: Buffer;
}

export type ListenKind = 'LISTEN' | 'DELETION';

/** A user played a track at a time, or the deletion of such a listen. Key: user id. */
export interface Listen {
  readonly kind: ListenKind;
  /** Unix seconds; must be there, nullable so that a missing one can be told */
  readonly listened_at: number | null;
  readonly recording_mbid: string | null;
  readonly recording_msid: string | null;
  readonly artist_name: string | null;
  readonly track_name: string | null;
  readonly release_name: string | null;
}

export type ModelState = 'CANDIDATE' | 'PROMOTED' | 'SUPERSEDED' | 'REJECTED' | 'ROLLED_BACK' | 'FAILED' | 'CHALLENGER';

export interface Rule {
  readonly factor_count: number;
  readonly scale: string;
  readonly alpha: number;
  readonly epsilon: number;
  readonly weight_offset: number;
  readonly target_offset: number;
  readonly unobserved_weight: number;
  readonly lambda: number;
  readonly nu: number;
  readonly kappa: number;
}

export interface TrainedPosition {
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
}

/** The manifest of a generation and where it stands. Key: generation. The serving generation is the one that says PROMOTED. */
export interface Model {
  readonly generation: number;
  readonly state: ModelState;
  readonly attempt: string;
  /** The retrain request it answers */
  readonly request_offset: number;
  /** Why it was asked for */
  readonly reason: string;
  /** Why it is in this state, with the figures */
  readonly note: string;
  readonly trainer: string;
  readonly rule: Rule;
  readonly items: number;
  readonly users: number;
  readonly interactions: number;
  /** Unique listeners that a track needed to be trained on */
  readonly threshold: number;
  readonly blocks: number;
  /** CRC-32 over the blocks' factors in order */
  readonly checksum: number;
  /** float64, little endian, factor_count × factor_count */
  readonly gramian: Buffer;
  /** The same of the user factors, for new tracks between retrains */
  readonly user_gramian: Buffer;
  /** Holdout figures by name */
  readonly quality: Readonly<Record<string, number>>;
  /** The tables' end offsets that it was trained up to */
  readonly positions: readonly TrainedPosition[];
  /** Milliseconds since 1970 */
  readonly trained_at: number;
  readonly training_ms: number;
  /** Share of the users that it serves beside the promoted generation while it says CHALLENGER; 0: it was to be promoted at once */
  readonly challenger_share: number;
}

/** A track that is in and has no factors in a generation: its listeners are asked for theirs. Key: track id. */
export interface NewTrack {
  readonly generation: number;
  /** Counted from 1; above it where answers failed to come */
  readonly attempt: number;
  /** Milliseconds since 1970 */
  readonly asked_at: number;
  /** Those who are asked, ascending */
  readonly users: readonly string[];
}

export interface PopularTrack {
  readonly track_id: string;
  readonly listeners: number;
  readonly artist_name: string;
  readonly track_name: string;
}

/** The tracks of one partition with the most unique listeners, best first, ties by track id. Key: slot-<number>. All partitions' lists merged are the popular list. */
export interface PopularTracks {
  readonly tracks: readonly PopularTrack[];
}

export interface InputPosition {
  readonly topic: string;
  readonly partition: number;
  /** The next record wanted */
  readonly offset: number;
}

export interface HistogramBin {
  readonly value: number;
  readonly count: number;
}

/** The last thing each step of a slot writes: where it stands and its running sums. Key: slot-<number>. */
export interface Progress {
  readonly slot: number;
  /** Steps committed by this slot since its beginning */
  readonly step: number;
  readonly positions: readonly InputPosition[];
  /** Counters by name, exact since the beginning */
  readonly sums: Readonly<Record<string, number>>;
  /** By name: how many things have exactly this value */
  readonly histograms: Readonly<Record<string, readonly HistogramBin[]>>;
}

export type ListKind = 'PERSONAL' | 'POPULAR';

export interface RecommendedTrack {
  readonly track_id: string;
  readonly artist_name: string;
  readonly track_name: string;
  /** PERSONAL: the model's; POPULAR: unique listeners */
  readonly score: number;
  /** The user's own track that speaks most for it */
  readonly because: string | null;
}

/** A user's list. Key: user id. */
export interface Recommendations {
  readonly kind: ListKind;
  /** Of the model that scored it; null: no model yet */
  readonly generation: number | null;
  /** The generation's records on item-additions before this offset were part of the model */
  readonly additions: number;
  /** The user's partition of the listens topic is reflected up to here (next offset) */
  readonly position: number;
  /** The user's own listens at that position */
  readonly listens: number;
  /** Unix seconds of the newest of them; 0 without any */
  readonly newest_listened_at: number;
  /** Milliseconds since 1970 */
  readonly published_at: number;
  readonly tracks: readonly RecommendedTrack[];
}

export interface RequestPosition {
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
}

/** Somebody or something wants a new model. No key. */
export interface RetrainRequest {
  /** person, age, growth, unknown-tracks or quality */
  readonly reason: string;
  /** The figures behind the reason, for people */
  readonly detail: string;
  /** Milliseconds since 1970 */
  readonly requested_at: number;
  readonly trainer: string;
  /** Settings of this one run, by name */
  readonly settings: Readonly<Record<string, string>>;
  /** Input positions known when it was asked */
  readonly positions: readonly RequestPosition[];
}
