/** Where listens are read from, and how much of it has been read: a file, or a stream of unknown size. */
import { createReadStream, statSync } from 'node:fs';
import { SegueError } from '../../src/errors';
import type { Chunks } from './decompress';
import { fileAccess, type RandomAccess } from './random-access';

export interface ListenSource {
  readonly name: string;
  readonly chunks: Chunks;
  /** Of the file as it lies there, compressed or not. */
  bytesRead(): number;
  /** undefined: unknown, as of a pipe. */
  readonly bytesTotal: number | undefined;
  /** Of a file. */
  readonly randomAccess?: RandomAccess;
}

const CHUNK_BYTES = 256 * 1024;

/** Throws INPUT_UNREADABLE where there is no such file, at once or while reading. */
export function fileSource(path: string): ListenSource {
  const stat = statSync(path, { throwIfNoEntry: false });
  if (stat === undefined || stat.isDirectory()) {
    const what = stat === undefined ? 'there is nothing' : 'it is a folder';
    throw new SegueError('INPUT_UNREADABLE', `expected a file at ${path}, but ${what}`);
  }
  if (!stat.isFile()) return streamSource(path, createReadStreamLazily(path));
  const source = streamSource(path, createReadStreamLazily(path), stat.size);
  let bytesRead = 0;
  const randomAccess = fileAccess(path, stat.size, (bytes) => {
    bytesRead += bytes;
  });
  // The first chunk told that it is to be read in another way.
  const read = () => Math.max(source.bytesRead(), Math.min(stat.size, bytesRead));
  return { ...source, bytesRead: read, randomAccess };
}

export function streamSource(name: string, chunks: Chunks, bytesTotal?: number): ListenSource {
  let bytesRead = 0;
  async function* counted(): Chunks {
    for await (const chunk of chunks) {
      bytesRead += chunk.length;
      yield chunk;
    }
  }
  return { name, chunks: counted(), bytesRead: () => bytesRead, bytesTotal };
}

/** Opened at the first read: of many files only one is open at a time. */
async function* createReadStreamLazily(path: string): Chunks {
  try {
    for await (const chunk of createReadStream(path, { highWaterMark: CHUNK_BYTES })) {
      yield chunk as Buffer;
    }
  } catch (error) {
    const message = `${path} cannot be read: ${(error as Error).message}`;
    throw new SegueError('INPUT_UNREADABLE', message, { cause: error });
  }
}
