/**
 * All that a study is made from: which user had which item when, as compressed columns in order of user, item and
 * time, with the ids beside them. Hundreds of millions of plays fit into memory, and no map of pairs is needed.
 */
import { createWriteStream } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { readArray, writeArray } from './step-cache';

export interface InteractionTable {
  /** Ascending; the position is the user's number. */
  readonly userIds: readonly string[];
  /** Ascending; the position is the item's number. */
  readonly items: readonly ItemNames[];
  /** Pairs of user u: userStarts[u] ≤ p < userStarts[u + 1], ascending by item. */
  readonly userStarts: Uint32Array;
  readonly pairItems: Int32Array;
  /** Plays of pair p: times[playStarts[p]] … times[playStarts[p + 1] − 1]. */
  readonly playStarts: Uint32Array;
  /** Unix seconds, ascending within a pair. */
  readonly times: Uint32Array;
}

/** Names are empty where unknown. */
export interface ItemNames {
  readonly id: string;
  readonly artist: string;
  readonly title: string;
}

const ARRAYS = ['userStarts', 'pairItems', 'playStarts', 'times'] as const;

/** Into files of `folder`. */
export async function writeTable(folder: string, table: InteractionTable): Promise<void> {
  for (const name of ARRAYS) await writeArray(join(folder, `${name}.bin`), table[name]);
  await writeFile(join(folder, 'users.json'), JSON.stringify(table.userIds));
  const lines = Readable.from(itemLines(table.items));
  await pipeline(lines, createWriteStream(join(folder, 'items.jsonl')));
}

const LINES_AT_ONCE = 10_000;

function* itemLines(items: readonly ItemNames[]): Generator<string> {
  for (let from = 0; from < items.length; from += LINES_AT_ONCE) {
    const lines = items
      .slice(from, from + LINES_AT_ONCE)
      .map(({ id, artist, title }) => `${JSON.stringify([id, artist, title])}\n`);
    yield lines.join('');
  }
}

export async function readTable(folder: string): Promise<InteractionTable> {
  const path = (name: string) => join(folder, `${name}.bin`);
  const items = (await readFile(join(folder, 'items.jsonl'), 'utf8')).split('\n').filter(Boolean);
  return {
    userIds: JSON.parse(await readFile(join(folder, 'users.json'), 'utf8')) as string[],
    items: items.map((line) => {
      const [id, artist, title] = JSON.parse(line) as [string, string, string];
      return { id, artist, title };
    }),
    userStarts: await readArray(path('userStarts'), Uint32Array),
    pairItems: await readArray(path('pairItems'), Int32Array),
    playStarts: await readArray(path('playStarts'), Uint32Array),
    times: await readArray(path('times'), Uint32Array),
  };
}

export function usersOfPairs({ userStarts, pairItems }: InteractionTable): Int32Array {
  const users = new Int32Array(pairItems.length);
  for (let user = 0; user + 1 < userStarts.length; user++)
    users.fill(user, userStarts[user]!, userStarts[user + 1]!);
  return users;
}

export function playsOfPair({ playStarts }: InteractionTable, pair: number): number {
  return playStarts[pair + 1]! - playStarts[pair]!;
}
