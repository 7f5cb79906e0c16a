import { gzipSync } from 'node:zlib';
import { trackIdOfForeignId } from '../../../streams/by-user/track-id';
import type { FileEntry } from '../../../streams/listen-files/file-entry';
import { type ReadOptions, readListens } from '../../../streams/listen-files/read-listens';
import { flattened, inChunks } from '../../support/chunks';

const MBID = 'f8d186be-5bdf-4e2d-883a-0a3c4d7a9989';
const MSID = 'a6877bfb-0256-4471-82ad-2e60a78329c7';
const OTHER = '103e7457-e64b-43f1-a2df-94ba0286cd59';

function entries(text: Buffer | string, options: ReadOptions = {}, size?: number) {
  return flattened(readListens(inChunks(text, size), options));
}

/** Reasons for refusals, listens as they are. */
function brief(entry: FileEntry) {
  return 'refusal' in entry ? `${entry.line}: ${entry.refusal.reason}` : entry;
}

async function briefEntries(value: object | string, options: ReadOptions = {}) {
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  return (await entries(text, options)).map(brief);
}

async function onlyListen(value: object | string, options: ReadOptions = {}) {
  const [entry, ...more] = await briefEntries(value, options);
  expect(more).toEqual([]);
  if (typeof entry !== 'object') throw new Error(`expected a listen, got ${entry}`);
  return entry;
}

const METADATA = { artist_name: 'Portishead', track_name: 'Roads', release_name: 'Dummy' };

const LISTEN = {
  kind: 'LISTEN',
  listened_at: 1704067200,
  recording_mbid: null,
  recording_msid: null,
  ...METADATA,
};

