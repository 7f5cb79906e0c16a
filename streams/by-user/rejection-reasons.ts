/**
 * Why a listen cannot be used: the reason codes of dead letters and of `segue listen`, in one table. The
 * engine decides the first four before a processor is asked; `clean-listen` decides the others.
 */
export const REJECTION_REASONS = {
  UNREADABLE_BYTES: 'The value is missing, or is not an Avro body behind a schema id.',
  UNKNOWN_SCHEMA: 'The schema id is unknown to the registry, or names quite another record.',
  RECORD_TOO_LARGE: 'The record is larger than the setting allows.',
  WRONG_PARTITION: 'The record is not on the partition of its key; use the murmur2 partitioner.',
  USER_MISSING: 'The key, which is the user, is missing, empty or not UTF-8.',
  TRACK_MISSING: 'There is no id of the track, and no artist and track name to make one from.',
  NAMES_EMPTY: 'There is no id of the track, and its artist or track name is empty.',
  ID_NOT_UUID: 'An id of the track is given that is not a UUID; the other id does not excuse it.',
  LISTENED_AT_MISSING: 'The time of the listen is missing.',
  LISTENED_AT_TOO_EARLY: 'The time of the listen is before 2002-10-01, or not in Unix seconds.',
  LISTENED_AT_IN_FUTURE:
    'The time of the listen is more than a day after the record, or not in Unix seconds.',
  NUL_CHARACTER: 'The user, a name or an id has a NUL character.',
} as const;

export type RejectionReason = keyof typeof REJECTION_REASONS;

export interface Rejection {
  readonly reason: RejectionReason;
  /** What was found, for people; bounded in length. */
  readonly detail: string;
}

const QUOTED_LENGTH_MAX = 60;

/** A foreign text for a message: quoted, control characters escaped, cut. */
export function quoted(text: string): string {
  const cut = text.length > QUOTED_LENGTH_MAX ? `${text.slice(0, QUOTED_LENGTH_MAX)}…` : text;
  return JSON.stringify(cut);
}
