/** Small Parquet files of any columns. */

interface ColumnOf {
  readonly name: string;
  readonly data: readonly unknown[];
  readonly type?: 'STRING' | 'INT64' | 'TIMESTAMP' | 'INT32';
}

export async function parquetOf(
  columns: readonly ColumnOf[],
  rowGroupSize?: number,
): Promise<Buffer> {
  const { parquetWriteBuffer } = await import('hyparquet-writer');
  const columnData = columns.map(({ name, data, type }) => ({
    name,
    data: [...data],
    ...(type && { type }),
  }));
  const bytes = parquetWriteBuffer({ columnData, ...(rowGroupSize && { rowGroupSize }) });
  return Buffer.from(bytes);
}
