/** Reads the files of the protocols' data sets: gzipped text, whole numbers. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { SegueError } from '../errors';
import type { Events } from './events';

/** Tab-separated with a header line; columns ts, user, item first. */
export function readTimedEvents(folder: string): Events {
  const lines = linesOf(folder, 'events.tsv.gz').slice(1);
  const users = new Int32Array(lines.length);
  const items = new Int32Array(lines.length);
  const times = new Float64Array(lines.length);
  lines.forEach((line, e) => {
    const [time, user, item] = line.split('\t', 3).map(Number);
    times[e] = time!;
    users[e] = user!;
    items[e] = item!;
  });
  return { users, items, times };
}

/** One line a user: user id, then item ids, separated by spaces. No times. */
export function readAdjacency(folder: string, file: string): Events {
  const users: number[] = [];
  const items: number[] = [];
  for (const line of linesOf(folder, file)) {
    const [user, ...row] = line.trim().split(' ').map(Number);
    for (const item of row) {
      users.push(user!);
      items.push(item);
    }
  }
  return {
    users: Int32Array.from(users),
    items: Int32Array.from(items),
    times: new Float64Array(0),
  };
}

function linesOf(folder: string, file: string): string[] {
  const path = join(folder, file);
  if (!existsSync(path))
    throw new SegueError(
      'INPUT_UNREADABLE',
      `expected the data set's file ${file} in ${folder}, found none; name its folder with --data`,
    );
  const text = gunzipSync(readFileSync(path)).toString('latin1');
  return text.split('\n').filter((line) => line.length > 0);
}
