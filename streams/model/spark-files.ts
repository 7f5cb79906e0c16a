/** What the Spark driver hands over in files: JSON lines. */
import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import { buildSparseRows } from '../../src/als/interactions';
import type { Holdout } from '../../src/training/training-data';
import type { ModelTrack } from './serving-model';

export async function readTracks(path: string): Promise<ModelTrack[]> {
  const tracks: ModelTrack[] = [];
  await eachLine<[string, string, string]>(path, ([trackId, artistName, trackName]) => {
    tracks.push({ trackId, artistName, trackName });
  });
  return tracks;
}

interface EvaluatedUser {
  readonly items: readonly number[];
  readonly plays: readonly number[];
  readonly targets: readonly number[];
}

/** One row a user, in the order of the file. */
export async function readHoldout(
  path: string,
  items: number,
): Promise<Pick<Holdout, 'known' | 'targets'>> {
  const triples = { users: [] as number[], items: [] as number[], plays: [] as number[] };
  const targets: { user: number; items: Int32Array }[] = [];
  await eachLine<EvaluatedUser>(path, (row) => {
    const user = targets.length;
    row.items.forEach((item, place) => {
      triples.users.push(user);
      triples.items.push(item);
      triples.plays.push(row.plays[place]!);
    });
    targets.push({ user, items: Int32Array.from(row.targets) });
  });
  return { known: buildSparseRows(targets.length, items, triples), targets };
}

async function eachLine<T>(path: string, visit: (line: T) => void): Promise<void> {
  for await (const line of createInterface({ input: createReadStream(path, 'utf8') }))
    visit(JSON.parse(line) as T);
}
