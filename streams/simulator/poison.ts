/** Records that no program should fall over: one of each kind of fault, made from a good listen. */
import type { Listen } from '../../schemas/records';
import type { Random } from '../../src/random';
import type { RejectionReason } from '../by-user/rejection-reasons';
import { toListenValue } from './listen-value';
import type { SimulatedListen } from './simulated-listeners';

/** What can be wrong, and the reason with which it must end among the dead letters. */
export const POISON_REASONS = {
  'bytes-unreadable': 'UNREADABLE_BYTES',
  'bytes-cut-off': 'UNREADABLE_BYTES',
  'schema-unknown': 'UNKNOWN_SCHEMA',
  'value-missing': 'UNREADABLE_BYTES',
  'user-missing': 'USER_MISSING',
  'user-empty': 'USER_MISSING',
  'timestamp-missing': 'LISTENED_AT_MISSING',
  'timestamp-too-early': 'LISTENED_AT_TOO_EARLY',
  'timestamp-too-late': 'LISTENED_AT_IN_FUTURE',
  'id-not-uuid': 'ID_NOT_UUID',
  'track-missing': 'TRACK_MISSING',
  'names-empty': 'NAMES_EMPTY',
  'nul-character': 'NUL_CHARACTER',
} as const satisfies Readonly<Record<string, RejectionReason>>;
export type Poison = keyof typeof POISON_REASONS;
export const POISONS = Object.keys(POISON_REASONS) as readonly Poison[];

/** Either the bytes to send as they are, or a value to be encoded first. */
export interface PoisonRecord {
  readonly poison: Poison;
  readonly userId: string | null;
  readonly content: { readonly bytes: Buffer | null } | { readonly value: Listen };
}

const TOO_EARLY = Date.UTC(2002, 8, 30) / 1000;
const TWO_DAYS = 172_800;
/** A schema id that no registry hands out. */
const UNKNOWN_SCHEMA = 0x7fff_fff0;

export function makePoison(poison: Poison, listen: SimulatedListen, random: Random): PoisonRecord {
  const { userId } = listen;
  const good = toListenValue(listen);
  const of = (change: Partial<Listen>): PoisonRecord => ({
    poison,
    userId,
    content: { value: { ...good, ...change } },
  });
  const raw = (bytes: Buffer | null): PoisonRecord => ({ poison, userId, content: { bytes } });
  const makers: Readonly<Record<Poison, () => PoisonRecord>> = {
    // The first byte of the wire format is 0; this can only be something else.
    'bytes-unreadable': () => raw(garbage(random, 1 + random.below(200))),
    'bytes-cut-off': () => raw(Buffer.from([0, 0, 0])),
    'schema-unknown': () => raw(framed(UNKNOWN_SCHEMA, garbage(random, 40))),
    'value-missing': () => raw(null),
    'user-missing': () => ({ ...of({}), userId: null }),
    'user-empty': () => ({ ...of({}), userId: '' }),
    'timestamp-missing': () => of({ listened_at: null }),
    'timestamp-too-early': () => of({ listened_at: TOO_EARLY - random.below(1e9) }),
    'timestamp-too-late': () =>
      of({ listened_at: listen.listenedAt + TWO_DAYS + random.below(1e9) }),
    'id-not-uuid': () => of({ recording_mbid: `track-${random.below(1000)}` }),
    'track-missing': () => of({ recording_mbid: null, recording_msid: null, artist_name: null }),
    'names-empty': () => of({ recording_mbid: null, recording_msid: '', track_name: ' ' }),
    'nul-character': () => of({ track_name: `${listen.track.trackName}\0` }),
  };
  return makers[poison]();
}

function garbage(random: Random, length: number): Buffer {
  return Buffer.from(Array.from({ length }, () => 1 + random.below(255)));
}

function framed(schemaId: number, body: Buffer): Buffer {
  const header = Buffer.alloc(5);
  header.writeUInt32BE(schemaId, 1);
  return Buffer.concat([header, body]);
}
