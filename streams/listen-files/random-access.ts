/** A file that can be read from anywhere, which Parquet needs: its table of contents stands at the end. */
import { open } from 'node:fs/promises';
import { SegueError } from '../../src/errors';

export interface RandomAccess {
  readonly byteLength: number;
  /** Bytes start … end, to the end of the file where `end` is absent. */
  slice(start: number, end?: number): Promise<ArrayBuffer>;
}

export function memoryAccess(bytes: Buffer): RandomAccess {
  return {
    byteLength: bytes.length,
    slice: (start, end = bytes.length) =>
      Promise.resolve(Uint8Array.from(bytes.subarray(start, end)).buffer),
  };
}

/** Opened for each piece: pieces are large, and nothing is left to be closed. */
export function fileAccess(
  path: string,
  byteLength: number,
  onRead: (bytes: number) => void,
): RandomAccess {
  return {
    byteLength,
    async slice(start, end = byteLength) {
      const bytes = new Uint8Array(Math.max(0, end - start));
      const file = await open(path).catch((cause: unknown) => {
        const message = `${path} cannot be read: ${(cause as Error).message}`;
        throw new SegueError('INPUT_UNREADABLE', message, { cause });
      });
      try {
        let filled = 0;
        while (filled < bytes.length) {
          const { bytesRead } = await file.read(
            bytes,
            filled,
            bytes.length - filled,
            start + filled,
          );
          if (bytesRead === 0) throw new SegueError('INPUT_UNREADABLE', `${path} became shorter`);
          filled += bytesRead;
        }
      } finally {
        await file.close();
      }
      onRead(bytes.length);
      return bytes.buffer;
    },
  };
}
