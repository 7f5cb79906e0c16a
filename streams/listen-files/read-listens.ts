/**
 * A file of listens, in any of the known formats and wrappings, as entries in the file's order. Nothing that stands in a
 * file stops the reading: what cannot be used becomes a refusal with its line. Only a file that is damaged, or is
 * something else, does, unless the caller wants to go on behind it.
 */
import { hasCode, SegueError } from '../../src/errors';
import { type Chunks, collect, unwrap } from './decompress';
import { type FileEntry, refusal } from './file-entry';
import { type IdMaps, mapIds } from './map-ids';
import { parquetListens } from './parquet-listens';
import { memoryAccess, type RandomAccess } from './random-access';
import { type TextOptions, textListens } from './text-listens';
import { type TarMember, untar } from './untar';

export interface ReadOptions extends TextOptions {
  /** The same file as the chunks, where it is one that can be read from anywhere. */
  readonly randomAccess?: RandomAccess | undefined;
  /** stop (unless given): throw. skip: go on with the next file of an archive; what is lost becomes one refusal. */
  readonly onDamage?: 'stop' | 'skip' | undefined;
  /** Applied to every listen. */
  readonly ids?: IdMaps | undefined;
}

/** Of Parquet that cannot be read from anywhere: in an archive, or from a pipe. Dumps have files of 128 MB. */
const PARQUET_BYTES_MAX = 512 * 1024 * 1024;

/** What of an archive is listens; dumps hold notes and licences too. */
const LISTEN_MEMBER =
  /^(?!.*(^|\/)(\.|index\.json)).*\.(listens|jsonl?|parquet|csv|tsv)(\.(gz|zst|xz))?$/i;

/** Names of other files that an error lists. */
const NAMES_MAX = 5;

/**
 * Entries in batches, about one a chunk. Throws INPUT_UNREADABLE where the format cannot be told, or the file is no
 * such file, damaged or cut short; SETTING_INVALID where the columns are not enough.
 */
export async function* readListens(
  chunks: Chunks,
  options: ReadOptions = {},
): AsyncIterable<readonly FileEntry[]> {
  for await (const batch of whole(chunks, options))
    yield options.ids ? batch.map((entry) => mapIds(entry, options.ids!)) : batch;
}

async function* whole(chunks: Chunks, options: ReadOptions): AsyncIterable<readonly FileEntry[]> {
  const place = new Place(undefined);
  try {
    const opened = await unwrap(chunks);
    if (opened.container === 'tar') yield* archive(untar(opened.chunks), options, place);
    else yield* place.follow(content(opened, options));
  } catch (error) {
    yield place.lost(error, options);
  }
}

async function* archive(
  members: AsyncIterable<TarMember>,
  options: ReadOptions,
  outer: Place,
): AsyncIterable<readonly FileEntry[]> {
  const others: string[] = [];
  let found = 0;
  for await (const { name, chunks } of members) {
    if (!LISTEN_MEMBER.test(name)) {
      if (others.length < NAMES_MAX) others.push(name);
      continue;
    }
    found++;
    const place = new Place(name);
    try {
      const opened = await unwrap(chunks);
      if (opened.container === 'tar')
        throw new SegueError(
          'INPUT_UNREADABLE',
          'expected listens, this is an archive in an archive',
        );
      yield* place.follow(content(opened, { ...options, randomAccess: undefined }));
    } catch (error) {
      yield place.lost(error, options);
      outer.told = error;
    }
  }
  if (found > 0) return;
  throw new SegueError(
    'INPUT_UNREADABLE',
    `expected files *.listens, *.jsonl, *.json, *.csv, *.tsv or *.parquet in the archive; it holds ${others.join(', ') || 'nothing'}`,
  );
}

async function* content(
  { container, chunks }: Awaited<ReturnType<typeof unwrap>>,
  options: ReadOptions,
): AsyncIterable<readonly FileEntry[]> {
  if (container !== 'parquet') {
    yield* textListens(chunks, options);
    return;
  }
  const file =
    options.randomAccess ??
    memoryAccess(await collect(chunks, PARQUET_BYTES_MAX, 'unpack it and name the file'));
  const { columns, user, kind = 'LISTEN' } = options;
  yield* parquetListens(file, { columns, user, kind });
}

/** Where in a file the reading is. */
class Place {
  #line = 0;
  /** What has been said already. */
  told: unknown;

  constructor(private readonly member: string | undefined) {}

  async *follow(batches: AsyncIterable<readonly FileEntry[]>): AsyncIterable<readonly FileEntry[]> {
    for await (const batch of batches) {
      this.#line = batch.at(-1)?.line ?? this.#line;
      yield this.member === undefined
        ? batch
        : batch.map((entry) => ({ ...entry, member: this.member! }));
    }
  }

  /** The refusal that stands for what is lost; throws where that is not wanted, or the error is another one. */
  lost(error: unknown, { onDamage = 'stop' }: ReadOptions): FileEntry[] {
    if (!hasCode(error, 'INPUT_UNREADABLE')) throw error;
    if (error === this.told) return [];
    const where = [this.member, this.#line > 0 ? `after line ${this.#line}` : undefined].filter(
      Boolean,
    );
    if (onDamage === 'stop') {
      if (where.length === 0) throw error;
      throw new SegueError(error.code, `${where.join(', ')}: ${error.message}`, { cause: error });
    }
    const lost = { line: this.#line + 1, refusal: refusal('DAMAGED', error.message) };
    return [this.member === undefined ? lost : { ...lost, member: this.member }];
  }
}
