/**
 * Ids of listens brought up to date while they are read: where a listen has no recording_mbid, ListenBrainz's mapping may
 * know it by the msid; and an mbid that was merged into another follows the redirect to the canonical one.
 */
import type { FileEntry } from './file-entry';
import type { UuidMap } from './uuid-map';

export interface IdMaps {
  /** recording_msid → recording_mbid. */
  readonly mapping?: UuidMap | undefined;
  /** recording_mbid → canonical recording_mbid. */
  readonly redirects?: UuidMap | undefined;
}

/** Redirects of redirects; a circle ends here too. */
const REDIRECTS_MAX = 8;

export function mapIds(entry: FileEntry, { mapping, redirects }: IdMaps): FileEntry {
  if ('refusal' in entry) return entry;
  const { listen } = entry;
  const given = listen.recording_mbid;
  const found = given ?? (listen.recording_msid ? mapping?.get(listen.recording_msid) : undefined);
  if (found === undefined || found === null) return entry;
  let mbid: string = found;
  for (let step = 0; step < REDIRECTS_MAX; step++) {
    const next = redirects?.get(mbid);
    if (next === undefined || next === mbid) break;
    mbid = next;
  }
  if (mbid === given) return entry;
  return { ...entry, listen: { ...listen, recording_mbid: mbid } };
}
