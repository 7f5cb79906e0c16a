/**
 * Decides whether a record is a listen that can be counted, and of which track. Pure: the limits of time
 * are relative to the record's own timestamp, so a replay years later decides the same.
 */
import { isUtf8 } from 'node:buffer';
import type { Listen, ListenKind } from '../../schemas/records';
import type { InputRecord, ProcessorDefinition } from '../../src/engine/processor';
import { quoted, type Rejection, type RejectionReason } from './rejection-reasons';
import { isUuid, trackIdOfNames } from './track-id';

/** 2002-10-01, before which ListenBrainz takes no listens: the first ones were recorded then. */
const LISTENED_AT_MIN = Date.UTC(2002, 9, 1) / 1000;

/** Clocks differ and time zones are mistaken, by a day at most. */
const FUTURE_SECONDS_MAX = 24 * 60 * 60;

export interface AcceptedListen {
  readonly user: string;
  readonly kind: ListenKind;
  /** A lower-case UUID. */
  readonly trackId: string;
  /** Unix seconds. */
  readonly listenedAt: number;
  /** Trimmed; empty where unknown, as are the other names. */
  readonly artistName: string;
  readonly trackName: string;
  readonly releaseName: string;
  /** The record's timestamp, milliseconds since 1970. */
  readonly producedAtMs: number;
}

export interface ListenRecord {
  readonly key: Buffer | null;
  readonly listen: Listen;
  /** The record's own, milliseconds since 1970. */
  readonly timestampMs: number;
}

export function cleanListens(): ProcessorDefinition<InputRecord<Listen>, AcceptedListen> {
  return {
    name: 'clean-listen',
    build: (context) => ({
      process: ({ key, value, timestampMs }) => {
        const cleaned = cleanListen({ key, listen: value, timestampMs });
        if ('reason' in cleaned) context.deadLetter(cleaned.reason, cleaned.detail);
        else context.forward(cleaned);
      },
    }),
  };
}

/** The first rule that is broken decides the reason. */
export function cleanListen(record: ListenRecord): AcceptedListen | Rejection {
  const { key, listen, timestampMs } = record;
  if (key === null || key.length === 0) return rejection('USER_MISSING', 'the record has no key');
  if (!isUtf8(key)) return rejection('USER_MISSING', 'the key is not UTF-8');
  const user = key.toString('utf8');
  if (user.trim() === '') return rejection('USER_MISSING', 'the key is blank');
  const rejected = nulRejection(user, listen) ?? timeRejection(listen.listened_at, timestampMs);
  if (rejected) return rejected;
  const names = {
    artistName: listen.artist_name?.trim() ?? '',
    trackName: listen.track_name?.trim() ?? '',
    releaseName: listen.release_name?.trim() ?? '',
  };
  const identity = givenId(listen) ?? namesRejection(listen) ?? trackIdOfNames(names);
  if (typeof identity !== 'string') return identity;
  return {
    user,
    kind: listen.kind,
    trackId: identity,
    listenedAt: listen.listened_at as number,
    ...names,
    producedAtMs: timestampMs,
  };
}

function rejection(reason: RejectionReason, detail: string): Rejection {
  return { reason, detail };
}

/** NUL separates user and track in keys, and names in the ids made of them. */
function nulRejection(user: string, listen: Listen): Rejection | undefined {
  if (!hasNul(user) && !TEXTS.some((field) => hasNul(listen[field]))) return undefined;
  const where = hasNul(user) ? 'the user' : TEXTS.find((field) => hasNul(listen[field]));
  return rejection('NUL_CHARACTER', `${where} has one`);
}

const TEXTS = [
  'recording_mbid',
  'recording_msid',
  'artist_name',
  'track_name',
  'release_name',
] as const;

function hasNul(text: string | null): boolean {
  return text?.includes('\0') ?? false;
}

function timeRejection(listenedAt: number | null, timestampMs: number): Rejection | undefined {
  if (listenedAt === null) return rejection('LISTENED_AT_MISSING', 'listened_at is null');
  if (listenedAt < LISTENED_AT_MIN) {
    return rejection('LISTENED_AT_TOO_EARLY', `listened_at is ${listenedAt}`);
  }
  const latest = Math.floor(timestampMs / 1000) + FUTURE_SECONDS_MAX;
  if (listenedAt <= latest) return undefined;
  return rejection('LISTENED_AT_IN_FUTURE', `listened_at is ${listenedAt}, at most ${latest}`);
}

/**
 * The track's id where one is given. An empty id is none. Like ListenBrainz, a given id that is no UUID
 * spoils the whole listen, whatever the other one is: its sender is mistaken about what it sends.
 */
function givenId(listen: Listen): string | Rejection | undefined {
  const mbid = listen.recording_mbid?.trim() ?? '';
  const msid = listen.recording_msid?.trim() ?? '';
  if (mbid !== '' && !isUuid(mbid)) {
    return rejection('ID_NOT_UUID', `recording_mbid is ${quoted(mbid)}`);
  }
  if (msid !== '' && !isUuid(msid)) {
    return rejection('ID_NOT_UUID', `recording_msid is ${quoted(msid)}`);
  }
  return (mbid || msid).toLowerCase() || undefined;
}

function namesRejection(listen: Listen): Rejection | undefined {
  if (listen.artist_name?.trim() === '') return rejection('NAMES_EMPTY', 'artist_name is empty');
  if (listen.track_name?.trim() === '') return rejection('NAMES_EMPTY', 'track_name is empty');
  if (listen.artist_name !== null && listen.track_name !== null) return undefined;
  return rejection('TRACK_MISSING', 'neither an id nor both names are given');
}
