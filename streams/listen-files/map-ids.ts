/**
 * Listens brought up to date while they are read: where a listen has no recording_mbid, ListenBrainz's mapping may know
 * it by the msid; an mbid that was merged into another follows the redirect to the canonical one; and where it has no
 * names, a table of tracks may have them.
 */
import type { Listen } from '../../schemas/records';
import type { FileEntry } from './file-entry';
import type { TrackNames } from './track-names';
import type { UuidMap } from './uuid-map';

export interface IdMaps {
  /** recording_msid → recording_mbid. */
  readonly mapping?: UuidMap | undefined;
  /** recording_mbid → canonical recording_mbid. */
  readonly redirects?: UuidMap | undefined;
  /** recording_msid → artist and title. */
  readonly names?: TrackNames | undefined;
}

/** Redirects of redirects; a circle ends here too. */
const REDIRECTS_MAX = 8;

export function mapIds(entry: FileEntry, maps: IdMaps): FileEntry {
  if ('refusal' in entry) return entry;
  const listen = named(entry.listen, maps);
  const mbid = mbidOf(listen, maps);
  if (mbid === listen.recording_mbid) return listen === entry.listen ? entry : { ...entry, listen };
  return { ...entry, listen: { ...listen, recording_mbid: mbid } };
}

function mbidOf(listen: Listen, { mapping, redirects }: IdMaps): string | null {
  const { recording_mbid: given, recording_msid: msid } = listen;
  const found = given ?? (msid ? mapping?.get(msid) : undefined);
  if (found === undefined || found === null) return given;
  let mbid: string = found;
  for (let step = 0; step < REDIRECTS_MAX; step++) {
    const next = redirects?.get(mbid);
    if (next === undefined || next === mbid) break;
    mbid = next;
  }
  return mbid;
}

function named(listen: Listen, { names }: IdMaps): Listen {
  const { recording_msid: msid, artist_name: artist, track_name: title } = listen;
  if (names === undefined || !msid || (artist !== null && title !== null)) return listen;
  const found = names.get(msid);
  if (found === undefined) return listen;
  return {
    ...listen,
    artist_name: artist ?? (found.artist || null),
    track_name: title ?? (found.title || null),
  };
}
