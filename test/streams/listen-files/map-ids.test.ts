import { mulberry32 } from '../../../src/random';
import type { FileEntry } from '../../../streams/listen-files/file-entry';
import { fileSource, streamSource } from '../../../streams/listen-files/listen-source';
import {
  MSID_MAPPING,
  REDIRECTS,
  readIdMap,
  readTrackNames,
} from '../../../streams/listen-files/read-id-map';
import { readListens } from '../../../streams/listen-files/read-listens';
import { TrackNames } from '../../../streams/listen-files/track-names';
import { UuidMap } from '../../../streams/listen-files/uuid-map';
import { flattened, inChunks } from '../../support/chunks';
import { parquetOf } from '../../support/parquet-files';
import { withSharedData } from '../../support/shared-data';

const id = (n: number) => `${n.toString(16).padStart(8, '0')}-1111-4111-8111-111111111111`;

const listen = (msid: number, mbid?: number) =>
  JSON.stringify({
    user_id: 1,
    timestamp: 1,
    recording_msid: id(msid),
    track_metadata: {
      artist_name: 'A',
      track_name: 'B',
      additional_info: mbid === undefined ? {} : { recording_mbid: id(mbid) },
    },
  });

const csv = (text: string) => streamSource('a file', inChunks(text, 7));

describe('a map of UUIDs', () => {
  it('holds what a Map holds', () => {
    const seed = 3;
    const random = mulberry32(seed);
    const uuid = () =>
      Array.from({ length: 32 }, () => random.below(16).toString(16))
        .join('')
        .replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
    const plain = new Map<string, string>();
    const map = new UuidMap();
    const keys = Array.from({ length: 5000 }, uuid);
    for (let k = 0; k < 20_000; k++) {
      const [key, value] = [keys[random.below(keys.length)]!, uuid()];
      plain.set(key, value);
      map.set(key.toUpperCase(), value);
    }
    expect(map.size).toBe(plain.size);
    for (const key of keys) expect(map.get(key)).toBe(plain.get(key));
    expect(map.get(uuid())).toBeUndefined();
    expect(map.get('none')).toBeUndefined();
  });

  it('refuses more than it has memory for', () => {
    const map = new UuidMap(1024);
    const fill = () => {
      for (let n = 1; n <= 1000; n++) map.set(id(n), id(n));
    };
    expect(fill).toThrow(expect.objectContaining({ code: 'MEMORY_EXCEEDED' }));
    expect(map.size).toBe(768);
  });
});

describe('a table of ids', () => {
  const rows = `recording_msid,recording_mbid,match_type\n${id(1)},${id(11)},exact_match\n${id(2)},,no_match\n`;

  it('is read from CSV, without rows that have no match', async () => {
    const map = await readIdMap(csv(rows), MSID_MAPPING);
    expect([map.size, map.get(id(1)), map.get(id(2))]).toEqual([1, id(11), undefined]);
  });

  it("is read from Parquet, such as the study's tracks", async () => {
    const bytes = await parquetOf([
      { name: 'recording_msid', data: [id(1), id(2)], type: 'STRING' },
      { name: 'artist_name', data: ['A', 'B'], type: 'STRING' },
      { name: 'recording_mbid', data: [id(11), null], type: 'STRING' },
    ]);
    const map = await readIdMap(streamSource('a file', inChunks(bytes)), MSID_MAPPING);
    expect([map.size, map.get(id(1))]).toEqual([1, id(11)]);
  });

  it.each([
    ['another table', 'a,b\n1,2\n', /columns recording_msid and recording_mbid.*has a, b/],
    ['a row too short', `${rows}x\n`, /line 4: 1 columns, expected 3/],
    ['an id that is none', `${rows}x,${id(1)},exact\n`, /line 4: expected a UUID, got "x"/],
    ['bytes that are no text', `${rows}\xff`, /line 4/],
  ])('is refused with its line: %s', async (_, text, message) => {
    const source = streamSource('a file', inChunks(Buffer.from(text, 'latin1')));
    await expect(readIdMap(source, MSID_MAPPING)).rejects.toMatchObject({
      code: 'INPUT_UNREADABLE',
      message: expect.stringMatching(message),
    });
  });
});

