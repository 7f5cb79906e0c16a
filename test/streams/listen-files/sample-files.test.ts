/** ListenBrainz's own test bodies and a piece of a real dump: each invalid one is refused for its reason. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { cleanListen } from '../../../streams/by-user/clean-listen';
import type { FileEntry } from '../../../streams/listen-files/file-entry';
import { fileSource } from '../../../streams/listen-files/listen-source';
import { readListens } from '../../../streams/listen-files/read-listens';
import { tarOf } from '../../support/archives';
import { flattened, inChunks } from '../../support/chunks';
import { withSharedData } from '../../support/shared-data';

const NOW_MS = Date.UTC(2026, 0, 1);

/** Number of listens that pass, and the reason of each other one. */
const EXPECTED: Readonly<Record<string, readonly [number, ...string[]]>> = {
  'additional_info.json': [1],
  'artist_name_list.json': [0, 'NAME_NOT_TEXT'],
  'empty_artist_name.json': [0, 'NAMES_EMPTY'],
  'empty_track_name.json': [0, 'NAMES_EMPTY'],
  'invalid_listen_missing_track_metadata.json': [0, 'TRACK_MISSING'],
  'invalid_listen_nan_in_json.json': [0, 'NOT_JSON'],
  'invalid_listen_null_listened_at.json': [0, 'LISTENED_AT_MISSING'],
  'invalid_listen_null_track_metadata.json': [0, 'TRACK_MISSING'],
  // Its mbids are null or empty, which ListenBrainz takes for none.
  'invalid_mbid_listens.json': [2],
  'invalid_recording_mbid.json': [0, 'ID_NOT_UUID'],
  'listen_having_unicode_null.json': [0, 'NUL_CHARACTER'],
  'listenbrainz_all_invalid.jsonl': [0, 'NAMES_EMPTY', 'NAMES_EMPTY', 'NAMES_EMPTY'],
  'listenbrainz_listens.jsonl': [2],
  'listenbrainz_mixed_validity.jsonl': [3, 'NAMES_EMPTY', 'NAMES_EMPTY'],
  'playing_now_with_ts.json': [0, 'PLAYING_NOW'],
  // That they are duplicates is for the histories to find.
  'same_batch_duplicates.json': [3],
  'single_more_than_one_listen.json': [0, 'SINGLE_HAS_MANY'],
  // What Spotify answers, of which ListenBrainz makes listens.
  'spotify_recently_played_submitted.json': [0, 'NOT_A_LISTEN'],
  'timescale_listenstore_test_listens.json': [5],
  'timestamp_before_lfm_founding.json': [0, 'LISTENED_AT_TOO_EARLY'],
  'timestamp_in_ns.json': [0, 'LISTENED_AT_IN_FUTURE'],
  'valid_duration.json': [1],
  'valid_import.json': [2],
  // Valid as a note, but no listen.
  'valid_playing_now.json': [0, 'PLAYING_NOW'],
  'valid_single.json': [1],
};

function judged(entry: FileEntry) {
  if ('refusal' in entry) return entry.refusal;
  return cleanListen({ key: Buffer.from(entry.user), listen: entry.listen, timestampMs: NOW_MS });
}

async function judgedFile(path: string) {
  const entries = await flattened(readListens(inChunks(readFileSync(path), 100), { user: 'ann' }));
  return entries.map(judged);
}

withSharedData('listenbrainz-formats', (folder) => {
  it('covers every submission of the data set', () => {
    expect(readdirSync(join(folder, 'submit-json')).sort()).toEqual(Object.keys(EXPECTED).sort());
  });

  it.each(Object.entries(EXPECTED))('%s: %j', async (file, [passed, ...reasons]) => {
    const all = await judgedFile(join(folder, 'submit-json', file));
    expect(all.flatMap((one) => ('reason' in one ? [one.reason] : []))).toEqual(reasons);
    expect(all.filter((one) => 'trackId' in one)).toHaveLength(passed);
  });

  it('reads a dump: 100 listens of 98 users of 99 tracks', async () => {
    const all = await judgedFile(join(folder, 'dump-2024-01-01.first100.listens.jsonl'));
    const listens = all.flatMap((one) => ('trackId' in one ? [one] : []));
    expect(listens).toHaveLength(100);
    expect(new Set(listens.map(({ user }) => user)).size).toBe(98);
    expect(new Set(listens.map(({ trackId }) => trackId)).size).toBe(99);
    const [first] = listens;
    expect(first).toMatchObject({
      user: '24848',
      trackId: '92fc76b4-bda0-4c2c-82b9-1ef4d489c071',
      listenedAt: 1704067200,
      trackName: 'Kapitel 13 - Der Krieg der Knöpfe',
    });
  });
});

