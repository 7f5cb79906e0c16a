import {
  assignSlots,
  decodeAssignment,
  encodeAssignment,
  encodeJoining,
} from '../../../src/broker/kafka/group-messages';

const joined = (memberId: string, held: number[], preferred: number[] = []) => ({
  memberId,
  memberMetadata: encodeJoining({ held, preferred, data: Buffer.from(`at ${memberId}`) }),
});

test('shares the same way whoever asked first', () => {
  const members = [joined('c', []), joined('a', [0, 1, 2, 3]), joined('b', [], [2])];
  expect(assignSlots(4, members)).toEqual(assignSlots(4, [...members].reverse()));
});

test('leaves slots where they are, and moves one to where its state lies', () => {
  const members = assignSlots(4, [joined('a', [0, 1, 2, 3]), joined('b', [], [2, 3])]);
  expect(members.map(({ memberId, slots }) => [memberId, slots])).toEqual([
    ['a', [0, 1]],
    ['b', [2, 3]],
  ]);
});

test('carries the whole view, with the bytes each member has sent along', () => {
  const members = assignSlots(3, [joined('a', []), joined('b', [])]);
  const found = decodeAssignment(encodeAssignment(members));
  expect(found).toEqual(members);
  expect(found.map(({ data }) => `${data}`)).toEqual(['at a', 'at b']);
});

test('reads the empty bytes of a member that the leader did not know as an empty view', () => {
  expect(decodeAssignment(Buffer.alloc(0))).toEqual([]);
});
