import { faultyRun } from './faulty-run';
import { CRASH_POINTS } from './machine';
import { PLANTED_FAULTS } from './planted-faults';

/** Fixed seeds, and some that are new each time; a failing one is printed and replays exactly. */
const FIXED = [1, 2, 3, 4, 5, 6, 7, 8];
const FRESH = Array.from({ length: 6 }, () => Math.floor(Math.random() * 1e9));
const LISTENS = 400;
/** Within so many seeds a planted fault must show. */
const PLANTED_SEEDS = 12;

describe('a simulated campaign', () => {
  const happenings: Record<string, number> = {};

  it.each([...FIXED, ...FRESH])('equals the ledger, seed %i', async (seed) => {
    const report = await faultyRun({ seed, listens: LISTENS });
    for (const [what, times] of Object.entries(report.happenings))
      happenings[what] = (happenings[what] ?? 0) + times;
    expect({ seed, differences: report.differences }).toEqual({ seed, differences: [] });
    expect(report.lists).toBeGreaterThan(0);
  });

  it('has everything in it that can go wrong', () => {
    const crashes = Object.keys(happenings).filter((what) => what.startsWith('crash: '));
    expect(crashes.length).toBeGreaterThan(CRASH_POINTS.length / 2);
    for (const what of [
      'lost answer',
      'aborted step',
      'zombie',
      'pause',
      'full disk',
      'hand-over',
      'addition',
      'followed slot',
    ])
      expect([what, happenings[what] ?? 0]).not.toEqual([what, 0]);
  });

  it('leaves the same bytes in the topics, from the same seed', async () => {
    expect(await faultyRun({ seed: 3, listens: 300 })).toEqual(
      await faultyRun({ seed: 3, listens: 300 }),
    );
  });
});

describe('a planted fault', () => {
  it.each(PLANTED_FAULTS)('is found: %s', async (planted) => {
    let found: readonly string[] = [];
    for (let seed = 1; seed <= PLANTED_SEEDS && found.length === 0; seed++)
      found = (await faultyRun({ seed, listens: 300, planted })).differences;
    expect(found).not.toEqual([]);
  });
});
