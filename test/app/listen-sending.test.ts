/** Files through the embedded broker: what a running process would then find in the topic. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Administration } from '../../src/app/administration';
import { type ListenFiles, sendListenFiles } from '../../src/app/listen-sending';
import { EmbeddedBroker } from '../../src/broker/embedded-broker';
import { systemClock } from '../../src/clock';
import { readSettings } from '../../src/config';
import { EmbeddedRegistry } from '../../src/schema-registry/embedded-registry';
import { openMemoryLevel } from '../../src/store/level';

let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'segue-listens-'));
});

afterAll(() => rmSync(folder, { recursive: true }));

function file(name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}

const ROWS = 'ts,user,song\n1500000000,ann,1\n1500000001,bob,2\n1500000002,ann,3\n';
const COLUMNS = 'user=user,time=ts,track=song';

async function send(listens: ListenFiles) {
  const clock = systemClock;
  const settings = readSettings({}, {});
  const broker = await EmbeddedBroker.open({ database: await openMemoryLevel(), clock });
  const registry = EmbeddedRegistry.inMemory();
  const administration = await Administration.open({ settings, broker, registry, clock });
  const { topics, codecs } = administration;
  const summaries = await sendListenFiles(listens, { broker, topics, codecs, settings, clock });
  const ranges = await broker.ranges('listens');
  await broker.close();
  return { summaries, stored: ranges.reduce((sum, { end }) => sum + end, 0) };
}

describe('sendListenFiles', () => {
  it('sends one file after the other', async () => {
    const files = [file('a.csv', ROWS), file('b.csv', ROWS)];
    const { summaries, stored } = await send({ files, columns: COLUMNS });
    expect(summaries.map(({ source, sent }) => [source, sent])).toEqual(files.map((f) => [f, 3]));
    expect(stored).toBe(6);
  });

  it('counts the limit over all files', async () => {
    const files = [file('a.csv', ROWS), file('b.csv', ROWS), file('c.csv', ROWS)];
    const { summaries, stored } = await send({ files, columns: COLUMNS, limit: 4 });
    expect(summaries.map(({ sent }) => sent)).toEqual([3, 1]);
    expect(stored).toBe(4);
  });

  it('passes over entries of all files together', async () => {
    const files = [file('a.csv', ROWS), file('b.csv', ROWS)];
    const { summaries, stored } = await send({ files, columns: COLUMNS, skip: 4 });
    expect(summaries.map(({ sent, entries }) => [sent, entries])).toEqual([
      [0, 3],
      [2, 3],
    ]);
    expect(stored).toBe(2);
  });

  it('takes \\t for a tab', async () => {
    const files = [file('a.tsv', ROWS.replaceAll(',', '\t'))];
    expect((await send({ files, columns: COLUMNS, separator: '\\t' })).stored).toBe(3);
  });

  it('refuses a format that there is not', async () => {
    await expect(send({ files: [], format: 'xml' })).rejects.toMatchObject({
      code: 'SETTING_INVALID',
    });
  });

  it.each(['missing.csv', '.'])('sends nothing when one of the files is none: %s', async (name) => {
    const files = [file('a.csv', ROWS), join(folder, name)];
    await expect(send({ files, columns: COLUMNS })).rejects.toMatchObject({
      code: 'INPUT_UNREADABLE',
      message: expect.stringContaining(folder),
    });
  });

  it('names the file that cannot be read', async () => {
    const files = [file('a.parquet', 'PAR1')];
    await expect(send({ files })).rejects.toMatchObject({
      code: 'INPUT_UNREADABLE',
      message: expect.stringMatching(/a\.parquet: .*Parquet/),
    });
  });
});
