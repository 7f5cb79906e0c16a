import { buildEvaluationSet } from '../../src/evaluation/evaluation-set';
import type { Events } from '../../src/evaluation/events';
import { filterOnce } from '../../src/evaluation/filter-once';
import { fnv1a, splitByTime, splitPairs, timeAtShare } from '../../src/evaluation/splits';

function eventsOf(...rows: readonly [user: number, item: number, time: number][]): Events {
  return {
    users: Int32Array.from(rows, ([user]) => user),
    items: Int32Array.from(rows, ([, item]) => item),
    times: Float64Array.from(rows, ([, , time]) => time),
  };
}

test('FNV-1a gives the published hashes', () => {
  expect(fnv1a('')).toBe(0x811c9dc5);
  expect(fnv1a('a')).toBe(0xe40c292c);
  expect(fnv1a('foobar')).toBe(0xbf9cf968);
});

test('a split by time parts before from not before', () => {
  const events = eventsOf([1, 1, 30], [1, 2, 10], [2, 1, 20]);
  const { train, test: heldOut } = splitByTime(events, 20);
  expect([...train.times]).toEqual([10]);
  expect([...heldOut.times]).toEqual([30, 20]);
  expect(timeAtShare(events, 0.8)).toBe(30);
});

test('all events of a pair are on one side', () => {
  const rows = Array.from({ length: 400 }, (_, e): [number, number, number] => [e % 20, e % 7, e]);
  const { train, test: heldOut } = splitPairs(eventsOf(...rows), 5);
  const keys = (events: Events) =>
    new Set(Array.from(events.users, (user, e) => `${user}:${events.items[e]}`));
  const trained = keys(train);
  expect(heldOut.users.length).toBeGreaterThan(0);
  expect([...keys(heldOut)].filter((key) => trained.has(key))).toEqual([]);
  expect(train.users.length + heldOut.users.length).toBe(400);
});

test('the filter counts distinct pairs, items first', () => {
  const events = eventsOf(
    [1, 1, 0],
    [1, 1, 1],
    [2, 1, 2],
    [2, 2, 3],
    [1, 2, 4],
    [3, 3, 5],
    [3, 1, 6],
  );
  const kept = filterOnce(events, { itemUsersMin: 2, userItemsMin: 2 });
  expect([...kept.times]).toEqual([0, 1, 2, 3, 4]);
});

test('targets are held-out items that are known and new to the user', () => {
  const train = eventsOf([7, 70, 0], [7, 70, 1], [5, 50, 2], [5, 70, 3]);
  const heldOut = eventsOf([7, 50, 4], [7, 50, 5], [7, 70, 6], [7, 99, 7], [8, 50, 8], [5, 70, 9]);
  const set = buildEvaluationSet({ train, test: heldOut });
  expect([...set.userIds]).toEqual([5, 7]);
  expect([...set.itemIds]).toEqual([50, 70]);
  expect([...set.plays.values]).toEqual([1, 1, 2]);
  expect([...set.users]).toEqual([1]);
  expect(set.targets).toEqual([new Set([0])]);
});
