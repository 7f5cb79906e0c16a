import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { preprocess } from '../../../src/app/study/preprocess';
import { systemClock } from '../../../src/clock';
import { noLogger } from '../../../src/logger';
import { mulberry32 } from '../../../src/random';
import { readTable } from '../../../src/study/interaction-table';
import { tarOf } from '../../support/archives';
import { imputed, oracleStudy, type RawRow } from '../../support/oracle/study';
import { parquetOf } from '../../support/parquet-files';
import { expectSameTables, filterOf, historiesOf } from '../../support/study-tables';

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'segue-study-'));
});

afterEach(() => rmSync(folder, { recursive: true, force: true }));

function run(
  files: string[],
  limits: { listenersMin: number; tracksMin: number },
  given: object,
  interrupted: { readonly signal?: AbortSignal } = {},
) {
  return preprocess(folder, {
    input: { files, ...given },
    settings: { filterRule: 'smaller-of', topShare: 0.03, ...limits },
    clock: systemClock,
    logger: noLogger,
    onProgress: () => undefined,
    ...interrupted,
  });
}

/** Asked before each entry whether to stop, it says so after so many. */
function abortedAfter(entries: number): AbortSignal {
  const stop = new AbortController();
  let asked = 0;
  return Object.defineProperty(stop.signal, 'aborted', {
    get: () => {
      if (asked++ === entries) stop.abort(new Error('interrupted'));
      return asked > entries;
    },
  });
}

const uuid = (kind: number, n: number) =>
  `${kind.toString(16).padStart(8, '0')}-0000-4000-8000-${n.toString(16).padStart(12, '0')}`;

/** Skewed, so that there are tracks with many listeners and tracks with one. */
function drawRows(seed: number, count: number): RawRow[] {
  const random = mulberry32(seed);
  const rows: RawRow[] = [];
  while (rows.length < count) {
    const user = String(Math.floor(80 * random.next() ** 1.5));
    const track = Math.floor(400 * random.next() ** 3);
    const row = {
      user,
      seconds: 1_600_000_000 + random.below(1_000_000),
      msid: uuid(1, track),
      mbid: track % 3 === 0 ? uuid(2, track) : undefined,
    };
    rows.push(row);
    if (random.below(10) === 0) rows.push(row);
  }
  return rows;
}

function dumpLine({ user, seconds, mbid, msid }: RawRow): string {
  return JSON.stringify({
    user_id: Number(user),
    user_name: `somebody called ${user}`,
    timestamp: seconds,
    recording_msid: msid,
    track_metadata: {
      artist_name: `artist of ${msid}`,
      track_name: 'a track',
      release_name: 'left out',
      additional_info: mbid === undefined ? {} : { recording_mbid: mbid },
    },
  });
}

