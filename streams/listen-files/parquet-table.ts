/**
 * Rows of a Parquet file, a row group at a time: that is what is in memory, in the columns that are wanted. Times come
 * as Unix seconds, whatever unit they are stored in.
 */
import type { FileMetaData } from 'hyparquet' with { 'resolution-mode': 'import' };
import { SegueError } from '../../src/errors';
import type { RandomAccess } from './random-access';

/** Values of a column for the rows of one group. */
export type Column = readonly unknown[];

/** Of the wanted columns of one row group, unpacked; about three times as much while it is read. */
const GROUP_BYTES_MAX = 256 * 1024 * 1024;

/** ES modules, which can only be imported when they are needed. */
async function library() {
  const [reader, { compressors }] = await Promise.all([
    import('hyparquet'),
    import('hyparquet-compressors'),
  ]);
  return { ...reader, compressors };
}

export class ParquetTable {
  private constructor(
    private readonly file: RandomAccess,
    private readonly metadata: FileMetaData,
  ) {}

  /** Throws INPUT_UNREADABLE where it is no whole Parquet file. */
  static async open(file: RandomAccess): Promise<ParquetTable> {
    const { parquetMetadataAsync } = await library();
    try {
      return new ParquetTable(file, await parquetMetadataAsync(file));
    } catch (error) {
      throw unreadable('a whole Parquet file', error);
    }
  }

  /** Top-level columns. */
  get columns(): readonly string[] {
    const [root, ...rest] = this.metadata.schema;
    const names: string[] = [];
    let children = root?.num_children ?? 0;
    for (let at = 0; children > 0 && at < rest.length; children--) {
      names.push(rest[at]!.name);
      at += subtreeSize(rest, at);
    }
    return names;
  }

  get rowCount(): number {
    return Number(this.metadata.num_rows);
  }

  /** The columns of each row group, in the order of `names`, and the row (from 0) that it begins with. */
  async *groups(
    names: readonly string[],
  ): AsyncIterable<{ readonly firstRow: number; readonly columns: readonly Column[] }> {
    let firstRow = 0;
    for (const [number, group] of this.metadata.row_groups.entries()) {
      const rows = Number(group.num_rows);
      this.#assertBounded(number, names);
      this.#assertSound(number, names);
      const columns = await this.#read(names, firstRow, rows).catch((error: unknown) => {
        throw unreadable(`a whole row group ${number}, from row ${firstRow + 1}`, error);
      });
      yield { firstRow, columns };
      firstRow += rows;
    }
  }

  async #read(names: readonly string[], firstRow: number, rows: number): Promise<Column[]> {
    const { parquetRead, compressors } = await library();
    const columns = names.map(() => new Array<unknown>(rows).fill(null));
    await parquetRead({
      file: this.file,
      metadata: this.metadata,
      columns: [...new Set(names)],
      rowStart: firstRow,
      rowEnd: firstRow + rows,
      compressors,
      parsers: SECONDS,
      onChunk: ({ columnName, columnData, rowStart }) => {
        names.forEach((name, place) => {
          if (name !== columnName) return;
          for (let k = 0; k < columnData.length; k++)
            columns[place]![rowStart - firstRow + k] = columnData[k];
        });
      },
    });
    return columns;
  }

  /** A damaged count of rows must be told before memory is taken for so many. */
  #assertSound(number: number, names: readonly string[]): void {
    const { num_rows: rows, columns } = this.metadata.row_groups[number]!;
    for (const { meta_data: column } of columns) {
      const isFlat =
        column?.path_in_schema.length === 1 && names.includes(column.path_in_schema[0]!);
      if (!isFlat || column.num_values === rows) continue;
      throw unreadable(
        `a whole row group ${number}`,
        new Error(`${rows} rows, but ${column.num_values} values of ${column.path_in_schema[0]}`),
      );
    }
  }

  #assertBounded(number: number, names: readonly string[]): void {
    const wanted = new Set(names);
    const bytes = this.metadata.row_groups[number]!.columns.reduce((sum, { meta_data }) => {
      const isWanted = meta_data && wanted.has(meta_data.path_in_schema[0]!);
      return sum + (isWanted ? Number(meta_data.total_uncompressed_size) : 0);
    }, 0);
    if (bytes <= GROUP_BYTES_MAX) return;
    throw new SegueError(
      'INPUT_UNREADABLE',
      `expected row groups of at most ${GROUP_BYTES_MAX} bytes; row group ${number} takes ${bytes}: ` +
        'write the file with smaller ones',
    );
  }
}

/** hyparquet asks these for values of timestamp columns. */
const SECONDS = {
  timestampFromMilliseconds: (value: bigint) => Number(value) / 1e3,
  timestampFromMicroseconds: (value: bigint) => Number(value) / 1e6,
  timestampFromNanoseconds: (value: bigint) => Number(value) / 1e9,
};

function subtreeSize(schema: readonly { num_children?: number }[], at: number): number {
  let size = 1;
  for (let child = schema[at]!.num_children ?? 0; child > 0; child--)
    size += subtreeSize(schema, at + size);
  return size;
}

function unreadable(what: string, error: unknown): SegueError {
  if (error instanceof SegueError) return error;
  return new SegueError(
    'INPUT_UNREADABLE',
    `expected ${what}, got: ${(error as Error).message}; fetch the file again`,
    { cause: error },
  );
}
