/** Rows of a table that stands beside files of listens, as CSV or Parquet, packed or not: some of its columns, as texts. */
import { SegueError } from '../../src/errors';
import { collect, unwrap } from './decompress';
import { splitFields } from './delimited-listens';
import type { ListenSource } from './listen-source';
import { ParquetTable } from './parquet-table';
import { memoryAccess } from './random-access';
import { splitLines } from './split-lines';

const LINE_BYTES_MAX = 1024 * 1024;
const PARQUET_BYTES_MAX = 512 * 1024 * 1024;

/** Values in the order of the names, empty where there is none; the line, or row of Parquet, from 1. */
export type TakeRow = (values: readonly string[], line: number) => void;

/** Throws INPUT_UNREADABLE with the line, and what `take` throws. */
export async function readRows(
  source: ListenSource,
  names: readonly string[],
  take: TakeRow,
): Promise<void> {
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
    await readParquet(await ParquetTable.open(file), names, take);
    return;
  }
  let row: ((text: string, line: number) => void) | undefined;
  for await (const lines of splitLines(chunks, LINE_BYTES_MAX))
    for (const line of lines) {
      if ('refusal' in line)
        throw new SegueError('INPUT_UNREADABLE', `line ${line.line}: ${line.refusal.detail}`);
      if (row) row(line.text, line.line);
      else row = csvReader(line.text, names, take);
    }
}

function csvReader(header: string, names: readonly string[], take: TakeRow) {
  const there = splitFields(header, ',')?.map((name) => name.trim()) ?? [];
  checkColumns(names, there);
  const places = names.map((name) => there.indexOf(name));
  return (text: string, line: number): void => {
    const fields = splitFields(text, ',');
    if (fields?.length !== there.length) {
      const found = fields ? `${fields.length} columns` : 'a misplaced quote';
      throw new SegueError('INPUT_UNREADABLE', `line ${line}: ${found}, expected ${there.length}`);
    }
    take(
      places.map((place) => fields[place]!),
      line,
    );
  };
}

async function readParquet(
  table: ParquetTable,
  names: readonly string[],
  take: TakeRow,
): Promise<void> {
  checkColumns(names, table.columns);
  for await (const { firstRow, columns } of table.groups(names)) {
    const rows = columns[0]!.length;
    for (let row = 0; row < rows; row++) {
      const values = columns.map((column) => String(column[row] ?? ''));
      take(values, firstRow + row + 1);
    }
  }
}

function checkColumns(names: readonly string[], there: readonly string[]): void {
  if (names.every((name) => there.includes(name))) return;
  const wanted = `${names.slice(0, -1).join(', ')} and ${names.at(-1)}`;
  throw new SegueError(
    'INPUT_UNREADABLE',
    `expected the columns ${wanted}; the file has ${there.join(', ')}`,
  );
}