/** Rows of each Parquet file. */
const PARQUET_ROWS: Readonly<Record<string, number>> = {
  'full-dump-1_0.parquet': 4,
  'full-dump-1_1.parquet': 3,
  'full-dump-1_2.parquet': 10,
  'full-dump-1_3.parquet': 18,
  'full-dump-1_4.parquet': 14,
  'full-dump-1_5.parquet': 10,
  'full-dump-1_6.parquet': 9,
  'incremental-dump-2_0.parquet': 9,
  'incremental-dump-3_0.parquet': 8,
  'incremental-dump-4_fresh_releases_listens.parquet': 13,
  'incremental-dump-5_rec_listens.parquet': 30,
  'mapped_listens.parquet': 24,
  'mapped_listens_candidate_sets.parquet': 11,
  'mapped_listens_subset.parquet': 11,
};

withSharedData('listenbrainz-formats', (folder) => {
  const parquet = join(folder, 'spark-parquet');

  it('covers every Parquet file of the data set', () => {
    expect(readdirSync(parquet).sort()).toEqual(Object.keys(PARQUET_ROWS).sort());
  });

  it.each(Object.entries(PARQUET_ROWS))(
    '%s: %d listens, from a file and from a pipe',
    async (file, rows) => {
      const { chunks, randomAccess } = fileSource(join(parquet, file));
      const read = await flattened(readListens(chunks, { randomAccess }));
      expect(read.filter((one) => 'listen' in one)).toHaveLength(rows);
      expect(read.at(-1)?.line).toBe(rows);
      const bytes = readFileSync(join(parquet, file));
      expect(await flattened(readListens(inChunks(bytes, 1000)))).toEqual(read);
    },
  );

  it('reads a full Spark dump as one archive: 68 listens', async () => {
    const files = Object.keys(PARQUET_ROWS).filter((file) => file.startsWith('full-dump-1'));
    const tar = await tarOf(
      Object.fromEntries(files.map((file) => [`dump/${file}`, readFileSync(join(parquet, file))])),
    );
    const read = await flattened(readListens(inChunks(tar, 4096)));
    expect(read.map(judged).filter((one) => 'trackId' in one)).toHaveLength(68);
    const [first] = read;
    expect(first).toMatchObject({
      member: 'dump/full-dump-1_0.parquet',
      user: '1',
      listen: {
        listened_at: 1578152311,
        recording_msid: '192ec771-b710-4258-a8bf-13561f28fc72',
        recording_mbid: '7133862a-0fd3-4d1c-9cb6-3be5e051af13',
        artist_name: 'Kiasmos',
        track_name: 'Lit',
      },
    });
  });

  it('reads the canonical data as the table that it is: 99 rows', async () => {
    const text = readFileSync(join(folder, 'canonical_musicbrainz_data_sample.csv'));
    const columns = {
      mbid: 'recording_mbid',
      artist: 'artist_credit_name',
      title: 'recording_name',
      time: 'id',
    };
    const read = await flattened(readListens(inChunks(text), { columns, user: 'ann' }));
    expect(read.filter((one) => 'listen' in one)).toHaveLength(99);
  });
});

withSharedData('30music-sample10', (folder) => {
  it('reads the whole 30Music sample: 343,183 listens of 14,262 users of 9,999 tracks', async () => {
    const users = new Set<string>();
    const tracks = new Set<string | null>();
    let listens = 0;
    const bytes = readFileSync(join(folder, 'events.tsv.gz'));
    const columns = { user: 'user_id', time: 'ts', track: 'song_id' };
    for await (const batch of readListens(inChunks(bytes, 1 << 18), { columns })) {
      for (const entry of batch) {
        if ('refusal' in entry) throw new Error(`line ${entry.line}: ${entry.refusal.reason}`);
        listens++;
        users.add(entry.user);
        tracks.add(entry.listen.recording_msid);
      }
    }
    expect([listens, users.size, tracks.size]).toEqual([343_183, 14_262, 9_999]);
  });
});
