/** The 30Music file as raw listens. `folder`: of the data set. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import type { RawListen } from '../oracle/counts';

export const COLUMNS = 'user=user_id,time=ts,track=song_id';

export function thirtyMusicFile(folder: string): string {
  return join(folder, 'events.tsv.gz');
}

export function thirtyMusicListens(folder: string): RawListen[] {
  const lines = gunzipSync(readFileSync(thirtyMusicFile(folder)))
    .toString('utf8')
    .trim()
    .split('\n');
  return lines.slice(1).map((line) => {
    const [seconds, user, track] = line.split('\t');
    return { user: user!, track: track!, seconds: Number(seconds) };
  });
}
