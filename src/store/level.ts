/**
 * The local database port is `abstract-level` itself: classic-level on disk, memory-level in tests and
 * simulations. This is the only file that opens one.
 */
import type { AbstractLevel } from 'abstract-level';
import { ClassicLevel } from 'classic-level';
import { MemoryLevel } from 'memory-level';
import { SegueError } from '../errors';

export type Level = AbstractLevel<string | Buffer | Uint8Array, string, Buffer>;

const ENCODINGS = { keyEncoding: 'utf8', valueEncoding: 'buffer' } as const;

export interface LevelMemory {
  /** Bytes of LevelDB's block cache. */
  readonly blockCacheBytes: number;
  /** Bytes of one write buffer; LevelDB holds two. */
  readonly writeBufferBytes: number;
}

/** Opens or creates a database on disk. Throws STORE_LOCKED, STORE_CORRUPT. */
export async function openClassicLevel(directory: string, memory: LevelMemory): Promise<Level> {
  const level = new ClassicLevel<string, Buffer>(directory, {
    ...ENCODINGS,
    cacheSize: memory.blockCacheBytes,
    writeBufferSize: memory.writeBufferBytes,
    maxFileSize: 8 * 1024 * 1024,
  });
  try {
    await level.open();
  } catch (error) {
    throw openError(directory, error);
  }
  return level as unknown as Level;
}

export async function openMemoryLevel(): Promise<Level> {
  const level = new MemoryLevel<string, Buffer>({ ...ENCODINGS, storeEncoding: 'buffer' });
  await level.open();
  return level as unknown as Level;
}

function openError(directory: string, error: unknown): SegueError {
  const cause = (error as { cause?: { code?: string } }).cause;
  if (cause?.code === 'LEVEL_LOCKED') {
    return new SegueError(
      'STORE_LOCKED',
      `expected ${directory} to be free, but another process has it open; stop that process or use another directory`,
      { cause: error },
    );
  }
  return new SegueError(
    'STORE_CORRUPT',
    `expected a readable database in ${directory}, but opening it failed: ${String(cause ?? error)}; delete the directory to rebuild it from its topics`,
    { cause: error },
  );
}