describe('preprocessing', () => {
  it('through the topology equals a script from scratch, on every table: a dump with ids to impute', async () => {
    const seed = 4;
    const rows = drawRows(seed, 6000);
    const mapping: Record<string, string> = {};
    for (let track = 0; track < 400; track += 7) mapping[uuid(1, track)] = uuid(3, track);
    // Merged recordings: tracks that are one from now on.
    const redirects = {
      [uuid(3, 7)]: uuid(3, 14),
      [uuid(2, 3)]: uuid(2, 6),
      [uuid(3, 14)]: uuid(4, 1),
    };
    const lines = rows.map(dumpLine);
    const unusable = ['{"user_name": "x"', '{"user_name":"x","timestamp":1,"track_metadata":{}}'];
    const dump = await tarOf({
      'dump/listens/2020/9.listens': lines.slice(0, 3000).join('\n'),
      'dump/listens/2020/10.listens': [...unusable, ...lines.slice(3000)].join('\n'),
    });
    const paths = ['dump.tar', 'mapping.csv', 'redirects.csv'].map((name) => join(folder, name));
    writeFileSync(paths[0]!, dump);
    const csv = (header: string, map: object) =>
      [header, ...Object.entries(map).map((row) => row.join(','))].join('\n');
    writeFileSync(paths[1]!, csv('recording_msid,recording_mbid', mapping));
    writeFileSync(paths[2]!, csv('recording_mbid,canonical_recording_mbid', redirects));
    const limits = { listenersMin: 12, tracksMin: 10 };
    const figures = await run([paths[0]!], limits, {
      msidMapping: paths[1],
      redirects: paths[2],
    });
    const listens = imputed(rows, mapping, redirects);
    const oracle = oracleStudy(listens, { topShare: 0.03, ...limits });
    const { before } = oracle.tables;
    expect({ seed, ...figures }).toMatchObject({
      users: before.users,
      tracks: before.tracks,
      pairs: before.pairs,
      listens: rows.length - figures.duplicates,
      threshold: oracle.threshold,
    });
    expect(figures.duplicates).toBeGreaterThan(100);
    expect(figures.files).toEqual([
      expect.objectContaining({
        refused: 2,
        refusedByReason: { NOT_JSON: 1, LISTENED_AT_TOO_EARLY: 1 },
      }),
    ]);
    expect(figures.table1.map(({ count }) => count)).toEqual(before.table1);
    expect(figures.table2.map(({ count }) => count)).toEqual(before.table2);
    const withMbid = rows.filter((row) => row.mbid ?? mapping[row.msid!]).length;
    expect(figures.imputation).toEqual({ mbid: withMbid, msid: rows.length - withMbid, names: 0 });
    const table = await readTable(folder);
    expect(historiesOf(table)).toEqual(oracle.histories);
    expect(table.items[0]!.artist).toMatch(/^artist of /);
    expectSameTables(filterOf(table, limits), oracle);
  });

  it('goes on where it was interrupted, over files, refusals and the limit', async () => {
    const rows = drawRows(8, 20_000);
    const lines = rows.map(dumpLine);
    lines.splice(7000, 0, '{"user_name": "x"');
    const paths = ['a.jsonl', 'b.jsonl', 'c.jsonl'].map((name) => join(folder, name));
    const parts = [lines.slice(0, 6000), lines.slice(6000, 12_000), lines.slice(12_000)];
    paths.forEach((path, at) => {
      writeFileSync(path, parts[at]!.join('\n'));
    });
    const limits = { listenersMin: 12, tracksMin: 10 };
    const limit = 18_000;
    const oracle = oracleStudy(imputed(rows.slice(0, limit), {}, {}), {
      topShare: 0.03,
      ...limits,
    });
    // In the second file; while what was read before is passed over; in the third file.
    for (const entries of [7500, 3000, 14_000])
      await expect(
        run(paths, limits, { limit }, { signal: abortedAfter(entries) }),
      ).rejects.toThrow('interrupted');
    const figures = await run(paths, limits, { limit });
    expect(figures.files.map(({ sent, refused }) => [sent, refused])).toEqual([
      [6000, 0],
      [5999, 1],
      [6001, 0],
    ]);
    expect(figures.imputation.mbid + figures.imputation.msid).toBe(limit);
    expect(figures.duplicates + figures.listens).toBe(limit);
    const table = await readTable(folder);
    expect(historiesOf(table)).toEqual(oracle.histories);
    expectSameTables(filterOf(table, limits), oracle);
  });

  it("does the same with the study's own tables, whose tracks have the ids and the names", async () => {
    const rows = drawRows(6, 3000);
    const msids = [...new Set(rows.map(({ msid }) => msid!))];
    const mbidOf = new Map(rows.map(({ msid, mbid }) => [msid!, mbid ?? null]));
    const interactions = await parquetOf([
      { name: 'user_id', data: rows.map(({ user }) => Number(user)), type: 'INT32' },
      { name: 'recording_msid', data: rows.map(({ msid }) => msid!), type: 'STRING' },
      {
        name: 'timestamp',
        data: rows.map(({ seconds }) => new Date(seconds * 1000)),
        type: 'TIMESTAMP',
      },
    ]);
    const tracks = await parquetOf([
      { name: 'recording_msid', data: msids, type: 'STRING' },
      { name: 'artist_name', data: msids.map((msid) => `artist of ${msid}`), type: 'STRING' },
      { name: 'track_name', data: msids.map(() => 'a track'), type: 'STRING' },
      { name: 'recording_mbid', data: msids.map((msid) => mbidOf.get(msid)!), type: 'STRING' },
      { name: '__index_level_0__', data: msids.map((_, n) => n), type: 'INT32' },
    ]);
    const paths = ['interactions.parquet', 'tracks.parquet'].map((name) => join(folder, name));
    writeFileSync(paths[0]!, interactions);
    writeFileSync(paths[1]!, tracks);
    const limits = { listenersMin: 8, tracksMin: 10 };
    const figures = await run([paths[0]!], limits, { tracks: paths[1] });
    const oracle = oracleStudy(imputed(rows, {}, {}), { topShare: 0.03, ...limits });
    expect(figures.table1.map(({ count }) => count)).toEqual(oracle.tables.before.table1);
    expect(figures.table2.map(({ count }) => count)).toEqual(oracle.tables.before.table2);
    const withMbid = rows.filter(({ mbid }) => mbid !== undefined).length;
    expect(figures.imputation).toEqual({ mbid: withMbid, msid: rows.length - withMbid, names: 0 });
    const table = await readTable(folder);
    expect(historiesOf(table)).toEqual(oracle.histories);
    expect(table.items.every(({ artist }) => artist.startsWith('artist of '))).toBe(true);
    expectSameTables(filterOf(table, limits), oracle);
  });
});
