/** Listens in text, JSON or delimited, as entries in its order. What cannot be used becomes a refusal with its line. */
import type { ListenKind } from '../../schemas/records';
import { SegueError } from '../../src/errors';
import { quoted } from '../by-user/rejection-reasons';
import { type Chunks, withHead } from './decompress';
import { type Columns, DelimitedReader } from './delimited-listens';
import { type FileEntry, refusal } from './file-entry';
import { jsonListens } from './json-listens';
import { type SplitLine, splitLines } from './split-lines';

export const LISTEN_FORMATS = ['auto', 'json', 'delimited'] as const;

export type ListenFormat = (typeof LISTEN_FORMATS)[number];

export interface TextOptions {
  readonly format?: ListenFormat | undefined;
  readonly columns?: Columns | undefined;
  readonly separator?: string | undefined;
  readonly user?: string | undefined;
  /** DELETION: the file lists listens to be deleted. */
  readonly kind?: ListenKind | undefined;
  readonly lineBytesMax?: number | undefined;
}

const LINE_BYTES_MAX = 1024 * 1024;

/** A thousand listens of ten thousand bytes are the most that ListenBrainz takes in one body, and writes in one page. */
const DOCUMENT_BYTES_MAX = 16 * 1024 * 1024;

/** Looked at to tell the formats apart. */
const HEAD_BYTES = 64 * 1024;

type Layout = 'json lines' | 'json document' | 'delimited' | 'empty';

/**
 * Entries in batches, about one a chunk. Throws INPUT_UNREADABLE where the format cannot be told or the
 * file is no text, SETTING_INVALID where the columns are not enough.
 */
export async function* textListens(
  chunks: Chunks,
  options: TextOptions,
): AsyncIterable<readonly FileEntry[]> {
  const [head, all] = await withHead(chunks, HEAD_BYTES);
  const layout = layoutOf(head, options);
  if (layout === 'delimited') yield* readDelimited(all, options);
  else if (layout === 'json document') yield await readDocument(all, options);
  else yield* readJsonLines(all, options);
}

function layoutOf(head: Buffer, { format = 'auto', columns }: TextOptions): Layout {
  const text = head.toString('utf8').replace(/^\ufeff/, '');
  if (format === 'delimited' || (format === 'auto' && columns)) return 'delimited';
  if (text.trim() === '') return 'empty';
  // In a document written over several lines, no whole object begins at the start of a line.
  if (text.split('\n').some(isJsonObject)) return 'json lines';
  if (/^\s*[[{]/.test(text)) return 'json document';
  if (format === 'json') return 'json lines';
  throw new SegueError(
    'INPUT_UNREADABLE',
    `expected JSON; it begins ${quoted(text)}. For delimited text, say --columns ` +
      '(such as user=user_id,time=ts,track=song_id)',
  );
}

function isJsonObject(line: string): boolean {
  if (!line.startsWith('{') || line.trim() === '{') return false;
  try {
    JSON.parse(line);
    return true;
  } catch {
    return false;
  }
}

async function* readJsonLines(
  chunks: Chunks,
  options: TextOptions,
): AsyncIterable<readonly FileEntry[]> {
  const json = { user: options.user, kind: options.kind ?? 'LISTEN' };
  for await (const lines of splitLines(chunks, options.lineBytesMax ?? LINE_BYTES_MAX)) {
    yield lines.flatMap((line) =>
      'text' in line ? jsonListens(line.text, line.line, json) : line,
    );
  }
}

async function readDocument(chunks: Chunks, options: TextOptions): Promise<FileEntry[]> {
  const parts: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of chunks) {
    bytes += chunk.length;
    if (bytes > DOCUMENT_BYTES_MAX) {
      const detail = `more than ${DOCUMENT_BYTES_MAX} bytes; write one listen a line`;
      return [{ line: 1, refusal: refusal('LINE_TOO_LONG', detail) }];
    }
    parts.push(chunk);
  }
  const text = Buffer.concat(parts)
    .toString('utf8')
    .replace(/^\ufeff/, '');
  return jsonListens(text, 1, { user: options.user, kind: options.kind ?? 'LISTEN' });
}

async function* readDelimited(
  chunks: Chunks,
  options: TextOptions,
): AsyncIterable<readonly FileEntry[]> {
  let reader: DelimitedReader | undefined;
  for await (const lines of splitLines(chunks, options.lineBytesMax ?? LINE_BYTES_MAX)) {
    const entries: FileEntry[] = [];
    for (const line of lines) {
      if (!('text' in line)) entries.push(line);
      else if (reader) entries.push(reader.read(line.text, line.line));
      else reader = openDelimited(line, options);
    }
    yield entries;
  }
}

function openDelimited(
  header: SplitLine & { text: string },
  options: TextOptions,
): DelimitedReader {
  return new DelimitedReader(header.text, {
    columns: options.columns ?? {},
    separator: options.separator,
    user: options.user,
    kind: options.kind ?? 'LISTEN',
  });
}
