/**
 * The local database port is `abstract-level` itself: classic-level on disk, memory-level in tests and
 * simulations. This is the only file that opens one.
 */
import { existsSync } from 'node:fs';
import type { AbstractLevel } from 'abstract-level';
import { ClassicLevel } from 'classic-level';
import { MemoryLevel } from 'memory-level';
import { SegueError } from '../errors';
import { cutLog, cutTable, tableSizes } from './level-files';

export type Level = AbstractLevel<string | Buffer | Uint8Array, string, Buffer>;

const ENCODINGS = { keyEncoding: 'utf8', valueEncoding: 'buffer' } as const;

/**
 * An open table is mapped into memory, and what was read of it stays resident for as long. LevelDB keeps all but ten of
 * so many open, the fewest it allows: at most 64 MiB of mapped tables a database, however large it becomes.
 */
const TABLES = { maxOpenFiles: 74, maxFileSize: 1 << 20 } as const;

export interface LevelMemory {
  /** Bytes of LevelDB's block cache. */
  readonly blockCacheBytes: number;
  /** Bytes of one write buffer; LevelDB holds two. */
  readonly writeBufferBytes: number;
}

/** Opens or creates a database on disk. Throws STORE_LOCKED, STORE_UNWRITABLE, STORE_CORRUPT. */
export async function openClassicLevel(directory: string, memory: LevelMemory): Promise<Level> {
  try {
    return (await openWhole(directory, memory)) as unknown as Level;
  } catch (error) {
    throw error instanceof SegueError ? error : openError(directory, error);
  }
}

async function openWhole(
  directory: string,
  memory: LevelMemory,
): Promise<ClassicLevel<string, Buffer>> {
  const isNew = !existsSync(directory);
  const tables = isNew ? new Map<string, number>() : tableSizes(directory);
  const log = isNew ? undefined : cutLog(directory);
  if (log !== undefined) throw cutError(directory, log);
  // Only now: it opens by itself, once made.
  const level = new ClassicLevel<string, Buffer>(directory, {
    ...ENCODINGS,
    cacheSize: memory.blockCacheBytes,
    writeBufferSize: memory.writeBufferBytes,
    ...TABLES,
  });
  await level.open();
  const table = cutTable(directory, tables);
  if (table === undefined) return level;
  await level.close();
  throw cutError(directory, table);
}

export async function openMemoryLevel(): Promise<Level> {
  const level = new MemoryLevel<string, Buffer>({ ...ENCODINGS, storeEncoding: 'buffer' });
  await level.open();
  return level as unknown as Level;
}

function cutError(directory: string, file: string): SegueError {
  return new SegueError(
    'STORE_CORRUPT',
    `expected whole files in ${directory}, but ${file} is cut; delete the directory to rebuild it from its topics`,
  );
}

function openError(directory: string, error: unknown): SegueError {
  const cause = (error as { cause?: { code?: string; message?: string } }).cause;
  if (cause?.code === 'LEVEL_LOCKED') {
    return new SegueError(
      'STORE_LOCKED',
      `expected ${directory} to be free, but another process has it open; stop that process or use another directory`,
      { cause: error },
    );
  }
  if (cause?.code === 'LEVEL_IO_ERROR' && isPassing(String(cause.message))) {
    return new SegueError(
      'STORE_UNWRITABLE',
      `expected to write into ${directory}, but opening it failed: ${cause.message}; make room on the disk, raise the limit ` +
        'or set the permissions',
      { cause: error, retriable: true },
    );
  }
  return new SegueError(
    'STORE_CORRUPT',
    `expected a readable database in ${directory}, but opening it failed: ${String(cause ?? error)}; delete the directory to rebuild it from its topics`,
    { cause: error },
  );
}

/** What is wrong with the machine and not with the content, which must not be thrown away for it. */
function isPassing(message: string): boolean {
  return /No space left|quota exceeded|Too many open files|Permission denied|Read-only file/i.test(
    message,
  );
}
