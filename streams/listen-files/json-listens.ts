/**
 * Listens in JSON, of every shape that ListenBrainz writes or takes, told apart by what is in the object:
 * - dumps: `{user_id, user_name, timestamp, recording_msid, track_metadata}`
 * - exports and API answers: `{listened_at, track_metadata: {mbid_mapping, recording_msid, …}}`
 * - submissions: `{listen_type, payload: [{listened_at, track_metadata}]}`
 *
 * Like ListenBrainz, a name that is there must not be empty, whatever ids are given.
 */
import type { ListenKind } from '../../schemas/records';
import { quoted } from '../by-user/rejection-reasons';
import { type FileEntry, type Refusal, refusal } from './file-entry';
import { toListen } from './to-listen';

export interface JsonOptions {
  /** Of listens that do not say whose they are. */
  readonly user: string | undefined;
  readonly kind: ListenKind;
}

type JsonObject = Readonly<Record<string, unknown>>;

/** All listens of a JSON text: one object, or an array of them. */
export function jsonListens(text: string, line: number, options: JsonOptions): FileEntry[] {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    return [{ line, refusal: refusal('NOT_JSON', (error as Error).message.slice(0, 200)) }];
  }
  const values = Array.isArray(value) ? value : [value];
  return values.flatMap((one) => entriesOf(one, line, options));
}

function entriesOf(value: unknown, line: number, options: JsonOptions): FileEntry[] {
  if (!isObject(value)) return [notAListen(value, line)];
  if ('payload' in value || 'listen_type' in value) return submission(value, line, options);
  const isListen = 'track_metadata' in value || 'listened_at' in value || 'timestamp' in value;
  return [isListen ? listenOf(value, line, options) : notAListen(value, line)];
}

function submission(body: JsonObject, line: number, options: JsonOptions): FileEntry[] {
  const { payload, listen_type: type } = body;
  if (!Array.isArray(payload)) return [notAListen(body, line)];
  if (type === 'playing_now') {
    return payload.map(() => ({
      line,
      refusal: refusal('PLAYING_NOW', 'the body says playing_now'),
    }));
  }
  if (type === 'single' && payload.length !== 1) {
    const detail = `it holds ${payload.length}`;
    return [{ line, refusal: refusal('SINGLE_HAS_MANY', detail) }];
  }
  if (type !== 'single' && type !== 'import') {
    const detail = `listen_type is ${quoted(String(type))}, expected single or import`;
    return [{ line, refusal: refusal('NOT_A_LISTEN', detail) }];
  }
  return payload.map((one) =>
    isObject(one) ? listenOf(one, line, options) : notAListen(one, line),
  );
}

function listenOf(value: JsonObject, line: number, options: JsonOptions): FileEntry {
  const user = userOf(value) ?? options.user;
  const metadata = value['track_metadata'];
  const refused = isObject(metadata)
    ? emptyName(metadata)
    : refusal('TRACK_MISSING', 'it has no track_metadata');
  if (refused) return { line, refusal: refused };
  if (user === undefined) {
    return { line, refusal: refusal('USER_MISSING', 'it names no user; say --user') };
  }
  const listen = toListen(foundIn(value, metadata as JsonObject), options.kind);
  return 'reason' in listen ? { line, refusal: listen } : { line, user, listen };
}

/** The mapping (a user's own choice, else the mapper's) goes before what a client claims, as in Spark dumps. */
function foundIn(value: JsonObject, metadata: JsonObject) {
  const mapping = objectAt(metadata, 'mbid_mapping');
  const info = objectAt(metadata, 'additional_info');
  return {
    listenedAt: value['listened_at'] ?? value['timestamp'],
    recordingMbid:
      mapping['recording_mbid'] || info['recording_mbid'] || value['recording_mbid'] || null,
    recordingMsid:
      value['recording_msid'] || metadata['recording_msid'] || info['recording_msid'] || null,
    artistName: metadata['artist_name'],
    trackName: metadata['track_name'],
    releaseName: metadata['release_name'],
  };
}

function emptyName(metadata: JsonObject): Refusal | undefined {
  for (const field of ['artist_name', 'track_name']) {
    const name = metadata[field];
    if (typeof name === 'string' && name.trim() === '') {
      return refusal('NAMES_EMPTY', `${field} is empty`);
    }
  }
  return undefined;
}

function userOf(value: JsonObject): string | undefined {
  for (const user of [value['user_id'], value['user_name']]) {
    if (typeof user === 'number' && Number.isSafeInteger(user)) return String(user);
    if (typeof user === 'string' && user !== '') return user;
  }
  return undefined;
}

function notAListen(value: unknown, line: number): FileEntry {
  return { line, refusal: refusal('NOT_A_LISTEN', `it is ${quoted(JSON.stringify(value))}`) };
}

function objectAt(value: JsonObject, key: string): JsonObject {
  const found = value[key];
  return isObject(found) ? found : {};
}

function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
