/** Plain bytes out of a file, whatever its name says: gzip is recognised by its first bytes. */
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import { SegueError } from '../../src/errors';

export type Chunks = AsyncIterable<Buffer>;

interface Container {
  readonly name: string;
  readonly at: number;
  readonly magic: Buffer;
}

const GZIP = Buffer.from([0x1f, 0x8b]);

const UNREAD: readonly Container[] = [
  { name: 'a Zstandard archive', at: 0, magic: Buffer.from([0x28, 0xb5, 0x2f, 0xfd]) },
  { name: 'an xz archive', at: 0, magic: Buffer.from([0xfd, 0x37, 0x7a, 0x58, 0x5a]) },
  { name: 'a zip archive', at: 0, magic: Buffer.from('PK\x03\x04', 'latin1') },
  { name: 'a bzip2 archive', at: 0, magic: Buffer.from('BZh') },
  { name: 'a Parquet file', at: 0, magic: Buffer.from('PAR1') },
  { name: 'a tar archive', at: 257, magic: Buffer.from('ustar') },
];

/** Bytes needed to recognise every one of them. */
const HEAD_BYTES = 512;

/** Throws INPUT_UNREADABLE for other containers, and where a gzip file is cut short or damaged. */
export async function* decompress(chunks: Chunks): Chunks {
  const [head, all] = await withHead(chunks, HEAD_BYTES);
  const container = UNREAD.find(({ at, magic }) =>
    head.subarray(at, at + magic.length).equals(magic),
  );
  if (container) {
    throw new SegueError(
      'INPUT_UNREADABLE',
      `expected text, plain or gzip; this is ${container.name}: unpack it first and send what is in it`,
    );
  }
  yield* head.subarray(0, GZIP.length).equals(GZIP) ? gunzip(all) : all;
}

async function* gunzip(chunks: Chunks): Chunks {
  const gunzipper = createGunzip();
  // The reader below sees a failure as the end of its loop; the pipeline's own promise would tell it twice.
  const piped = pipeline(Readable.from(chunks), gunzipper).catch(() => undefined);
  try {
    for await (const chunk of gunzipper) yield chunk as Buffer;
  } catch (error) {
    if (
      !('code' in (error as object)) ||
      !String((error as { code: unknown }).code).startsWith('Z_')
    )
      throw error;
    throw new SegueError(
      'INPUT_UNREADABLE',
      `expected a whole gzip file, got: ${(error as Error).message}; fetch the file again`,
      { cause: error },
    );
  } finally {
    gunzipper.destroy();
    await piped;
  }
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
