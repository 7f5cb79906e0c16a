import { randomBytes } from 'node:crypto';
import {
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openClassicLevel } from '../../src/store/level';
import { SlotDatabase } from '../../src/store/slot-database';

const MEMORY = { blockCacheBytes: 1 << 20, writeBufferBytes: 1 << 20 };

const KEYS = 3000;

async function fill(folder: string): Promise<void> {
  const level = await openClassicLevel(folder, MEMORY);
  const value = Buffer.alloc(1000, 'x');
  for (let key = 0; key < KEYS; key++) await level.put(`k${key}`, value);
  await level.close();
}

/** As the system tells, where it does. */
function mappedFiles(): string[] {
  if (process.platform !== 'linux') return [];
  return readFileSync('/proc/self/maps', 'utf8')
    .split('\n')
    .map((line) => line.slice(line.indexOf('/')));
}

function cut(folder: string, pattern: RegExp): void {
  for (const name of readdirSync(folder).filter((one) => pattern.test(one)))
    truncateSync(join(folder, name), Math.floor(statSync(join(folder, name)).size / 2));
}

describe('a database on disk', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'segue-level-'));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  it('is open once only', async () => {
    const first = await openClassicLevel(folder, MEMORY);
    await expect(openClassicLevel(folder, MEMORY)).rejects.toMatchObject({ code: 'STORE_LOCKED' });
    await first.close();
    const second = await openClassicLevel(folder, MEMORY);
    await second.close();
  });

  it('holds little of a large database in memory: small tables, few of them mapped at a time', async () => {
    const level = await openClassicLevel(folder, MEMORY);
    for (let key = 0; key < 1000; key++) await level.put(`k${key}`, randomBytes(100_000));
    for (let key = 0; key < 1000; key++) await level.get(`k${key}`);
    const tables = readdirSync(folder).filter((name) => name.endsWith('.ldb'));
    expect(tables.length).toBeGreaterThan(64);
    // A value more than what a table is to hold.
    const largest = Math.max(...tables.map((name) => statSync(join(folder, name)).size));
    expect(largest).toBeLessThan(1.2e6);
    const mapped = mappedFiles().filter((path) => path.startsWith(folder));
    expect(mapped.length).toBeLessThanOrEqual(64);
    await level.close();
  });

  it('is called corrupt when its files are', async () => {
    await (await openClassicLevel(folder, MEMORY)).close();
    truncateSync(join(folder, 'CURRENT'), 0);
    await expect(openClassicLevel(folder, MEMORY)).rejects.toMatchObject({ code: 'STORE_CORRUPT' });
  });

  it.each([
    ['table', /\.ldb$/],
    ['manifest', /^MANIFEST/],
  ])('is called corrupt when a %s is cut', async (_what, pattern) => {
    await fill(folder);
    cut(folder, pattern);
    await expect(openClassicLevel(folder, MEMORY)).rejects.toMatchObject({ code: 'STORE_CORRUPT' });
    // Nothing holds it any more: it can be deleted and made anew.
    rmSync(folder, { recursive: true });
    await (await openClassicLevel(folder, MEMORY)).close();
  });

  it('goes on before the last record when the newest log is cut, as a crash may leave it', async () => {
    await fill(folder);
    cut(folder, /\.log$/);
    const database = new SlotDatabase(await openClassicLevel(folder, MEMORY));
    expect(database.get('k0')).toBeDefined();
    await database.close();
  });

  it('is opened again and again, whatever was written', async () => {
    for (let time = 0; time < 3; time++) await fill(folder);
    const level = await openClassicLevel(folder, MEMORY);
    expect((await level.keys().all()).length).toBe(KEYS);
    await level.close();
  });

  it('is called corrupt when a table that was cut while it is open is read', async () => {
    await fill(folder);
    const level = await openClassicLevel(folder, MEMORY);
    cut(folder, /\.ldb$/);
    const database = new SlotDatabase(level);
    const corrupt = expect.objectContaining({ code: 'STORE_CORRUPT' });
    expect(() => database.get('k0')).toThrow(corrupt);
    await database.close();
  });

  it('is called corrupt where there is a file in its place', async () => {
    const file = join(folder, 'file');
    writeFileSync(file, '');
    await expect(openClassicLevel(file, MEMORY)).rejects.toMatchObject({ code: 'STORE_CORRUPT' });
  });
});
