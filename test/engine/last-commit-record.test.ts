/** The last commit record of a slot lies behind another slot's open step, as a process leaves it that dies in a commit. */
import { EmbeddedBroker } from '../../src/broker/embedded-broker';
import { agrees } from '../../src/engine/last-commit-record';
import type { ProgressValue } from '../../src/engine/topology';
import { ToyEngine } from '../support/engine/toy-engine';

const { ranges } = EmbeddedBroker.prototype;

/** The read-committed end of `progress` stays at `end` as long as `isHidden`. */
function hideBehind(end: number, isHidden: () => boolean): void {
  jest.spyOn(EmbeddedBroker.prototype, 'ranges').mockImplementation(async function (
    this: EmbeddedBroker,
    topic: string,
  ) {
    const all = await ranges.call(this, topic);
    if (topic !== 'progress' || !isHidden()) return all;
    return all.map((range) => ({ ...range, end: Math.min(end, range.end) }));
  });
}

/** Counted to 2 by `a`, whose disk stays behind, then to 5 by `b`. */
async function leftBehind(): Promise<{ toy: ToyEngine; seenEnd: number }> {
  const toy = await ToyEngine.open({ settings: { slots: 1 } });
  let seenEnd = 0;
  for (const [name, records] of [
    ['a', 2],
    ['b', 3],
  ] as const) {
    const runner = await toy.start(name);
    for (let number = 0; number < records; number++) await toy.send('word', 1);
    await toy.settle(runner);
    await toy.stop(runner);
    if (name === 'a') seenEnd = toy.database('a', 0).mark()!.changelogs['progress']!;
  }
  return { toy, seenEnd };
}

afterEach(() => jest.restoreAllMocks());

describe('a last commit record behind an open step', () => {
  it.each([
    ['a disk that is behind', 'a'],
    ['an empty disk', 'c'],
  ])('is waited for, on %s', async (_what, name) => {
    const { toy, seenEnd } = await leftBehind();
    let isHidden = true;
    hideBehind(name === 'a' ? seenEnd : 0, () => isHidden);
    jest.spyOn(EmbeddedBroker.prototype, 'writtenEnd').mockResolvedValue(seenEnd + 1);
    const runner = await toy.start(name);
    await toy.clock.advance(5000);
    expect(runner.slots[0]!.status).toBe('taking over');
    isHidden = false;
    await toy.send('word', 1);
    await toy.settle(runner);
    expect(toy.countOf(runner, 'word')).toBe(6);
    expect(toy.added(runner)).toBe(6);
    expect(toy.infos.join()).toMatch(/open step of another slot hides the last commit record/);
    await toy.stop(runner);
  });

  it('is waited for no longer when the slot is given away', async () => {
    const { toy, seenEnd } = await leftBehind();
    hideBehind(seenEnd, () => true);
    jest.spyOn(EmbeddedBroker.prototype, 'writtenEnd').mockResolvedValue(seenEnd + 1);
    const runner = await toy.start('a');
    await toy.stop(runner);
    expect(runner.slots[0]!.status).toBe('stopped');
  });
});

describe('agreement', () => {
  const at = (offset: number) => ({ topic: 'words', partition: 0, offset });
  const progress = (offset: number) => ({ positions: [at(offset)] }) as unknown as ProgressValue;

  it.each([
    ['the same position', [at(5)], progress(5), true],
    ['another position', [at(6)], progress(5), false],
    ['no record, and nothing committed', [], undefined, true],
    ['no record, and something committed', [at(5)], undefined, false],
    ['a record, and positions that the group has forgotten', [], progress(5), true],
  ])('of %s', (_what, committed, recorded, expected) => {
    expect(agrees(committed, recorded)).toBe(expected);
  });
});
