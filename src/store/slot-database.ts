/**
 * One slot's database: all its stores (told apart by key prefix), its last progress record, and – written in the same
 * atomic batch – the changelog positions that this content stands for.
 */
import { SegueError } from '../errors';
import type { Level } from './level';

export interface Write {
  readonly key: string;
  /** null deletes. */
  readonly value: Buffer | null;
}

/** What the content of the database stands for. */
export interface SlotMark {
  /** Topic → next changelog offset not contained. */
  readonly changelogs: Readonly<Record<string, number>>;
  /** Which boot of which machine wrote it: after a machine crash unsynced pages may be missing. */
  readonly bootId: string;
  /** True after a clean stop, when everything was synced. */
  readonly clean: boolean;
  readonly writtenAtMs: number;
  /** Topic → schema ids that its values were written under. */
  readonly writers: Readonly<Record<string, readonly number[]>>;
}

const MARK_KEY = '\u0001mark';
const PROGRESS_KEY = '\u0001progress';
/** Above every character that a key may hold, in the order of UTF-8 bytes, in which U+FFFF is no last one. */
const LAST = '\u{10ffff}';

export class SlotDatabase {
  constructor(private readonly level: Level) {}

  mark(): SlotMark | undefined {
    const bytes = this.get(MARK_KEY);
    return bytes === undefined ? undefined : (JSON.parse(bytes.toString('utf8')) as SlotMark);
  }

  /** The slot's last progress record, as encoded. */
  progress(): Buffer | undefined {
    return this.get(PROGRESS_KEY);
  }

  /** Throws STORE_CORRUPT, as all that reads does. */
  get(key: string): Buffer | undefined {
    try {
      return this.level.getSync(key);
    } catch (error) {
      throw corruptIfSo(error);
    }
  }

  /** Key and value pairs under a prefix, from one snapshot. */
  entries(prefix: string): AsyncIterable<[string, Buffer]> {
    return readAhead(this.level, prefix);
  }

  /** In order from behind `after`, at most `limit`, under a prefix. */
  async entriesAfter(prefix: string, after: string, limit: number): Promise<[string, Buffer][]> {
    try {
      return await this.level.iterator({ gt: after, lt: prefix + LAST, limit }).all();
    } catch (error) {
      throw corruptIfSo(error);
    }
  }

  async keysAfter(prefix: string, after: string, limit: number): Promise<string[]> {
    try {
      return await this.level.keys({ gt: after, lt: prefix + LAST, limit }).all();
    } catch (error) {
      throw corruptIfSo(error);
    }
  }

  /**
   * One atomic batch: content, mark and (where given) progress. Throws STORE_CORRUPT, STORE_UNWRITABLE: then the database has to be
   * opened anew, since LevelDB takes no further write after one that failed.
   */
  async apply(
    writes: readonly Write[],
    mark: SlotMark,
    progress?: Buffer,
    sync = false,
  ): Promise<void> {
    const batch = this.level.batch();
    for (const { key, value } of writes) {
      if (value === null) batch.del(key);
      else batch.put(key, value);
    }
    if (progress !== undefined) batch.put(PROGRESS_KEY, progress);
    batch.put(MARK_KEY, Buffer.from(JSON.stringify(mark), 'utf8'));
    await orUnwritable(batch.write({ sync } as object));
  }

  /** Throws STORE_UNWRITABLE. */
  async wipe(): Promise<void> {
    await orUnwritable(this.level.clear());
  }

  async close(): Promise<void> {
    await this.level.close();
  }
}

async function orUnwritable(written: Promise<void>): Promise<void> {
  try {
    await written;
  } catch (error) {
    if (isCorruption(error)) throw corruptIfSo(error);
    const { message, cause } = error as Error;
    throw new SegueError(
      'STORE_UNWRITABLE',
      `expected to write the local store, but it failed: ${cause instanceof Error ? cause.message : message}; make room on ` +
        'the disk and check its permissions',
      { cause: error, retriable: true },
    );
  }
}

/** A file that was cut or changed is noticed only when it is read: at any time, by any key. */
function isCorruption(error: unknown): boolean {
  return [error, (error as Error).cause].some((one) => {
    const { code, message } = (one ?? {}) as { code?: string; message?: string };
    // A table is mapped into memory; reading behind its end is an invalid argument.
    const isCut = /^IO error: .*\.ldb: Invalid argument/.test(message ?? '');
    return code === 'LEVEL_CORRUPTION' || /^Corruption: /.test(message ?? '') || isCut;
  });
}

function corruptIfSo(error: unknown): unknown {
  if (!isCorruption(error)) return error;
  return new SegueError(
    'STORE_CORRUPT',
    `expected a readable local store, but a part of it is damaged: ${(error as Error).message}`,
    { cause: error, retriable: true },
  );
}

const READ_AHEAD = 1000;

async function* readAhead(level: Level, prefix: string): AsyncGenerator<[string, Buffer]> {
  const iterator = level.iterator({ gte: prefix, lt: prefix + LAST, fillCache: false } as object);
  try {
    for (;;) {
      const entries = await iterator.nextv(READ_AHEAD).catch((error) => {
        throw corruptIfSo(error);
      });
      if (entries.length === 0) return;
      yield* entries as [string, Buffer][];
    }
  } finally {
    await iterator.close();
  }
}
