import { shareSlots } from '../../src/broker/share-slots';
import { mulberry32 } from '../../src/random';

const shares = (slots: number, ...members: Parameters<typeof shareSlots>[1][number][]) =>
  Object.fromEntries(shareSlots(slots, members));

test('gives one member every slot', () => {
  expect(shares(3, { memberId: 'a', preferred: [] })).toEqual({ a: [0, 1, 2] });
});

test('shares round-robin where nobody prefers anything', () => {
  expect(shares(5, { memberId: 'a', preferred: [] }, { memberId: 'b', preferred: [] })).toEqual({
    a: [0, 2, 4],
    b: [1, 3],
  });
});

test('leaves slots where their state lies', () => {
  expect(
    shares(4, { memberId: 'a', preferred: [2, 3] }, { memberId: 'b', preferred: [0, 1] }),
  ).toEqual({ a: [2, 3], b: [0, 1] });
});

test('makes a holder give up the slots that a newcomer has state for', () => {
  expect(
    shares(
      4,
      { memberId: 'a', held: [0, 1, 2, 3], preferred: [0, 1, 2, 3] },
      { memberId: 'b', preferred: [0, 1] },
    ),
  ).toEqual({ a: [2, 3], b: [0, 1] });
});

test('makes a holder give up the slots that a newcomer has least to catch up with', () => {
  expect(
    shares(
      4,
      {
        memberId: 'a',
        held: [0, 1, 2, 3],
        preferred: [0, 1, 2, 3],
        reached: { 0: 50, 1: 50, 2: 50, 3: 50 },
      },
      { memberId: 'b', preferred: [0, 1, 2, 3], reached: { 0: 10, 1: 49, 2: 20, 3: 50 } },
    ),
  ).toEqual({ a: [0, 2], b: [1, 3] });
});

test('gives a slot that nobody holds to where its state is the freshest', () => {
  expect(
    shares(
      2,
      { memberId: 'a', preferred: [0, 1], reached: { 0: 5, 1: 5 } },
      { memberId: 'b', preferred: [0, 1], reached: { 0: 6 } },
    ),
  ).toEqual({ a: [1], b: [0] });
});

test('lets a holder win over old state elsewhere', () => {
  expect(
    shares(2, { memberId: 'a', preferred: [0, 1] }, { memberId: 'b', held: [0], preferred: [0] }),
  ).toEqual({ a: [1], b: [0] });
});

test('gives nothing to members beyond the number of slots, and nothing at all to nobody', () => {
  expect(shares(1, { memberId: 'a', preferred: [] }, { memberId: 'b', preferred: [] })).toEqual({
    a: [0],
    b: [],
  });
  expect(shareSlots(3, []).size).toBe(0);
});

test('is balanced, complete and without overlap whatever is held and preferred', () => {
  const random = mulberry32(7);
  for (let round = 0; round < 300; round++) {
    const slots = 1 + random.below(9);
    const some = () => Array.from({ length: slots }, (_, i) => i).filter(() => random.below(2));
    const members = Array.from({ length: 1 + random.below(5) }, (_, i) => ({
      memberId: `m${i}`,
      held: some(),
      preferred: some(),
    }));
    const given = [...shareSlots(slots, members).values()];
    const sizes = given.map((share) => share.length);
    expect([round, given.flat().sort((a, b) => a - b)]).toEqual([
      round,
      Array.from({ length: slots }, (_, i) => i),
    ]);
    expect(Math.max(...sizes) - Math.min(...sizes)).toBeLessThanOrEqual(1);
  }
});
