import { knownItems } from '../../src/evaluation/ranked-lists';
import { mulberry32 } from '../../src/random';
import type { Histogram } from '../../src/study/filter-pairs';
import { fewestPlays, partByTime, partInOneOrder, timeAtShare } from '../../src/study/parting';
import { type SplitName, type StudySplit, splitTable } from '../../src/study/study-split';
import { type TimedPlay, tableOf } from '../support/interaction-tables';

const rule = { itemUsersMin: (_: Histogram) => 4, userItemsMin: 5 };

function drawPlays(seed: number): TimedPlay[] {
  const random = mulberry32(seed);
  return Array.from({ length: 4000 }, () => ({
    user: `u${random.below(60)}`,
    item: `i${Math.floor(120 * random.next() ** 2)}`,
    time: 1000 + random.below(10_000),
  }));
}

const settings = (name: SplitName, seed = 1) => ({ name, trainShare: 0.8, coldShare: 0.1, seed });

/** (user, item) numbers of the table. */
function pairsOf({ warm, cold }: StudySplit, of: 'train' | 'targets'): Set<string> {
  const pairs = new Set<string>();
  for (const set of [warm, cold]) {
    if (of === 'train')
      set.userIds.forEach((user, row) => {
        for (const item of knownItems(set, row)) pairs.add(`${user} ${set.itemIds[item]}`);
      });
    else
      set.users.forEach((row, at) => {
        for (const item of set.targets[at]!) pairs.add(`${set.userIds[row]} ${set.itemIds[item]}`);
      });
  }
  return pairs;
}

describe.each(['pairs', 'time', 'study-order'] as const)('a split (%s)', (name) => {
  const table = tableOf(drawPlays(7));

  it('has no pair on both sides, and none of the test part where settings are tuned', () => {
    const test = splitTable(table, settings(name), rule, 'test');
    const validation = splitTable(table, settings(name), rule, 'validation');
    const held = pairsOf(test, 'targets');
    expect(held.size).toBeGreaterThan(100);
    expect([...pairsOf(test, 'train')].filter((pair) => held.has(pair))).toEqual([]);
    for (const side of ['train', 'targets'] as const)
      expect([...pairsOf(validation, side)].filter((pair) => held.has(pair))).toEqual([]);
    const heldBack = pairsOf(validation, 'targets');
    expect([...pairsOf(validation, 'train')].filter((pair) => heldBack.has(pair))).toEqual([]);
  });

  it('repeats with its seed, learns from enough users and items, and keeps new users apart', () => {
    const one = splitTable(table, settings(name), rule, 'test');
    expect(splitTable(table, settings(name), rule, 'test')).toEqual(one);
    const { warm, cold } = one;
    for (const row of warm.userIds.keys())
      if (name !== 'study-order')
        expect(knownItems(warm, row).length).toBeGreaterThanOrEqual(rule.userItemsMin);
    expect([...cold.userIds].filter((user) => warm.userIds.includes(user))).toEqual([]);
    if (name !== 'time')
      expect(splitTable(table, settings(name, 2), rule, 'test')).not.toEqual(one);
  });
});

describe('the filter of a split', () => {
  it('does not see what is held out, except in the order of the study', () => {
    // An item with five users, of whom the training part has about four.
    const borders: Record<string, number[]> = { pairs: [], 'study-order': [] };
    for (const name of ['pairs', 'study-order'] as const) {
      const seen = {
        ...rule,
        itemUsersMin: (usersPerItem: Histogram) => {
          borders[name]!.push([...usersPerItem].reduce((sum, [users, n]) => sum + users * n, 0));
          return 4;
        },
      };
      splitTable(tableOf(drawPlays(7)), settings(name), seen, 'test');
    }
    const all = tableOf(drawPlays(7)).pairItems.length;
    expect(borders['study-order']).toEqual([all]);
    expect(borders['pairs']![0]).toBeLessThan(0.8 * all);
  });
});

describe('partings', () => {
  it('by time learn what was before, and foretell what is new', () => {
    const table = tableOf([
      { user: 'a', item: 'x', time: 1 },
      { user: 'a', item: 'x', time: 9 },
      { user: 'a', item: 'y', time: 5 },
      { user: 'a', item: 'z', time: 7 },
    ]);
    const { trainPlays, isTarget } = partByTime(table, 5, 7);
    expect([[...trainPlays], [...isTarget]]).toEqual([
      [1, 0, 0],
      [0, 1, 0],
    ]);
    expect(timeAtShare(table, 0.5)).toBe(7);
    expect(timeAtShare(table, 0.5, 7)).toBe(5);
  });

  it('in one order hold the same items out from everybody', () => {
    const plays = ['a', 'b', 'c'].flatMap((user) =>
      Array.from({ length: 10 }, (_, n) => ({ user, item: `i${n}`, time: 1 })),
    );
    const { isTarget } = partInOneOrder(tableOf(plays), { trainShare: 0.8 });
    const held = [0, 1, 2].map((user) => isTarget.slice(10 * user, 10 * user + 10).join(''));
    expect(new Set(held).size).toBe(1);
    expect(isTarget.reduce((sum, one) => sum + one, 0)).toBe(6);
  });

  it('take the users with the fewest plays as new, equal ones together', () => {
    const plays = [1, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10].flatMap((count, user) =>
      Array.from({ length: count }, (_, time) => ({ user: `u${10 + user}`, item: 'x', time })),
    );
    expect([...fewestPlays(tableOf(plays), 0.1)]).toEqual([1, 1, ...new Array(9).fill(0)]);
    expect([...fewestPlays(tableOf(plays), 0.2)]).toEqual([1, 1, 1, ...new Array(8).fill(0)]);
    expect([...fewestPlays(tableOf(plays), 0)]).toEqual(new Array(11).fill(0));
  });
});
