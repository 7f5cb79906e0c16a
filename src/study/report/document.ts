/** A report as blocks, so that the page and the text say the same. */

export type Block =
  | { readonly kind: 'heading'; readonly level: 1 | 2 | 3; readonly text: string }
  | { readonly kind: 'paragraph'; readonly text: string }
  | { readonly kind: 'list'; readonly items: readonly string[] }
  | { readonly kind: 'code'; readonly text: string }
  | TableBlock
  | ChartBlock;

export interface TableBlock {
  readonly kind: 'table';
  readonly caption: string;
  readonly columns: readonly string[];
  /** Numbers are aligned as such. */
  readonly rows: readonly (readonly (string | number)[])[];
}

export interface ChartBlock {
  readonly kind: 'chart';
  /** Also the name of its file. */
  readonly id: string;
  readonly caption: string;
  readonly svg: string;
}

export const heading = (level: 1 | 2 | 3, text: string): Block => ({
  kind: 'heading',
  level,
  text,
});
export const paragraph = (text: string): Block => ({ kind: 'paragraph', text });
export const list = (items: readonly string[]): Block => ({ kind: 'list', items });

export function table(
  caption: string,
  columns: readonly string[],
  rows: TableBlock['rows'],
): TableBlock {
  return { kind: 'table', caption, columns, rows };
}

/** For people: four digits that count, thousands apart. */
export function shown(value: number): string {
  if (!Number.isFinite(value)) return '–';
  if (Number.isInteger(value)) return value.toLocaleString('en-US');
  const size = Math.abs(value);
  if (size >= 1000) return Math.round(value).toLocaleString('en-US');
  if (size >= 1) return value.toFixed(2);
  return size >= 0.001 ? value.toFixed(4) : value.toPrecision(2);
}

/** Columns of which some cell is a number, or one written out. */
export function numericColumns({ columns, rows }: TableBlock): boolean[] {
  const isNumber = (cell: string | number | undefined) =>
    typeof cell === 'number' || /^-?[\d.,]+$/.test(cell ?? '');
  return columns.map((_, at) => rows.some((row) => isNumber(row[at])));
}
