/** Tables of ids as published: the MSID mapping, the canonical recording redirects (CSV), or the study's tracks (Parquet). */
import { SegueError } from '../../src/errors';
import { isUuid } from '../by-user/track-id';
import { collect, unwrap } from './decompress';
import { splitFields } from './delimited-listens';
import type { ListenSource } from './listen-source';
import { ParquetTable } from './parquet-table';
import { memoryAccess } from './random-access';
import { splitLines } from './split-lines';
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

const LINE_BYTES_MAX = 1024 * 1024;
const PARQUET_BYTES_MAX = 512 * 1024 * 1024;

/** Rows without a target (a mapping's no_match) are left out. Throws INPUT_UNREADABLE with the line, MEMORY_EXCEEDED. */
export async function readIdMap(
  source: ListenSource,
  columns: IdColumns,
  map: UuidMap = new UuidMap(),
): Promise<UuidMap> {
  const { container, chunks } = await unwrap(source.chunks);
  if (container === 'tar')
    throw new SegueError(
      'INPUT_UNREADABLE',
      'expected CSV or Parquet; this is an archive: unpack it',
    );
  if (container === 'parquet') {
    const file =
      source.randomAccess ??
      memoryAccess(await collect(chunks, PARQUET_BYTES_MAX, 'unpack it and name the file'));
    await addParquet(await ParquetTable.open(file), columns, map);
    return map;
  }
  let reader: ((text: string, line: number) => void) | undefined;
  for await (const lines of splitLines(chunks, LINE_BYTES_MAX))
    for (const line of lines) {
      if ('refusal' in line)
        throw new SegueError('INPUT_UNREADABLE', `line ${line.line}: ${line.refusal.detail}`);
      if (reader) reader(line.text, line.line);
      else reader = csvReader(line.text, columns, map);
    }
  return map;
}

function csvReader(header: string, { from, to }: IdColumns, map: UuidMap) {
  const names = splitFields(header, ',')?.map((name) => name.trim()) ?? [];
  const [fromAt, toAt] = [names.indexOf(from), names.indexOf(to)];
  if (fromAt < 0 || toAt < 0) throw lacking(from, to, names);
  return (text: string, line: number): void => {
    const fields = splitFields(text, ',');
    if (fields?.length !== names.length) {
      const found = fields ? `${fields.length} columns` : 'a misplaced quote';
      throw new SegueError('INPUT_UNREADABLE', `line ${line}: ${found}, expected ${names.length}`);
    }
    add(map, fields[fromAt]!, fields[toAt]!, line);
  };
}

async function addParquet(
  table: ParquetTable,
  { from, to }: IdColumns,
  map: UuidMap,
): Promise<void> {
  if (!table.columns.includes(from) || !table.columns.includes(to))
    throw lacking(from, to, table.columns);
  for await (const { firstRow, columns } of table.groups([from, to]))
    columns[0]!.forEach((key, row) => {
      add(map, String(key ?? ''), String(columns[1]![row] ?? ''), firstRow + row + 1);
    });
}

function add(map: UuidMap, from: string, to: string, line: number): void {
  if (to === '') return;
  for (const id of [from, to])
    if (!isUuid(id))
      throw new SegueError(
        'INPUT_UNREADABLE',
        `line ${line}: expected a UUID, got ${JSON.stringify(id.slice(0, 60))}`,
      );
  map.set(from, to);
}

function lacking(from: string, to: string, names: readonly string[]): SegueError {
  return new SegueError(
    'INPUT_UNREADABLE',
    `expected the columns ${from} and ${to}; the file has ${names.join(', ')}`,
  );
}
