/** How files of listens are read: the options that `listen`, `replay` and `start` share. */
import type { Listen } from '../../schemas/records';
import { parseColumns } from '../../streams/listen-files/delimited-listens';
import {
  fileSource,
  type ListenSource,
  streamSource,
} from '../../streams/listen-files/listen-source';
import type { IdMaps } from '../../streams/listen-files/map-ids';
import {
  MSID_MAPPING,
  REDIRECTS,
  readIdMap,
  readTrackNames,
} from '../../streams/listen-files/read-id-map';
import { type ReadOptions, readListens } from '../../streams/listen-files/read-listens';
import { LISTEN_FORMATS, type ListenFormat } from '../../streams/listen-files/text-listens';
import { hasCode, SegueError } from '../errors';

/** As given on a command line. */
export interface ReadingOptions {
  readonly format?: string | undefined;
  /** ROLE=COLUMN,… */
  readonly columns?: string | undefined;
  /** `\t` stands for a tab. */
  readonly separator?: string | undefined;
  readonly user?: string | undefined;
  readonly isDeletion?: boolean | undefined;
  /** Files of ids: ListenBrainz's MSID mapping, canonical redirects; a table of tracks is a mapping with names. */
  readonly msidMapping?: string | undefined;
  readonly tracks?: string | undefined;
  readonly redirects?: string | undefined;
  /** stop or skip. */
  readonly onDamage?: string | undefined;
}

/** Reads the files of ids, if any. Throws SETTING_INVALID, INPUT_UNREADABLE, MEMORY_EXCEEDED. */
export async function readOptions(options: ReadingOptions): Promise<ReadOptions> {
  const plain = plainOptions(options);
  const { tracks, msidMapping = tracks, redirects } = options;
  const ids: IdMaps = {
    mapping: await besides(msidMapping, (source) => readIdMap(source, MSID_MAPPING)),
    redirects: await besides(redirects, (source) => readIdMap(source, REDIRECTS)),
    names: await besides(tracks, readTrackNames),
  };
  return ids.mapping || ids.redirects ? { ...plain, ids } : plain;
}

function plainOptions({
  format = 'auto',
  columns,
  separator,
  user,
  isDeletion,
  onDamage = 'stop',
}: ReadingOptions): ReadOptions {
  if (onDamage !== 'stop' && onDamage !== 'skip') {
    throw new SegueError(
      'SETTING_INVALID',
      `expected --on-damage stop or skip; got ${JSON.stringify(onDamage)}`,
    );
  }
  if (!LISTEN_FORMATS.includes(format as ListenFormat)) {
    throw new SegueError(
      'SETTING_INVALID',
      `expected --format ${LISTEN_FORMATS.join(', ')}; got ${JSON.stringify(format)}`,
    );
  }
  return {
    format: format as ListenFormat,
    columns: columns === undefined ? undefined : parseColumns(columns),
    separator: separator?.replaceAll('\\t', '\t'),
    user,
    kind: isDeletion ? 'DELETION' : 'LISTEN',
    onDamage,
  };
}

/** A table beside the listens, if there is one. */
async function besides<T>(
  file: string | undefined,
  read: (source: ListenSource) => Promise<T>,
): Promise<T | undefined> {
  if (!file) return undefined;
  try {
    return await read(sourceOf(file));
  } catch (error) {
    throw namingFile(error, file);
  }
}

/** A path; `-` is the standard input. */
export function sourceOf(file: string): ListenSource {
  return file === '-' ? streamSource('standard input', process.stdin) : fileSource(file);
}

/** The error with the name of its file in it. */
export function namingFile(error: unknown, file: string): unknown {
  if (!hasCode(error, 'INPUT_UNREADABLE') || error.message.includes(file)) return error;
  return new SegueError(error.code, `${file}: ${error.message}`, { cause: error });
}

export interface ReadFile {
  readonly listens: { readonly user: string; readonly listen: Listen }[];
  readonly refused: number;
}

/** A whole file in memory, at most `limit` listens of it. Throws INPUT_UNREADABLE, SETTING_INVALID. */
export async function readListenFile(
  file: string,
  options: ReadingOptions,
  limit = Number.POSITIVE_INFINITY,
): Promise<ReadFile> {
  const listens: ReadFile['listens'] = [];
  let refused = 0;
  try {
    const { chunks, randomAccess } = sourceOf(file);
    const read = { ...(await readOptions(options)), randomAccess };
    for await (const entries of readListens(chunks, read)) {
      for (const entry of entries) {
        if ('refusal' in entry) refused += 1;
        else if (listens.length < limit) listens.push(entry);
      }
      if (listens.length >= limit) break;
    }
  } catch (error) {
    throw namingFile(error, file);
  }
  return { listens, refused };
}
