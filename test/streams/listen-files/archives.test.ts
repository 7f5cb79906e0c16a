/** Archives and Parquet: what is in them, and where they are damaged. */
import { gzipSync } from 'node:zlib';
import type { FileEntry } from '../../../streams/listen-files/file-entry';
import { type ReadOptions, readListens } from '../../../streams/listen-files/read-listens';
import { DUMPS, tarOf } from '../../support/archives';
import { flattened, inChunks } from '../../support/chunks';
import { parquetOf } from '../../support/parquet-files';

function entries(bytes: Buffer, options: ReadOptions = {}, size?: number) {
  return flattened(readListens(inChunks(bytes, size), options));
}

/** user@seconds, or the reason; with the file of the archive and the line. */
function brief(entry: FileEntry): string {
  const what =
    'refusal' in entry ? entry.refusal.reason : `${entry.user}@${entry.listen.listened_at}`;
  return `${entry.member ?? ''}:${entry.line} ${what}`;
}

const msid = (n: number) => `00000000-0000-4000-8000-${String(n).padStart(12, '0')}`;

const line = (user: number, timestamp: number) =>
  JSON.stringify({
    user_id: user,
    timestamp,
    recording_msid: msid(timestamp),
    track_metadata: { artist_name: 'A', track_name: 'B' },
  });

const spark = (rows: number, rowGroupSize?: number) => {
  const numbers = Array.from({ length: rows }, (_, row) => row);
  return parquetOf(
    [
      {
        name: 'listened_at',
        data: numbers.map((row) => new Date((1_600_000_000 + row) * 1000)),
        type: 'TIMESTAMP',
      },
      { name: 'user_id', data: numbers.map((row) => BigInt(row % 3)), type: 'INT64' },
      { name: 'recording_msid', data: numbers.map(msid), type: 'STRING' },
      { name: 'artist_name', data: numbers.map(() => 'A'), type: 'STRING' },
      { name: 'release_name', data: numbers.map(() => null), type: 'STRING' },
      { name: 'recording_name', data: numbers.map((row) => `T${row}`), type: 'STRING' },
      { name: 'recording_mbid', data: numbers.map(() => null), type: 'STRING' },
    ],
    rowGroupSize,
  );
};

const IN_DUMP = [
  'dump/listens/2024/1.listens:1 1@1704067200',
  'dump/listens/2024/1.listens:2 1@1704067201',
  'dump/listens/2024/1.listens:3 1@1704067202',
  'dump/listens/2024/2.listens:1 2@1706745600',
  'dump/listens/2024/2.listens:2 2@1706745601',
];

describe('an archive', () => {
  it.each(Object.entries(DUMPS))('of a dump is read: tar.%s', async (_, bytes) => {
    for (const size of [1, 100, undefined])
      expect((await entries(bytes, {}, size)).map(brief)).toEqual(IN_DUMP);
  });

  it('is read plain and by gzip, with files that are compressed themselves', async () => {
    const tar = await tarOf({ 'a.listens': line(1, 1), 'b.jsonl.gz': gzipSync(line(2, 2)) });
    for (const bytes of [tar, gzipSync(tar)])
      expect((await entries(bytes)).map(brief)).toEqual(['a.listens:1 1@1', 'b.jsonl.gz:1 2@2']);
  });

  it('of Parquet is read in its order', async () => {
    const tar = await tarOf({ '0.parquet': await spark(2), '1.parquet': await spark(1) });
    expect((await entries(tar)).map(brief)).toEqual([
      '0.parquet:1 0@1600000000',
      '0.parquet:2 1@1600000001',
      '1.parquet:1 0@1600000000',
    ]);
  });

  it('without listens says what it holds', async () => {
    const tar = await tarOf({ README: 'x', 'photo.png': 'y', '._a.listens': 'z' });
    await expect(entries(tar)).rejects.toMatchObject({
      code: 'INPUT_UNREADABLE',
      message: expect.stringMatching(/it holds README, photo\.png, \._a\.listens/),
    });
  });

  it('in an archive is refused', async () => {
    const tar = await tarOf({ 'a.listens': await tarOf({ 'b.listens': line(1, 1) }) });
    await expect(entries(tar)).rejects.toMatchObject({ code: 'INPUT_UNREADABLE' });
  });

  it('passes on what fails beneath it', async () => {
    async function* failing(): AsyncIterable<Buffer> {
      yield DUMPS.xz.subarray(0, 100);
      throw new Error('disk on fire');
    }
    await expect(flattened(readListens(failing()))).rejects.toThrow('disk on fire');
  });

  it('can be left in the middle', async () => {
    for (const bytes of Object.values(DUMPS))
      for await (const batch of readListens(inChunks(bytes, 10))) {
        expect(batch.length).toBeGreaterThan(0);
        break;
      }
  });
});

