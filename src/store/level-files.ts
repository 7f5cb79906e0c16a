/**
 * Whether the files of a database on disk are whole. LevelDB itself takes a cut manifest or an older cut log for the end
 * of what was written, and its iterators pass over a cut table without a word; so what a database says would be wrong
 * in silence. A process that is killed leaves none of these: only the newest log may end in the middle of a record.
 */
import { closeSync, openSync, readdirSync, readFileSync, readSync, statSync } from 'node:fs';
import { join } from 'node:path';

/** Size by name of the table files. */
export type TableSizes = ReadonlyMap<string, number>;

const TABLE = /\.(ldb|sst)$/;
const LOG = /^\d+\.log$/;
/** The end of every table (leveldb/table/format.h). */
const MAGIC = Buffer.from('57fb808b247547db', 'hex');
/** Logs and manifests: blocks of records, each with checksum (4), length (2) and type (1); leveldb/doc/log_format.md. */
const BLOCK = 32_768;
const HEADER = 7;

/** A manifest or log that is cut, looked for before the database is opened. */
export function cutLog(directory: string): string | undefined {
  const names = readdirSync(directory);
  const logs = names.filter((name) => LOG.test(name)).sort((a, b) => numberOf(a) - numberOf(b));
  const manifests = names.filter((name) => name === currentManifest(directory, names));
  return [...manifests, ...logs.slice(0, -1)].find(
    (name) => !endsWhole(readFileSync(join(directory, name))),
  );
}

export function tableSizes(directory: string): TableSizes {
  const names = readdirSync(directory).filter((name) => TABLE.test(name));
  return new Map(
    names.map((name) => [
      name,
      statSync(join(directory, name), { throwIfNoEntry: false })?.size ?? 0,
    ]),
  );
}

/**
 * A table that is cut. Those that were there before the opening and still are belong to the database; others were left
 * half written by a killed process and deleted, or are being written now.
 */
export function cutTable(directory: string, before: TableSizes): string | undefined {
  const after = tableSizes(directory);
  return [...before.keys()].find((name) => {
    const size = after.get(name);
    return (
      size !== undefined && size === before.get(name) && !endsInMagic(join(directory, name), size)
    );
  });
}

function numberOf(log: string): number {
  return Number.parseInt(log, 10);
}

function currentManifest(directory: string, names: readonly string[]): string | undefined {
  return names.includes('CURRENT')
    ? readFileSync(join(directory, 'CURRENT'), 'latin1').trim()
    : undefined;
}

function endsWhole(bytes: Buffer): boolean {
  for (let at = 0; at < bytes.length; ) {
    const leftInBlock = BLOCK - (at % BLOCK);
    // The rest of a block that no header fits into is padding.
    if (leftInBlock < HEADER) {
      at += leftInBlock;
      continue;
    }
    if (at + HEADER > bytes.length) return false;
    at += HEADER + bytes.readUInt16LE(at + 4);
    if (at > bytes.length) return false;
  }
  return true;
}

function endsInMagic(file: string, size: number): boolean {
  if (size < MAGIC.length) return false;
  const opened = openSync(file, 'r');
  try {
    const end = Buffer.alloc(MAGIC.length);
    readSync(opened, end, 0, MAGIC.length, size - MAGIC.length);
    return end.equals(MAGIC);
  } finally {
    closeSync(opened);
  }
}
