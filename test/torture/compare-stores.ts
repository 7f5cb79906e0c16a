/** The databases on the machines' disks against the topics, byte by byte, once all processes have ended in order. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { hasCode } from '../../src/errors';
import { openClassicLevel } from '../../src/store/level';
import { SlotDatabase } from '../../src/store/slot-database';
import type { Arena } from './arena';
import { differences } from './compare';
import type { Expected } from './expected';
import type { Found, Table } from './found';

const MEMORY = { blockCacheBytes: 1 << 20, writeBufferBytes: 1 << 20 } as const;
const TRACKS_PER_USER = 'u';

export async function compareStores(
  arena: Arena,
  found: Found,
  expected: Expected,
): Promise<string[]> {
  const wrong: string[] = [];
  const perUser = new Map<string, string>();
  for (let slot = 0; slot < arena.slots; slot++) {
    const directory = await newestCopy(arena, slot);
    if (directory === undefined) {
      wrong.push(`slot ${slot}: no machine ended in order with it`);
      continue;
    }
    for (const [prefix, table] of found.tables) {
      const what = `slot ${slot}, store ${prefix}`;
      wrong.push(...differences(what, await stored(directory, prefix), ofPartition(table, slot)));
    }
    for (const [user, tracks] of await stored(directory, TRACKS_PER_USER, 'latin1'))
      if (tracks !== '0') perUser.set(user, tracks);
  }
  const tracks = [...expected.counts.plays].map(([user, of]) => [user, String(of.size)] as const);
  return [...wrong, ...differences('store of tracks a user', perUser, new Map(tracks))];
}

/** Of the machines that have a copy of the slot, the directory of the one that ran it last. */
async function newestCopy(arena: Arena, slot: number): Promise<string | undefined> {
  let newest: { readonly directory: string; readonly writtenAtMs: number } | undefined;
  for (const { slots } of arena.machines) {
    const directory = join(slots, String(slot));
    if (!existsSync(directory)) continue;
    const mark = await withDatabase(directory, async (database) => database.mark()).catch(
      unreadable,
    );
    if (mark?.clean && mark.writtenAtMs > (newest?.writtenAtMs ?? 0))
      newest = { directory, writtenAtMs: mark.writtenAtMs };
  }
  return newest?.directory;
}

function stored(
  directory: string,
  prefix: string,
  encoding: BufferEncoding = 'base64',
): Promise<Map<string, string>> {
  return withDatabase(directory, async (database) => {
    const values = new Map<string, string>();
    for await (const [key, bytes] of database.entries(prefix))
      values.set(key.slice(prefix.length), bytes.toString(encoding));
    return values;
  });
}

function ofPartition(table: Table, slot: number): Map<string, string> {
  return new Map(
    [...table]
      .filter(([, { partition }]) => partition === slot)
      .map(([key, { bytes }]) => [key, bytes.toString('base64')]),
  );
}

/** A damaged copy that nobody has had to open since. */
function unreadable(error: unknown): undefined {
  if (!hasCode(error, 'STORE_CORRUPT')) throw error;
}

async function withDatabase<T>(
  directory: string,
  use: (database: SlotDatabase) => Promise<T>,
): Promise<T> {
  const database = new SlotDatabase(await openClassicLevel(directory, MEMORY));
  try {
    return await use(database);
  } finally {
    await database.close();
  }
}
