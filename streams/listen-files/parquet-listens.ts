/** Listens in Parquet: ListenBrainz's Spark dump, the study's interactions, or columns that the caller names. */
import type { ListenKind } from '../../schemas/records';
import { SegueError } from '../../src/errors';
import { type ColumnRole, type Columns, idOf } from './delimited-listens';
import { type FileEntry, refusal } from './file-entry';
import { type Column, ParquetTable } from './parquet-table';
import type { RandomAccess } from './random-access';
import { toListen } from './to-listen';

export interface ParquetOptions {
  readonly columns: Columns | undefined;
  readonly user: string | undefined;
  readonly kind: ListenKind;
}

/** Names under which a role is found where the caller names none; the first that is there counts. */
const USUAL_NAMES: Readonly<Record<ColumnRole, readonly string[]>> = {
  user: ['user_id', 'user_name'],
  time: ['listened_at', 'timestamp'],
  track: [],
  mbid: ['recording_mbid'],
  msid: ['recording_msid'],
  artist: ['artist_name'],
  title: ['recording_name', 'track_name'],
  release: ['release_name'],
};

const BATCH_ROWS = 2000;

/** Entries in batches; an entry's line is its row, from 1. Throws INPUT_UNREADABLE. */
export async function* parquetListens(
  file: RandomAccess,
  options: ParquetOptions,
): AsyncIterable<readonly FileEntry[]> {
  const table = await ParquetTable.open(file);
  const roles = rolesOf(table, options);
  const names = [...roles.values()];
  for await (const { firstRow, columns } of table.groups(names)) {
    const at = new Map([...roles.keys()].map((role, place) => [role, columns[place]!]));
    const rows = columns[0]?.length ?? 0;
    for (let first = 0; first < rows; first += BATCH_ROWS) {
      const entries: FileEntry[] = [];
      for (let row = first; row < Math.min(rows, first + BATCH_ROWS); row++)
        entries.push(entryOf(at, row, firstRow + row + 1, options));
      yield entries;
    }
  }
}

function rolesOf(
  table: ParquetTable,
  { columns, user }: ParquetOptions,
): ReadonlyMap<ColumnRole, string> {
  const there = new Set(table.columns);
  const roles = new Map<ColumnRole, string>();
  for (const role of Object.keys(USUAL_NAMES) as ColumnRole[]) {
    const named = columns?.[role];
    if (named !== undefined && !there.has(named))
      throw wrongSchema(`${named} (for ${role})`, table);
    const found = columns ? named : USUAL_NAMES[role].find((name) => there.has(name));
    if (found !== undefined) roles.set(role, found);
  }
  if (!roles.has('time')) throw wrongSchema('listened_at or timestamp', table);
  if (!roles.has('user') && user === undefined) throw wrongSchema('user_id or user_name', table);
  const hasTrack = (['track', 'mbid', 'msid'] as const).some((role) => roles.has(role));
  if (!hasTrack && !(roles.has('artist') && roles.has('title')))
    throw wrongSchema('recording_mbid, recording_msid, or artist_name and recording_name', table);
  return roles;
}

function wrongSchema(wanted: string, table: ParquetTable): SegueError {
  return new SegueError(
    'INPUT_UNREADABLE',
    `expected a column ${wanted}; the file has ${table.columns.join(', ')}. ` +
      'Say --columns (such as user=user_id,time=ts,track=song_id)',
  );
}

function entryOf(
  columns: ReadonlyMap<ColumnRole, Column>,
  row: number,
  line: number,
  { user: otherwise, kind }: ParquetOptions,
): FileEntry {
  const value = (role: ColumnRole) => plain(columns.get(role)?.[row]);
  const user = value('user') ?? otherwise;
  if (user === undefined) return { line, refusal: refusal('USER_MISSING', 'the column is null') };
  const track = value('track');
  const listen = toListen(
    {
      listenedAt: value('time'),
      recordingMbid: value('mbid'),
      recordingMsid: value('msid') ?? idOf(track === undefined ? undefined : String(track)),
      artistName: value('artist'),
      trackName: value('title') ?? (track === undefined ? undefined : String(track)),
      releaseName: value('release'),
    },
    kind,
  );
  return 'reason' in listen ? { line, refusal: listen } : { line, user: String(user), listen };
}

/** Null is nothing; 64-bit integers of files are ids and times, which fit. */
function plain(value: unknown): unknown {
  if (value === null) return undefined;
  return typeof value === 'bigint' ? Number(value) : value;
}