describe('a damaged archive', () => {
  it.each(Object.entries(DUMPS))('is never read as a whole one: tar.%s', async (_, bytes) => {
    for (let end = 10; end < bytes.length - 12; end += 17)
      await expect(entries(bytes.subarray(0, end))).rejects.toMatchObject({
        code: 'INPUT_UNREADABLE',
      });
  });

  it('says the file in it and the line before', async () => {
    const long = Array.from({ length: 2000 }, (_, n) => line(1, n + 1)).join('\n');
    const tar = await tarOf({ 'a.listens': line(7, 7), 'b.listens': long });
    const cut = tar.subarray(0, 200_000);
    await expect(entries(cut, {}, 1000)).rejects.toMatchObject({
      code: 'INPUT_UNREADABLE',
      message: expect.stringMatching(/^b\.listens, after line \d+: .*whole tar archive/),
    });
    const skipped = (await entries(cut, { onDamage: 'skip' }, 1000)).map(brief);
    expect(skipped[0]).toBe('a.listens:1 7@7');
    expect(skipped.at(-1)).toMatch(/^b\.listens:\d+ DAMAGED$/);
    expect(skipped.filter((one) => one.includes('DAMAGED'))).toHaveLength(1);
  });

  it('is gone on with behind a damaged file, if that is wanted', async () => {
    const broken = Buffer.from(await spark(3));
    broken.fill(0xff, broken.length - 40, broken.length - 9);
    const tar = await tarOf({
      '0.parquet': broken,
      'a.listens': gzipSync(line(1, 1)).subarray(0, 20),
      'b.listens': line(2, 2),
    });
    expect((await entries(tar, { onDamage: 'skip' })).map(brief)).toEqual([
      '0.parquet:1 DAMAGED',
      'a.listens:1 DAMAGED',
      'b.listens:1 2@2',
    ]);
    await expect(entries(tar)).rejects.toMatchObject({
      message: expect.stringMatching(/^0\.parquet: expected a whole Parquet file/),
    });
  });
});

describe('Parquet', () => {
  it('is read over several row groups, with its rows as lines', async () => {
    const all = await entries(await spark(7, 3));
    expect(all.map(brief)).toEqual(
      Array.from({ length: 7 }, (_, row) => `:${row + 1} ${row % 3}@${1_600_000_000 + row}`),
    );
    expect(all[4]).toMatchObject({
      listen: {
        recording_msid: msid(4),
        recording_mbid: null,
        artist_name: 'A',
        track_name: 'T4',
        release_name: null,
      },
    });
  });

  it("of the study's interactions is read: ids and times, no names", async () => {
    const bytes = await parquetOf([
      { name: 'user_id', data: [5, 6], type: 'INT32' },
      { name: 'recording_msid', data: [msid(1), msid(2)], type: 'STRING' },
      { name: 'timestamp', data: ['2020-01-01 00:00:00', null], type: 'STRING' },
    ]);
    expect((await entries(bytes)).map(brief)).toEqual([':1 5@1577836800', ':2 6@null']);
  });

  it('is read by columns that are named', async () => {
    const bytes = await parquetOf([
      { name: 'who', data: ['ann', null], type: 'STRING' },
      { name: 'at', data: [10n, 11n], type: 'INT64' },
      { name: 'song', data: [1n, 2n], type: 'INT64' },
    ]);
    const columns = { user: 'who', time: 'at', track: 'song' };
    const [first, second] = await entries(bytes, { columns });
    expect(first).toMatchObject({ user: 'ann', listen: { listened_at: 10, track_name: '1' } });
    expect(brief(second!)).toBe(':2 USER_MISSING');
    expect((await entries(bytes, { columns, user: 'bob' })).map(brief)[1]).toBe(':2 bob@11');
  });

  it.each([
    ['a time', ['user_id', 'recording_msid'], /expected a column listened_at.*has user_id/],
    ['a user', ['listened_at', 'recording_msid'], /expected a column user_id/],
    ['a track', ['listened_at', 'user_id', 'artist_name'], /recording_mbid, recording_msid/],
  ])('that lacks %s is refused with the columns that it has', async (_, names, message) => {
    const bytes = await parquetOf(
      names.map((name) => ({ name, data: ['1'], type: 'STRING' as const })),
    );
    await expect(entries(bytes)).rejects.toMatchObject({
      code: 'INPUT_UNREADABLE',
      message: expect.stringMatching(message),
    });
  });

  it('with a damaged row group says where', async () => {
    const bytes = Buffer.from(await spark(4000, 2000));
    bytes.fill(0xff, bytes.length / 2, bytes.length / 2 + 3000);
    await expect(entries(bytes)).rejects.toMatchObject({
      code: 'INPUT_UNREADABLE',
      message: expect.stringMatching(/row group \d, from row \d+/),
    });
  });
});