describe('a table of tracks', () => {
  it('holds what a Map holds, over several blocks, and the first names of a track', () => {
    const names = new TrackNames();
    const long = 'ö'.repeat(900);
    const of = (n: number) => ({ artist: `${n} ${long}`, title: n % 3 === 0 ? '' : `Titel ${n}` });
    for (let n = 1; n <= 20_000; n++) names.add(id(n), of(n));
    names.add(id(7), { artist: 'another', title: '' });
    expect(names.size).toBe(20_000);
    for (let n = 1; n <= 20_000; n++) {
      const found = names.get(id(n).toUpperCase())!;
      if (found.artist !== of(n).artist || found.title !== of(n).title) throw new Error(`${n}`);
    }
    expect(names.get(id(20_001))).toBeUndefined();
  });

  it('refuses more than it has memory for, and cuts names without end', () => {
    const names = new TrackNames(1);
    names.add(id(1), { artist: 'x'.repeat(100_000), title: 'a\0b' });
    expect(names.get(id(1))).toEqual({ artist: 'x'.repeat(1000), title: 'ab' });
    const fill = () => {
      for (let n = 2; n < 20_000; n++) names.add(id(n), { artist: 'x'.repeat(1000), title: '' });
    };
    expect(fill).toThrow(expect.objectContaining({ code: 'MEMORY_EXCEEDED' }));
  });

  it('names listens that have no names, and no others', async () => {
    const table = `recording_msid,artist_name,track_name\n${id(1)},Portishead,Roads\n${id(2)},,\n`;
    const names = await readTrackNames(csv(table));
    const text = [1, 2, 3].map((n) => `ann\t1\t${id(n)}`).join('\n');
    const options = { columns: { user: 'u', time: 't', msid: 'm' }, ids: { names } };
    const read = await flattened(readListens(inChunks(`u\tt\tm\n${text}`), options));
    const namesOf = (entry: FileEntry) =>
      'listen' in entry && [entry.listen.artist_name, entry.listen.track_name];
    expect(read.map(namesOf)).toEqual([
      ['Portishead', 'Roads'],
      [null, null],
      [null, null],
    ]);
    const given = await flattened(readListens(inChunks(listen(1)), { ids: { names } }));
    expect(given.map(namesOf)).toEqual([['A', 'B']]);
  });
});

describe('ids of listens', () => {
  it('come from the mapping where the listen has no mbid, and follow redirects', async () => {
    const mapping = new UuidMap();
    mapping.set(id(1), id(11));
    mapping.set(id(3), id(13));
    const redirects = new UuidMap();
    redirects.set(id(11), id(12));
    redirects.set(id(12), id(13));
    redirects.set(id(20), id(21));
    redirects.set(id(21), id(20));
    const text = [listen(1), listen(2), listen(3, 11), listen(3, 14), listen(4, 20)].join('\n');
    const read = await flattened(readListens(inChunks(text), { ids: { mapping, redirects } }));
    expect(read.map((one) => 'listen' in one && one.listen.recording_mbid)).toEqual([
      id(13),
      null,
      id(13),
      id(14),
      // A circle: where it is left does not matter, only that it is.
      id(20),
    ]);
  });
});

withSharedData('listenbrainz-formats', (folder) => {
  it('reads the published tables: 99 rows each', async () => {
    const mapping = await readIdMap(
      fileSource(`${folder}/listenbrainz_msid_mapping_sample.csv`),
      MSID_MAPPING,
    );
    const redirects = await readIdMap(
      fileSource(`${folder}/canonical_recording_redirect_sample.csv`),
      REDIRECTS,
    );
    // 31 of the mapping's 99 rows have no match.
    expect([mapping.size, redirects.size]).toEqual([68, 99]);
  });
});
