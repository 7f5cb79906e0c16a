/** The values of a file, which may be of any type, as the fields of a listen. */
import type { Listen, ListenKind } from '../../schemas/records';
import { quoted } from '../by-user/rejection-reasons';
import { type Refusal, refusal } from './file-entry';

/** What was found under the names that a format uses. */
export interface FoundFields {
  readonly listenedAt: unknown;
  readonly recordingMbid: unknown;
  readonly recordingMsid: unknown;
  readonly artistName: unknown;
  readonly trackName: unknown;
  readonly releaseName: unknown;
}

const INTEGER = /^[+-]?\d{1,15}$/;
const LONG_INTEGER = /^\d{16,}$/;
const ISO_TIME = /^\d{4}-\d\d-\d\d([T ]\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:?\d\d)?)?$/;

/** A listen, still to be judged by `clean-listen`; a refusal where a record cannot even say what was found. */
export function toListen(found: FoundFields, kind: ListenKind): Listen | Refusal {
  for (const name of [found.artistName, found.trackName, found.releaseName]) {
    if (name != null && typeof name !== 'string') {
      return refusal('NAME_NOT_TEXT', `a name is ${quoted(JSON.stringify(name))}`);
    }
  }
  const listenedAt = toUnixSeconds(found.listenedAt);
  if (listenedAt !== null && typeof listenedAt !== 'number') return listenedAt;
  return {
    kind,
    listened_at: listenedAt,
    recording_mbid: toId(found.recordingMbid),
    recording_msid: toId(found.recordingMsid),
    artist_name: (found.artistName as string | null | undefined) ?? null,
    track_name: (found.trackName as string | null | undefined) ?? null,
    release_name: (found.releaseName as string | null | undefined) ?? null,
  };
}

/** Fractions are cut off, as ListenBrainz does. */
export function toUnixSeconds(value: unknown): number | null | Refusal {
  if (value == null || value === '') return null;
  const seconds = typeof value === 'string' ? parseTime(value.trim()) : value;
  if (typeof seconds !== 'number' || Number.isNaN(seconds)) {
    return refusal('LISTENED_AT_UNREADABLE', `it is ${quoted(JSON.stringify(value))}`);
  }
  const whole = Math.trunc(seconds);
  if (Number.isSafeInteger(whole)) return whole;
  // Nanoseconds, which no record can carry: they are beyond 2^53.
  const reason = whole < 0 ? 'LISTENED_AT_TOO_EARLY' : 'LISTENED_AT_IN_FUTURE';
  return refusal(reason, `listened_at is ${String(value)}`);
}

function parseTime(text: string): number {
  if (INTEGER.test(text) || LONG_INTEGER.test(text)) return Number(text);
  if (!ISO_TIME.test(text)) return Number.NaN;
  // A time without a zone is UTC, never this machine's.
  const zoned = /(Z|[+-]\d\d:?\d\d)$/.test(text) || text.length === 10 ? text : `${text}Z`;
  return Date.parse(zoned.replace(' ', 'T')) / 1000;
}

/** `clean-listen` says what is wrong with an id that is no text. */
function toId(value: unknown): string | null {
  if (value == null || value === '') return null;
  return typeof value === 'string' ? value : JSON.stringify(value);
}