describe('JSON', () => {
  it('reads the lines of a dump', async () => {
    const line = {
      user_id: 24848,
      user_name: 'ann',
      timestamp: 1704067200,
      recording_msid: MSID,
      track_metadata: { ...METADATA, additional_info: { recording_mbid: MBID } },
    };
    expect(await onlyListen(line, { user: 'not this one' })).toEqual({
      line: 1,
      user: '24848',
      listen: { ...LISTEN, recording_mbid: MBID, recording_msid: MSID },
    });
  });

  it('reads the lines of an export, and goes by its mapping before what the client claimed', async () => {
    const line = {
      inserted_at: 1,
      listened_at: 1704067200,
      track_metadata: {
        ...METADATA,
        recording_msid: MSID,
        mbid_mapping: { recording_mbid: MBID },
        additional_info: { recording_mbid: OTHER },
      },
    };
    expect(await onlyListen(line, { user: 'ann' })).toEqual({
      line: 1,
      user: 'ann',
      listen: { ...LISTEN, recording_mbid: MBID, recording_msid: MSID },
    });
  });

  it('reads every listen of a submission, on one line or over many', async () => {
    const listened = (listened_at: number) => ({ listened_at, track_metadata: METADATA });
    const body = { listen_type: 'import', payload: [listened(1704067200), listened(1704067201)] };
    for (const text of [JSON.stringify(body), JSON.stringify(body, null, 2)]) {
      const read = await entries(text, { user: 'ann' }, 10);
      expect(read.map((one) => 'listen' in one && one.listen.listened_at)).toEqual([
        1704067200, 1704067201,
      ]);
    }
  });

  it('reads an array of listens', async () => {
    const one = { user_name: 'ann', listened_at: 1704067200, track_metadata: METADATA };
    expect(await briefEntries([one, 7])).toEqual([
      { line: 1, user: 'ann', listen: LISTEN },
      '1: NOT_A_LISTEN',
    ]);
  });

  it('says the line of what it cannot use, and goes on', async () => {
    const good = JSON.stringify({ user_id: 1, timestamp: 1704067200, track_metadata: METADATA });
    const lines = [good, 'garbage', '', '{"a":NaN}', '{"a":1}', '[]', 'null', good, '{"trunc'];
    expect(await briefEntries(lines.join('\n'))).toEqual([
      { line: 1, user: '1', listen: LISTEN },
      '2: NOT_JSON',
      '4: NOT_JSON',
      '5: NOT_A_LISTEN',
      '7: NOT_A_LISTEN',
      { line: 8, user: '1', listen: LISTEN },
      '9: NOT_JSON',
    ]);
  });

  it('finds lines of JSON behind a broken first one', async () => {
    const good = JSON.stringify({ user_id: 1, timestamp: 1704067200, track_metadata: METADATA });
    expect(await briefEntries(`{"half": "li\n${good}\n`)).toEqual([
      '1: NOT_JSON',
      { line: 2, user: '1', listen: LISTEN },
    ]);
  });

  it.each<[string, object, string | object]>([
    ['no user', { listened_at: 1, track_metadata: METADATA }, '1: USER_MISSING'],
    ['no metadata', { user_id: 1, timestamp: 1 }, '1: TRACK_MISSING'],
    ['metadata of null', { user_id: 1, timestamp: 1, track_metadata: null }, '1: TRACK_MISSING'],
    ['playing now', { listen_type: 'playing_now', payload: [{}] }, '1: PLAYING_NOW'],
    ['a single of none', { listen_type: 'single', payload: [] }, '1: SINGLE_HAS_MANY'],
    ['an unknown type', { listen_type: 'double', payload: [{}] }, '1: NOT_A_LISTEN'],
    ['a payload that is none', { listen_type: 'import', payload: 7 }, '1: NOT_A_LISTEN'],
    ['a listen that is none', { listen_type: 'import', payload: [7] }, '1: NOT_A_LISTEN'],
  ])('refuses %s', async (_, value, expected) => {
    expect(await briefEntries(value)).toEqual([expected]);
  });

  it.each<[unknown, number | null | string]>([
    ['1704067200', 1704067200],
    [1704067200.9, 1704067200],
    ['2024-01-01T00:00:00Z', 1704067200],
    ['2024-01-01T01:00:00+01:00', 1704067200],
    ['2024-01-01 00:00:00', 1704067200],
    ['2024-01-01', 1704067200],
    [null, null],
    ['', null],
    [-5, -5],
    [1486449409000000000, '1: LISTENED_AT_IN_FUTURE'],
    ['1486449409000000000', '1: LISTENED_AT_IN_FUTURE'],
    [-1e300, '1: LISTENED_AT_TOO_EARLY'],
    ['yesterday', '1: LISTENED_AT_UNREADABLE'],
    ['2024-13-41', '1: LISTENED_AT_UNREADABLE'],
    [true, '1: LISTENED_AT_UNREADABLE'],
    [{}, '1: LISTENED_AT_UNREADABLE'],
  ])('reads the time %j as %j', async (listened_at, expected) => {
    const [read] = await briefEntries({ user_id: 1, listened_at, track_metadata: METADATA });
    expect(typeof read === 'object' ? read.listen.listened_at : read).toBe(expected);
  });

  it('leaves the judgement of ids to clean-listen, whatever type they are of', async () => {
    const track_metadata = { ...METADATA, additional_info: { recording_mbid: 17 } };
    const { listen } = await onlyListen({ user_id: 1, listened_at: 1704067200, track_metadata });
    expect(listen.recording_mbid).toBe('17');
  });

  it('reads the same from any cutting into chunks, packed or not', async () => {
    const line = JSON.stringify({ user_id: 1, timestamp: 1704067200, track_metadata: METADATA });
    const text = `${line}\nbad\n`.repeat(20);
    const expected = await entries(text);
    expect(expected).toHaveLength(40);
    for (const size of [1, 13, 1000]) {
      expect(await entries(text, {}, size)).toEqual(expected);
      expect(await entries(gzipSync(text), {}, size)).toEqual(expected);
    }
  });

  it('marks the listens of a list of deletions', async () => {
    const line = { user_id: 1, timestamp: 1704067200, track_metadata: METADATA };
    expect((await onlyListen(line, { kind: 'DELETION' })).listen.kind).toBe('DELETION');
  });

  it('bounds a document', async () => {
    const text = `[\n${' '.repeat(17 * 1024 * 1024)}]`;
    expect((await entries(text, {}, 1 << 20)).map(brief)).toEqual(['1: LINE_TOO_LONG']);
  });

  it('finds nothing in an empty file', async () => {
    expect(await entries('')).toEqual([]);
    expect(await entries('\n \n')).toEqual([]);
  });
});

