import { mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openClassicLevel } from '../../src/store/level';

const MEMORY = { blockCacheBytes: 1 << 20, writeBufferBytes: 1 << 20 };

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

  it('is called corrupt when its files are', async () => {
    await (await openClassicLevel(folder, MEMORY)).close();
    truncateSync(join(folder, 'CURRENT'), 0);
    await expect(openClassicLevel(folder, MEMORY)).rejects.toMatchObject({ code: 'STORE_CORRUPT' });
  });

  it('is called corrupt where there is a file in its place', async () => {
    const file = join(folder, 'file');
    writeFileSync(file, '');
    await expect(openClassicLevel(file, MEMORY)).rejects.toMatchObject({ code: 'STORE_CORRUPT' });
  });
});
