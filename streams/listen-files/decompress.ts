/** Plain bytes out of a file that is compressed by gzip, Zstandard or xz. Memory is bounded by their windows. */
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import { Decompress as ZstdDecompress } from 'fzstd';
import { XzReadableStream } from 'xz-decompress';
import { SegueError } from '../../src/errors';
import { CONTAINER_HEAD_BYTES, type Container, containerOf } from './container';

export type Chunks = AsyncIterable<Buffer>;

const DECOMPRESSORS: Readonly<Partial<Record<Container, (chunks: Chunks) => Chunks>>> = {
  gzip: gunzip,
  zstd: decompressZstd,
  xz: decompressXz,
};

/** A compressed file that holds a compressed file that holds … is an attack, not a dump. */
const LAYERS_MAX = 3;

export interface Unwrapped {
  /** undefined: text. */
  readonly container: 'tar' | 'parquet' | undefined;
  readonly chunks: Chunks;
}

/** Takes compression off. Throws INPUT_UNREADABLE for other containers, and where a file is cut short or damaged. */
export async function unwrap(chunks: Chunks): Promise<Unwrapped> {
  let all = chunks;
  for (let layer = 0; layer <= LAYERS_MAX; layer++) {
    const [head, whole] = await withHead(all, CONTAINER_HEAD_BYTES);
    const container = containerOf(head);
    if (container === undefined || container === 'tar' || container === 'parquet')
      return { container, chunks: whole };
    const decompress = DECOMPRESSORS[container];
    if (decompress === undefined) {
      throw new SegueError(
        'INPUT_UNREADABLE',
        'expected text, Parquet or a tar archive, plain or compressed by gzip, zstd or xz; ' +
          `this is compressed by ${container}: unpack it first and send what is in it`,
      );
    }
    all = decompress(whole);
  }
  throw new SegueError('INPUT_UNREADABLE', `expected at most ${LAYERS_MAX} layers of compression`);
}

async function* gunzip(chunks: Chunks): Chunks {
  const gunzipper = createGunzip();
  // The reader below sees a failure as the end of its loop; the pipeline's own promise would tell it twice.
  const piped = pipeline(Readable.from(chunks), gunzipper).catch(() => undefined);
  try {
    for await (const chunk of gunzipper) yield chunk as Buffer;
  } catch (error) {
    const { code } = error as { code?: unknown };
    throw String(code).startsWith('Z_') ? damaged('gzip', error) : error;
  } finally {
    gunzipper.destroy();
    await piped;
  }
}

/** In JavaScript, since Node has it from version 22.15 only; dumps are compressed with windows that it can hold. */
async function* decompressZstd(chunks: Chunks): Chunks {
  let ready: Buffer[] = [];
  const decompressor = new ZstdDecompress((chunk) => {
    if (chunk.length > 0) ready.push(Buffer.from(chunk));
  });
  const push = (chunk: Uint8Array, isLast: boolean): Buffer[] => {
    try {
      decompressor.push(chunk, isLast);
    } catch (error) {
      throw damaged('zstd', error);
    }
    const taken = ready;
    ready = [];
    return taken;
  };
  for await (const chunk of chunks) yield* push(chunk, false);
  yield* push(new Uint8Array(0), true);
}

async function* decompressXz(chunks: Chunks): Chunks {
  // What the source throws must not look like damage.
  let failure: unknown;
  async function* watched(): Chunks {
    try {
      yield* chunks;
    } catch (error) {
      failure = error;
      throw error;
    }
  }
  const reader = new XzReadableStream(ReadableStream.from(watched())).getReader();
  try {
    for (let next = await reader.read(); !next.done; next = await reader.read())
      yield Buffer.from(next.value);
  } catch (error) {
    throw failure ?? damaged('xz', error);
  } finally {
    await reader.cancel().catch(() => undefined);
  }
}

function damaged(format: Container, error: unknown): SegueError {
  return new SegueError(
    'INPUT_UNREADABLE',
    `expected a whole ${format} file, got: ${(error as Error).message}; fetch the file again`,
    { cause: error },
  );
}

/** The first bytes, and everything with them. */
export async function withHead(chunks: Chunks, bytes: number): Promise<[Buffer, Chunks]> {
  const iterator = chunks[Symbol.asyncIterator]();
  const first: Buffer[] = [];
  let length = 0;
  while (length < bytes) {
    const next = await iterator.next();
    if (next.done) break;
    first.push(next.value);
    length += next.value.length;
  }
  return [Buffer.concat(first), continued(first, iterator)];
}

async function* continued(first: readonly Buffer[], rest: AsyncIterator<Buffer>): Chunks {
  try {
    yield* first;
    for (let next = await rest.next(); !next.done; next = await rest.next()) yield next.value;
  } finally {
    await rest.return?.();
  }
}

/** All of it in memory. Throws INPUT_UNREADABLE beyond `bytesMax`, with `what` to do instead. */
export async function collect(chunks: Chunks, bytesMax: number, what: string): Promise<Buffer> {
  const parts: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of chunks) {
    bytes += chunk.length;
    if (bytes > bytesMax) {
      throw new SegueError('INPUT_UNREADABLE', `expected at most ${bytesMax} bytes; ${what}`);
    }
    parts.push(chunk);
  }
  return Buffer.concat(parts);
}
