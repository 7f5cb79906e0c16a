/**
 * Tables beside files of listens, as published: the MSID mapping, the canonical recording redirects (CSV), and the
 * study's tracks (Parquet), which are a mapping and have names.
 */
import { SegueError } from '../../src/errors';
import { isUuid } from '../by-user/track-id';
import type { ListenSource } from './listen-source';
import { readRows } from './read-rows';
import { TrackNames } from './track-names';
import { UuidMap } from './uuid-map';

export interface IdColumns {
  readonly from: string;
  readonly to: string;
}

export const MSID_MAPPING: IdColumns = { from: 'recording_msid', to: 'recording_mbid' };
export const REDIRECTS: IdColumns = {
  from: 'recording_mbid',
  to: 'canonical_recording_mbid',
};

/** Rows without a target (a mapping's no_match) are left out. Throws INPUT_UNREADABLE with the line, MEMORY_EXCEEDED. */
export async function readIdMap(
  source: ListenSource,
  { from, to }: IdColumns,
  map: UuidMap = new UuidMap(),
): Promise<UuidMap> {
  await readRows(source, [from, to], ([key, value], line) => {
    if (value === '') return;
    checkUuid(key!, line);
    checkUuid(value!, line);
    map.set(key!, value!);
  });
  return map;
}

/** Throws as `readIdMap` does. */
export async function readTrackNames(source: ListenSource): Promise<TrackNames> {
  const names = new TrackNames();
  const columns = ['recording_msid', 'artist_name', 'track_name'];
  await readRows(source, columns, ([msid, artist, title], line) => {
    checkUuid(msid!, line);
    names.add(msid!, { artist: artist!, title: title! });
  });
  return names;
}

function checkUuid(id: string, line: number): void {
  if (isUuid(id)) return;
  throw new SegueError(
    'INPUT_UNREADABLE',
    `line ${line}: expected a UUID, got ${JSON.stringify(id.slice(0, 60))}`,
  );
}
