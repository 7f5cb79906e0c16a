import fc from 'fast-check';
import { v5 } from 'uuid';
import type { Listen } from '../../../schemas/records';
import { type AcceptedListen, cleanListen } from '../../../streams/by-user/clean-listen';
import {
  REJECTION_REASONS,
  type Rejection,
  type RejectionReason,
} from '../../../streams/by-user/rejection-reasons';
import { isUuid, trackIdOfNames } from '../../../streams/by-user/track-id';

const PRODUCED_MS = Date.UTC(2024, 0, 1);
const PRODUCED = PRODUCED_MS / 1000;
const DAY = 86_400;
const MBID = 'f8d186be-5bdf-4e2d-883a-0a3c4d7a9989';
const MSID = 'a6877bfb-0256-4471-82ad-2e60a78329c7';

const LISTEN: Listen = {
  kind: 'LISTEN',
  listened_at: PRODUCED - 60,
  recording_mbid: MBID,
  recording_msid: MSID,
  artist_name: 'Portishead',
  track_name: 'Roads',
  release_name: 'Dummy',
};

const NO_IDS = { recording_mbid: null, recording_msid: null };

function clean(
  changes: Partial<Listen> = {},
  key: Buffer | string | null = 'ann',
): AcceptedListen | Rejection {
  return cleanListen({
    key: typeof key === 'string' ? Buffer.from(key) : key,
    listen: { ...LISTEN, ...changes },
    timestampMs: PRODUCED_MS,
  });
}

function accepted(changes: Partial<Listen> = {}, key?: string): AcceptedListen {
  const cleaned = clean(changes, key);
  if ('reason' in cleaned) throw new Error(`rejected: ${cleaned.reason}, ${cleaned.detail}`);
  return cleaned;
}

