import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { hashFile, StepCache } from '../../src/study/step-cache';

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'segue-steps-'));
});

afterEach(() => rmSync(folder, { recursive: true, force: true }));

function countedStep(settings: unknown, inputs: string[] = []) {
  const runs = { count: 0 };
  const step = {
    name: 'add',
    settings,
    inputs,
    run: async () => {
      runs.count++;
      return { json: { runs: runs.count }, arrays: { values: Float32Array.of(1.5, -2) } };
    },
  };
  return { runs, step };
}

describe('steps', () => {
  it('are run once for the same settings and inputs, in whatever order the settings stand', async () => {
    const { runs, step } = countedStep({ a: 1, b: [2, { c: 3, d: 4 }] });
    const first = await new StepCache(folder).step(step);
    const again = await new StepCache(folder).step({
      ...step,
      settings: { b: [2, { d: 4, c: 3 }], a: 1, notGiven: undefined },
    });
    expect([first.wasCached, again.wasCached, runs.count]).toEqual([false, true, 1]);
    expect(again.json).toEqual({ runs: 1 });
    expect(await again.array('values', Float32Array)).toEqual(Float32Array.of(1.5, -2));
  });

  it('are run again for other settings, other inputs, and when asked', async () => {
    const cache = new StepCache(folder);
    const { runs, step } = countedStep({ a: 1 });
    const { key } = await cache.step(step);
    expect((await cache.step({ ...step, settings: { a: 2 } })).key).not.toBe(key);
    expect((await cache.step({ ...step, inputs: ['x'] })).key).not.toBe(key);
    const fresh = await cache.step(step, true);
    expect([runs.count, fresh.key, fresh.json]).toEqual([4, key, { runs: 4 }]);
  });

  it('leave nothing behind when they fail', async () => {
    const failing = {
      name: 'fail',
      settings: {},
      inputs: [],
      run: async (own: string) => {
        writeFileSync(join(own, 'half'), 'done');
        throw new Error('no');
      },
    };
    await expect(new StepCache(folder).step(failing)).rejects.toThrow('no');
    expect(readdirSync(folder)).toEqual([]);
  });

  it('go on with what an unfinished run has left, unless asked to begin anew', async () => {
    const cache = new StepCache(folder);
    const found: boolean[] = [];
    const step = {
      name: 'long',
      settings: {},
      inputs: [],
      run: async (own: string) => {
        found.push(existsSync(join(own, 'half')));
        writeFileSync(join(own, 'half'), 'done');
        if (found.length < 4) throw new Error('interrupted');
        return { json: {} };
      },
      isUnfinished: () => true,
    };
    for (const isFresh of [false, false, true])
      await expect(cache.step(step, isFresh)).rejects.toThrow('interrupted');
    const { wasCached, key } = await cache.step(step);
    expect([found, wasCached]).toEqual([[false, true, false, true], false]);
    expect(readdirSync(folder)).toEqual([`long-${key.slice(0, 16)}`]);
  });

  it('know a file by its content', async () => {
    const path = join(folder, 'file');
    writeFileSync(path, 'one');
    const one = await hashFile(path);
    writeFileSync(path, 'two');
    expect(await hashFile(path)).not.toBe(one);
    writeFileSync(path, 'one');
    expect(await hashFile(path)).toBe(one);
  });
});