describe('delimited text', () => {
  const columns = { user: 'user_id', time: 'ts', track: 'song_id' };

  it('makes stable ids of integers and keeps them as names', async () => {
    expect(await entries('ts\tuser_id\tsong_id\n1704067200\t5879\t4666\n', { columns })).toEqual([
      {
        line: 2,
        user: '5879',
        listen: {
          kind: 'LISTEN',
          listened_at: 1704067200,
          recording_mbid: null,
          recording_msid: 'f9ecfab4-d1d5-562b-b1a8-9ed3f72e65ca',
          artist_name: null,
          track_name: '4666',
          release_name: null,
        },
      },
    ]);
  });

  it('keeps UUIDs, and names from their own columns', async () => {
    const text = `user_id;ts;song_id;who;what\nann;1704067200;${MSID};"Simon; ""Art"" Garfunkel";Cecilia\n`;
    const named = { ...columns, artist: 'who', title: 'what' };
    const [entry] = await entries(text, { columns: named });
    expect(entry).toMatchObject({
      user: 'ann',
      listen: {
        recording_msid: MSID,
        artist_name: 'Simon; "Art" Garfunkel',
        track_name: 'Cecilia',
      },
    });
  });

  it('takes the separator that it is told, and finds it in the header else', async () => {
    for (const [separator, header] of [
      [',', 'ts,user_id,song_id'],
      ['|', 'ts|user_id|song_id'],
    ]) {
      const row = ['1704067200', 'ann', '7'].join(separator);
      for (const told of [separator, undefined]) {
        const [entry] = await entries(`${header}\n${row}`, { columns, separator: told });
        expect(entry).toMatchObject({ user: 'ann', listen: { track_name: '7' } });
      }
    }
  });

  it('says the lines that it cannot use, and goes on', async () => {
    const rows = [
      '1\tann',
      '1704067200\tann\t7\tx',
      '1704067200\t\t7',
      'soon\tann\t7',
      '1704067200\tann\t7',
    ];
    const read = await entries(`ts\tuser_id\tsong_id\n${rows.join('\n')}`, { columns });
    expect(read.map((entry) => ('refusal' in entry ? brief(entry) : entry.line))).toEqual([
      '2: COLUMNS_DIFFER',
      '3: COLUMNS_DIFFER',
      '4: USER_MISSING',
      '5: LISTENED_AT_UNREADABLE',
      6,
    ]);
  });

  it.each(['a,"b', '"a"b,c', '"'])('refuses misplaced quotes: %s', async (row) => {
    const read = await entries(`ts,user_id,song_id\n${row}`, { columns });
    expect(read.map(brief)).toEqual(['2: COLUMNS_DIFFER']);
  });

  it('lacks nothing when the user is told for all', async () => {
    const [entry] = await entries('ts,song_id\n1704067200,7', {
      columns: { time: 'ts', track: 'song_id' },
      user: 'ann',
    });
    expect(entry).toMatchObject({ user: 'ann' });
  });

  it('makes the same id of the same foreign id everywhere', () => {
    expect(trackIdOfForeignId('4666')).toBe('f9ecfab4-d1d5-562b-b1a8-9ed3f72e65ca');
  });
});

describe('a file that cannot be read at all', () => {
  it.each<[string, Buffer, RegExp]>([
    ['zip', Buffer.from('PK\x03\x04....'), /compressed by zip: unpack/],
    ['Zstandard cut short', Buffer.from('28b52ffd00', 'hex'), /whole zstd file/],
    ['Parquet that is none', Buffer.from('PAR1....'), /whole Parquet file/],
    ['tar that is none', Buffer.concat([Buffer.alloc(257), Buffer.from('ustar')]), /tar archive/],
    ['a gzip file cut short', gzipSync('{"a":1}\n'.repeat(50)).subarray(0, 20), /whole gzip file/],
    ['text without columns', Buffer.from('ts\tuser\n1\t2\n'), /say --columns/],
  ])('is told as such: %s', async (_, bytes, message) => {
    for (const size of [1, 1000]) {
      await expect(entries(bytes, {}, size)).rejects.toMatchObject({
        code: 'INPUT_UNREADABLE',
        message: expect.stringMatching(message),
      });
    }
  });

  it('is one that lacks a column, and says which there are', async () => {
    const columns = { user: 'user', time: 'ts', track: 'song' };
    await expect(entries('ts,user,track\n1,2,3', { columns })).rejects.toMatchObject({
      code: 'INPUT_UNREADABLE',
      message: expect.stringMatching(/"song" for track.*"ts", "user", "track"/),
    });
  });

  it('passes on what fails beneath it, and reads no further', async () => {
    async function* failing(): AsyncIterable<Buffer> {
      yield gzipSync('{"a":1}\n');
      throw new Error('disk on fire');
    }
    await expect(flattened(readListens(failing()))).rejects.toThrow('disk on fire');
  });
});

describe('columns', () => {
  it('must be enough', async () => {
    await expect(entries('ts,song\n', { columns: { time: 'ts' } })).rejects.toMatchObject({
      code: 'SETTING_INVALID',
    });
  });
});
