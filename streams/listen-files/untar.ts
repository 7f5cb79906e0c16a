/** The files of a tar archive, one after the other as they come: nothing is unpacked to disk. */
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { extract } from 'tar-stream';
import { SegueError } from '../../src/errors';
import type { Chunks } from './decompress';

export interface TarMember {
  readonly name: string;
  readonly chunks: Chunks;
}

/** A member that is not read to its end is skipped. Throws INPUT_UNREADABLE where the archive is damaged or cut short. */
export async function* untar(chunks: Chunks): AsyncIterable<TarMember> {
  const members = extract();
  let failure: unknown;
  const piped = pipeline(Readable.from(chunks), members).catch((error: unknown) => {
    failure = unreadable(error);
  });
  // Whoever meets the failure first, all are told of the same one: that of the source, not that its reader closed.
  const told = async (error: unknown): Promise<unknown> => {
    await piped;
    failure ??= unreadable(error);
    return failure;
  };
  async function* contentOf(member: AsyncIterable<unknown>): Chunks {
    try {
      for await (const chunk of member) yield chunk as Buffer;
    } catch (error) {
      throw await told(error);
    }
  }
  try {
    for await (const member of members) {
      if (member.header.type === 'file')
        yield { name: member.header.name, chunks: contentOf(member) };
      member.resume();
    }
  } catch (error) {
    throw await told(error);
  } finally {
    members.destroy();
    await piped;
  }
  if (failure) throw failure;
}

function unreadable(error: unknown): unknown {
  // What the archive's reader says has no code; anything else is not about the archive.
  if (error instanceof SegueError || (error as { code?: unknown }).code !== undefined) return error;
  return new SegueError(
    'INPUT_UNREADABLE',
    `expected a whole tar archive, got: ${(error as Error).message}; fetch the file again`,
    { cause: error },
  );
}