describe('clean-listen', () => {
  it('passes a listen on with its track id, names and times', () => {
    expect(clean()).toEqual({
      user: 'ann',
      kind: 'LISTEN',
      trackId: MBID,
      listenedAt: PRODUCED - 60,
      artistName: 'Portishead',
      trackName: 'Roads',
      releaseName: 'Dummy',
      producedAtMs: PRODUCED_MS,
    });
  });

  it('passes deletions on as such', () => {
    expect(accepted({ kind: 'DELETION' }).kind).toBe('DELETION');
  });

  it('takes the msid where there is no mbid, empty ids being none', () => {
    expect(accepted({ recording_mbid: null }).trackId).toBe(MSID);
    expect(accepted({ recording_mbid: ' ' }).trackId).toBe(MSID);
  });

  it('lower-cases ids', () => {
    expect(accepted({ recording_mbid: MBID.toUpperCase() }).trackId).toBe(MBID);
  });

  it('needs no names where there is an id', () => {
    const names = { artist_name: null, track_name: '', release_name: null };
    expect(accepted(names)).toMatchObject({ trackId: MBID, artistName: '', trackName: '' });
  });

  it('makes one stable id of the trimmed, case-folded names where no id is given', () => {
    const id = accepted(NO_IDS).trackId;
    expect(id).toBe(v5('portishead\0roads\0dummy', '5f1b7a54-0c7e-4d36-9d0a-9a3f6b1c2e80'));
    expect(accepted({ ...NO_IDS, artist_name: ' PORTISHEAD\t', track_name: 'roadS' }).trackId).toBe(
      id,
    );
  });

  it('makes another id for another release, and for none', () => {
    const ids = ['Dummy', 'Roseland', null].map(
      (release_name) => accepted({ ...NO_IDS, release_name }).trackId,
    );
    expect(new Set(ids).size).toBe(3);
    expect(accepted({ ...NO_IDS, release_name: '' }).trackId).toBe(ids[2]);
  });

  it('takes composed and decomposed characters for the same', () => {
    const [composed, decomposed] = ['Beyonc\u00e9', 'BEYONCE\u0301'];
    expect(accepted({ ...NO_IDS, artist_name: composed }).trackId).toBe(
      accepted({ ...NO_IDS, artist_name: decomposed }).trackId,
    );
  });

  it('never confuses where one name ends and the next begins', () => {
    const first = accepted({ ...NO_IDS, artist_name: 'a b', track_name: 'c' }).trackId;
    const second = accepted({ ...NO_IDS, artist_name: 'a', track_name: 'b c' }).trackId;
    expect(first).not.toBe(second);
  });

  it('takes times from 2002-10-01 to a day after the record, both included', () => {
    const earliest = Date.UTC(2002, 9, 1) / 1000;
    expect(accepted({ listened_at: earliest }).listenedAt).toBe(earliest);
    expect(accepted({ listened_at: PRODUCED + DAY }).listenedAt).toBe(PRODUCED + DAY);
  });

  const REJECTED: readonly [string, RejectionReason, Partial<Listen>, (Buffer | string | null)?][] =
    [
      ['no key', 'USER_MISSING', {}, null],
      ['an empty key', 'USER_MISSING', {}, ''],
      ['a blank key', 'USER_MISSING', {}, '  '],
      ['a key that is not UTF-8', 'USER_MISSING', {}, Buffer.from([0xff, 0xfe])],
      ['NUL in the user', 'NUL_CHARACTER', {}, 'a\0b'],
      ['NUL in a name', 'NUL_CHARACTER', { track_name: '\0Fade' }],
      ['NUL in the release', 'NUL_CHARACTER', { release_name: 'x\0' }],
      ['NUL in an id', 'NUL_CHARACTER', { recording_msid: `${MSID}\0` }],
      ['no time', 'LISTENED_AT_MISSING', { listened_at: null }],
      ['a time before 2002-10-01', 'LISTENED_AT_TOO_EARLY', { listened_at: 1033430399 }],
      ['a negative time', 'LISTENED_AT_TOO_EARLY', { listened_at: -1 }],
      ['a time too far ahead', 'LISTENED_AT_IN_FUTURE', { listened_at: PRODUCED + DAY + 1 }],
      ['milliseconds', 'LISTENED_AT_IN_FUTURE', { listened_at: PRODUCED_MS }],
      ['an mbid that is no UUID', 'ID_NOT_UUID', { recording_mbid: 'this mbid is not valid' }],
      ['an msid that is no UUID beside a good mbid', 'ID_NOT_UUID', { recording_msid: '4711' }],
      ['a UUID in braces', 'ID_NOT_UUID', { recording_mbid: `{${MBID}}` }],
      ['no id and no artist', 'TRACK_MISSING', { ...NO_IDS, artist_name: null }],
      ['no id and no track name', 'TRACK_MISSING', { ...NO_IDS, track_name: null }],
      ['no id and an empty artist', 'NAMES_EMPTY', { ...NO_IDS, artist_name: '' }],
      ['no id and a blank track name', 'NAMES_EMPTY', { ...NO_IDS, track_name: ' \t' }],
    ];

  it.each(REJECTED)('rejects %s as %s', (_, reason, changes, key = 'ann') => {
    expect(clean(changes, key)).toMatchObject({ reason });
  });

  it('tries every reason that it decides', () => {
    const engine = ['UNREADABLE_BYTES', 'UNKNOWN_SCHEMA', 'RECORD_TOO_LARGE', 'WRONG_PARTITION'];
    const tried = new Set([...engine, ...REJECTED.map(([, reason]) => reason)]);
    expect([...tried].sort()).toEqual(Object.keys(REJECTION_REASONS).sort());
  });

  const anyText = fc.option(fc.oneof(fc.string({ unit: 'binary' }), fc.constant(MBID), fc.uuid()));
  const anyListen: fc.Arbitrary<Listen> = fc.record({
    kind: fc.constantFrom('LISTEN' as const, 'DELETION' as const),
    listened_at: fc.option(fc.oneof(fc.integer(), fc.maxSafeInteger(), fc.constant(PRODUCED))),
    recording_mbid: anyText,
    recording_msid: anyText,
    artist_name: anyText,
    track_name: anyText,
    release_name: anyText,
  });

  it('accepts or rejects anything with a bounded reason, and what it accepts is usable', () => {
    fc.assert(
      fc.property(anyListen, fc.string(), (listen, user) => {
        const cleaned = clean(listen, user);
        if ('reason' in cleaned) {
          expect(REJECTION_REASONS).toHaveProperty(cleaned.reason);
          expect(cleaned.detail.length).toBeLessThan(500);
          return;
        }
        expect(isUuid(cleaned.trackId)).toBe(true);
        expect(cleaned.trackId).toBe(cleaned.trackId.toLowerCase());
        expect(cleaned.user).toBe(user);
        expect(JSON.stringify(cleaned)).not.toContain('\\u0000');
      }),
      { numRuns: 3000 },
    );
  });

  it('changes nothing when what it passed on is cleaned again', () => {
    fc.assert(
      fc.property(anyListen, (listen) => {
        const once = clean({ ...listen, listened_at: PRODUCED });
        if ('reason' in once) return;
        const again = accepted({
          ...listen,
          listened_at: once.listenedAt,
          artist_name: once.artistName,
          track_name: once.trackName,
          release_name: once.releaseName,
        });
        expect(again).toEqual(once);
      }),
      { numRuns: 2000 },
    );
  });

  it('makes ids that ignore case and outer spaces of any name', () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), fc.string(), (artistName, trackName, releaseName) => {
        const names = { artistName, trackName, releaseName };
        const shouted = {
          artistName: ` ${artistName.toUpperCase().toLowerCase()}`,
          trackName: `${trackName}\n`,
          releaseName: releaseName.toUpperCase(),
        };
        expect(trackIdOfNames(shouted)).toBe(trackIdOfNames(names));
      }),
    );
  });
});
