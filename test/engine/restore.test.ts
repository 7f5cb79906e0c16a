/** What a slot does with what lies on its disk: trust it and replay the rest, or wipe it and replay everything. */
import { partitionOf } from '../../src/broker/partitioner';
import type { StreamRunner } from '../../src/engine/stream-runner';
import type { SlotMark } from '../../src/store/slot-database';
import { ToyEngine } from '../support/engine/toy-engine';

const WORDS = ['word-0', 'word-1', 'word-2', 'word-3'];
const HOUR = 3_600_000;

async function addSome(toy: ToyEngine, runner: StreamRunner): Promise<void> {
  for (const word of WORDS) await toy.send(word, 1);
  await toy.settle(runner);
}

/** A stopped application that has counted once. */
async function stopped(options: Parameters<typeof ToyEngine.open>[0] = {}): Promise<ToyEngine> {
  const toy = await ToyEngine.open({ ...options, settings: { slots: 1, ...options.settings } });
  const runner = await toy.start();
  await addSome(toy, runner);
  await toy.stop(runner);
  return toy;
}

async function remark(toy: ToyEngine, change: (mark: SlotMark) => SlotMark): Promise<void> {
  const database = toy.database('a', 0);
  await database.apply([], change(database.mark()!));
}

/** Starts again, checks the counts and answers whether the disk was wiped. */
async function isWiped(
  toy: ToyEngine,
  options: Parameters<ToyEngine['start']>[1] = {},
): Promise<boolean> {
  const runner = await toy.start('a', options);
  await addSome(toy, runner);
  expect(WORDS.map((word) => toy.countOf(runner, word))).toEqual([2, 2, 2, 2]);
  expect(toy.added(runner)).toBe(8);
  await toy.stop(runner);
  return toy.warnings.some((line) => line.includes('is wiped'));
}

describe('what is on disk', () => {
  it('is trusted after a clean stop, without replaying anything', async () => {
    const toy = await stopped();
    expect(await isWiped(toy)).toBe(false);
    expect(toy.infos.filter((line) => line.includes('records replayed'))).toEqual([]);
  });

  it('is trusted after a clean stop also on a machine that was started anew', async () => {
    expect(await isWiped(await stopped(), { bootId: 'another boot' })).toBe(false);
  });

  it('is trusted after a crash of the process alone, and wiped after one of the machine', async () => {
    for (const bootId of ['boot', 'another boot']) {
      const toy = await stopped();
      await remark(toy, (mark) => ({ ...mark, clean: false }));
      expect(await isWiped(toy, { bootId })).toBe(bootId !== 'boot');
    }
  });

  it('is wiped when it is older than tombstones are kept', async () => {
    for (const [hours, expected] of [
      [23, false],
      [25, true],
    ] as const) {
      const toy = await stopped();
      await toy.clock.advance(hours * HOUR);
      expect(await isWiped(toy)).toBe(expected);
    }
  });

  it.each<[string, (mark: SlotMark) => SlotMark]>([
    [
      'ends before it: made anew',
      (mark) => ({ ...mark, changelogs: { ...mark.changelogs, counts: 999 } }),
    ],
    [
      'it has never seen',
      (mark) => ({ ...mark, changelogs: { progress: mark.changelogs['progress']! } }),
    ],
    [
      'was written under schemas that it does not name',
      ({ writers: _, ...mark }) => mark as SlotMark,
    ],
  ])('is wiped where its table is one that %s', async (_what, change) => {
    const toy = await stopped();
    await remark(toy, change);
    expect(await isWiped(toy)).toBe(true);
  });

  it('is wiped where the table begins behind it', async () => {
    const toy = await stopped();
    await remark(toy, (mark) => ({ ...mark, changelogs: { ...mark.changelogs, counts: 0 } }));
    const position = { topic: 'counts', partition: 0, offset: 1 };
    await toy.broker.deleteRecordsBefore(position);
    const runner = await toy.start();
    expect(toy.warnings.join()).toContain('which now begins at 1');
    await toy.stop(runner);
  });

  it('is brought up to the end where it lags behind, record for record', async () => {
    const toy = await ToyEngine.open({ settings: { slots: 1 } });
    const first = await toy.start('a');
    await addSome(toy, first);
    await toy.stop(first);
    const behind = toy.database('a', 0).mark()!;
    const elsewhere = await toy.start('b');
    await addSome(toy, elsewhere);
    await toy.stop(elsewhere);
    const again = await toy.start('a');
    expect(toy.warnings).toEqual([]);
    expect(toy.infos.some((line) => line.includes('records replayed'))).toBe(true);
    expect(WORDS.map((word) => toy.countOf(again, word))).toEqual([2, 2, 2, 2]);
    expect(toy.added(again)).toBe(8);
    await toy.stop(again);
    expect(toy.database('a', 0).mark()!.changelogs['counts']).toBeGreaterThan(
      behind.changelogs['counts']!,
    );
  });
});

describe('a restore', () => {
  it('goes on where it was when it broke off in the middle, wherever that was', async () => {
    const toy = await ToyEngine.open({ settings: { slots: 1 } });
    const first = await toy.start('a');
    for (let turn = 0; turn < 3; turn++) await addSome(toy, first);
    await toy.stop(first);
    for (let brokenAt = 1; brokenAt <= 3; brokenAt++) {
      toy.loseDisk('a');
      let applied = 0;
      toy.disk.onApply = () => {
        applied += 1;
        if (applied === brokenAt) throw new Error('ENOSPC: no space left on device');
      };
      const again = await toy.start('a');
      await toy.settle(again);
      expect(WORDS.map((word) => toy.countOf(again, word))).toEqual([3, 3, 3, 3]);
      expect(toy.added(again)).toBe(12);
      await toy.stop(again);
    }
  });

  it('ends at once when the slot is given to somebody else meanwhile', async () => {
    const toy = await ToyEngine.open();
    const first = await toy.start('a');
    await addSome(toy, first);
    await toy.stop(first);
    toy.loseDisk('a');
    const passed: string[] = [];
    let stopping: Promise<void> | undefined;
    await toy.start('a', {
      faultPoint: (name) => {
        passed.push(name);
        if (name !== 'after-fencing') return;
        queueMicrotask(() => {
          stopping ??= toy.lastRunner!.stop();
        });
      },
    });
    await toy.run(stopping!);
    expect(passed).toContain('after-fencing');
    expect(passed).not.toContain('in-restore');
    expect(toy.warnings.join()).toContain('was given away during its restore');
  });

  it('gives each slot the keys of its own partition only', async () => {
    const toy = await ToyEngine.open();
    const first = await toy.start('a');
    await addSome(toy, first);
    await toy.stop(first);
    toy.loseDisk('a');
    const second = await toy.start('a');
    await toy.stop(second);
    for (const slot of [0, 1]) {
      const keys = await toy.database('a', slot).keysAfter('c', 'c', 100);
      const own = WORDS.filter((word) => partitionOf(Buffer.from(word), 2) === slot);
      expect(keys).toEqual(own.map((word) => `c${word}`));
    }
  });
});
