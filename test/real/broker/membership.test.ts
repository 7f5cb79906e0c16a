/** What the broker contract leaves open: slots that nobody asked to move stay where they are. */
import type { Membership } from '../../../src/broker/broker';
import { KafkaBroker } from '../../../src/broker/kafka/kafka-broker';
import { systemClock } from '../../../src/clock';
import { eventually } from '../../contract/broker-harness';
import { testBrokers, unique } from '../../support/kafka/test-broker';

const SLOTS = 7;

let broker: KafkaBroker;

beforeAll(async () => {
  broker = await KafkaBroker.connect({ brokers: testBrokers() });
});

afterAll(() => broker.close());

interface Joining {
  readonly address?: () => string;
  readonly on?: KafkaBroker;
  readonly earlierMemberId?: string;
}

/** With a session far longer than any test, so that nothing here is waited out. */
const join = (
  groupId: string,
  { address = () => 'nowhere', on = broker, earlierMemberId }: Joining = {},
): Promise<Membership> =>
  on.join({
    groupId,
    slots: SLOTS,
    data: () => Buffer.from(address()),
    preferred: () => [],
    onAssigned: () => {},
    onLost: () => {},
    sessionTimeoutMs: 300_000,
    earlierMemberId,
  });

/** A member whose heartbeats end when the answer is called, as when its process is killed. */
async function joinToFallSilent(groupId: string) {
  let isSilent = false;
  const connection = await KafkaBroker.connect({
    brokers: testBrokers(),
    clock: {
      ...systemClock,
      schedule: (delayMs, action) => systemClock.schedule(delayMs, () => isSilent || action()),
    },
  });
  const member = await join(groupId, { on: connection });
  const fallSilent = () => {
    isSilent = true;
  };
  return { member, connection, fallSilent };
}

const counts = (members: readonly Membership[]): number[] =>
  members.map(({ slots }) => slots.length).sort();

test('members keep what they hold when another comes, and more when it leaves', async () => {
  const groupId = unique('group');
  const first = await join(groupId);
  const second = await join(groupId);
  await eventually(() => counts([first, second]), [3, 4]);
  const before = [[...first.slots], [...second.slots]] as const;
  const third = await join(groupId);
  await eventually(() => counts([first, second, third]), [2, 2, 3]);
  expect(before[0]).toEqual(expect.arrayContaining([...first.slots]));
  expect(before[1]).toEqual(expect.arrayContaining([...second.slots]));
  const [ofFirst, ofSecond] = [[...first.slots], [...second.slots]];
  await third.leave();
  await eventually(() => counts([first, second]), [3, 4]);
  expect(first.slots).toEqual(expect.arrayContaining(ofFirst));
  expect(second.slots).toEqual(expect.arrayContaining(ofSecond));
  await Promise.all([first.leave(), second.leave()]);
});

test('what a member sends along is asked for anew at each rebalance', async () => {
  const groupId = unique('group');
  let address = 'before';
  const first = await join(groupId, { address: () => address });
  expect(first.members.map(({ data }) => `${data}`)).toEqual(['before']);
  address = 'after';
  const second = await join(groupId);
  const seen = () => second.members.map(({ data }) => `${data}`).sort();
  await eventually(seen, ['after', 'nowhere']);
  await Promise.all([first.leave(), second.leave()]);
});

test('a member may leave while others are still joining', async () => {
  const groupId = unique('group');
  const members = await Promise.all([join(groupId), join(groupId), join(groupId)]);
  await members[0]!.leave();
  const joining = join(groupId);
  await members[1]!.leave();
  const last = await joining;
  await eventually(() => counts([members[2]!, last]), [3, 4]);
  expect([...members[2]!.slots, ...last.slots].sort()).toEqual([0, 1, 2, 3, 4, 5, 6]);
  await Promise.all([members[2]!.leave(), last.leave()]);
});

test('a member that fell silent is dismissed by another, long before its session is over', async () => {
  const groupId = unique('group');
  const first = await join(groupId);
  const { member, connection, fallSilent } = await joinToFallSilent(groupId);
  await eventually(() => counts([first, member]), [3, 4]);
  fallSilent();
  await first.dismiss(member.memberId);
  await eventually(() => first.slots.length, SLOTS);
  await first.leave();
  await connection.close();
});

test('a process that starts again does not wait for the member it was before', async () => {
  const groupId = unique('group');
  const { member, connection, fallSilent } = await joinToFallSilent(groupId);
  expect(member.slots).toHaveLength(SLOTS);
  fallSilent();
  const again = await join(groupId, { earlierMemberId: member.memberId });
  expect(again.slots).toHaveLength(SLOTS);
  await again.leave();
  await connection.close();
});
