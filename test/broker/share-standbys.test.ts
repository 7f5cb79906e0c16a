import { type SlotCandidate, shareSlots } from '../../src/broker/share-slots';
import { shareStandbys } from '../../src/broker/share-standbys';
import { mulberry32 } from '../../src/random';

const member = (memberId: string, reached: Record<number, number> = {}): SlotCandidate => ({
  memberId,
  preferred: Object.keys(reached).map(Number),
  reached,
});

const shares = (
  standbys: number,
  members: readonly SlotCandidate[],
  owned: Record<string, number[]>,
) => Object.fromEntries(shareStandbys(standbys, members, new Map(Object.entries(owned))));

test('nobody follows anything where there are no standbys, or nobody else', () => {
  expect(shares(0, [member('a'), member('b')], { a: [0], b: [1] })).toEqual({ a: [], b: [] });
  expect(shares(2, [member('a')], { a: [0, 1] })).toEqual({ a: [] });
});

test('each slot is followed where its state reaches farthest, by each as many as can be even', () => {
  const members = [member('a', { 0: 9 }), member('b', { 0: 5 }), member('c', { 0: 7, 1: 3 })];
  expect(shares(1, members, { a: [0], b: [1], c: [2] })).toEqual({ a: [1], b: [2], c: [0] });
});

test('nobody follows more than its share while another could', () => {
  const all = { 0: 5, 1: 5, 2: 5, 3: 5 };
  const members = [member('a', all), member('b', all), member('c')];
  const found = shares(1, members, { a: [0, 1], b: [2, 3], c: [] });
  expect(Object.values(found).map(({ length }) => length)).toEqual([2, 2, 0]);
  const three = shares(2, members, { a: [0, 1], b: [2, 3], c: [] });
  expect(three).toEqual({ a: [2, 3], b: [0, 1], c: [0, 1, 2, 3] });
});

test('every slot has its standbys, never at its owner and never twice at one, whoever has state', () => {
  const random = mulberry32(11);
  for (let round = 0; round < 300; round++) {
    const slots = 1 + random.below(9);
    const members = Array.from({ length: 1 + random.below(5) }, (_, number) =>
      member(
        `m${number}`,
        Object.fromEntries(
          Array.from({ length: random.below(slots + 1) }, () => [
            random.below(slots),
            random.below(100),
          ]),
        ),
      ),
    );
    const standbys = random.below(4);
    const owned = shareSlots(slots, members);
    const found = shareStandbys(standbys, members, owned);
    const followers = (slot: number) =>
      members.filter(({ memberId }) => found.get(memberId)!.includes(slot));
    for (let slot = 0; slot < slots; slot++) {
      expect([round, slot, followers(slot).length]).toEqual([
        round,
        slot,
        Math.min(standbys, members.length - 1),
      ]);
      expect(followers(slot).some(({ memberId }) => owned.get(memberId)!.includes(slot))).toBe(
        false,
      );
    }
    for (const share of found.values()) expect(new Set(share).size).toBe(share.length);
  }
});
