import type { Broker, Membership, MembershipOptions } from '../../src/broker/broker';
import { bytes, type ContractContext, eventually } from './broker-harness';

/** A member and all that it was told, in order: slots assigned, or 'lost'. */
interface Joined {
  readonly membership: Membership;
  readonly told: (readonly number[] | 'lost')[];
}

const NOTHING: readonly number[] = [];

export function groupCases(context: ContractContext): void {
  if (context.traits.joinRefusedWith !== undefined) {
    test('refuses to be a member, with a reason', async () => {
      const { joinRefusedWith } = context.traits;
      await expect(
        join(context.broker(), { groupId: context.unique('group') }),
      ).rejects.toMatchObject({ code: joinRefusedWith });
    });
    return;
  }
  sharingCases(context);
}

async function join(
  broker: Broker,
  options: Partial<MembershipOptions> & { readonly groupId: string },
): Promise<Joined> {
  const told: (readonly number[] | 'lost')[] = [];
  const membership = await broker.join({
    slots: 4,
    data: () => bytes('no data'),
    preferred: () => [],
    onAssigned: (slots) => told.push([...slots]),
    onLost: () => told.push('lost'),
    sessionTimeoutMs: 10_000,
    ...options,
  });
  return { membership, told };
}

const slotsOf = ({ membership }: Joined): readonly number[] => [...membership.slots];

function sharingCases({ broker, harness, unique }: ContractContext): void {
  test('gives a lone member every slot', async () => {
    const only = await join(broker(), { groupId: unique('group') });
    await eventually(() => slotsOf(only), [0, 1, 2, 3]);
    expect(only.told.at(-1)).toEqual([0, 1, 2, 3]);
    await only.membership.leave();
    expect(only.membership.slots).toEqual([]);
  });

  test('shares the slots of two members, and gives all to the one that stays', async () => {
    const groupId = unique('group');
    const first = await join(broker(), { groupId });
    await eventually(() => slotsOf(first), [0, 1, 2, 3]);
    const second = await join(await harness().connect(), { groupId });
    await eventually(() => [slotsOf(first).length, slotsOf(second).length], [2, 2]);
    expect([...slotsOf(first), ...slotsOf(second)].sort()).toEqual([0, 1, 2, 3]);
    await first.membership.leave();
    await eventually(() => slotsOf(second), [0, 1, 2, 3]);
    await second.membership.leave();
  });

  test('tells a member of each loss before the next assignment', async () => {
    const groupId = unique('group');
    const first = await join(broker(), { groupId });
    await eventually(() => slotsOf(first), [0, 1, 2, 3]);
    const second = await join(await harness().connect(), { groupId });
    await eventually(() => [slotsOf(first).length, slotsOf(second).length], [2, 2]);
    await second.membership.leave();
    await eventually(() => slotsOf(first), [0, 1, 2, 3]);
    const assignedAt = first.told.flatMap((word, index) => (word === 'lost' ? [] : [index]));
    expect(assignedAt.length).toBeGreaterThanOrEqual(3);
    for (const index of assignedAt.slice(1)) expect(first.told[index - 1]).toBe('lost');
    expect(first.told.at(-1)).toEqual([0, 1, 2, 3]);
    await first.membership.leave();
  });

  test('has told the slots, as `slots` holds them, by the time onAssigned is called', async () => {
    const seen: (readonly number[])[] = [];
    let membership: Membership | undefined;
    const groupId = unique('group');
    const joined = await join(broker(), {
      groupId,
      onAssigned: (slots) => {
        if (membership) seen.push([...membership.slots], [...slots]);
      },
    });
    membership = joined.membership;
    const second = await join(await harness().connect(), { groupId });
    await eventually(() => slotsOf(second).length, 2);
    await second.membership.leave();
    await eventually(() => seen.at(-1) ?? NOTHING, [0, 1, 2, 3]);
    for (let i = 0; i < seen.length; i += 2) expect(seen[i]).toEqual(seen[i + 1]);
    await membership.leave();
  });

  test('leaves slots where their state lies', async () => {
    const groupId = unique('group');
    const first = await join(broker(), { groupId, preferred: () => [1, 3] });
    const second = await join(await harness().connect(), { groupId, preferred: () => [0, 2] });
    await eventually(
      () => [slotsOf(first), slotsOf(second)],
      [
        [1, 3],
        [0, 2],
      ],
    );
    await first.membership.leave();
    await second.membership.leave();
  });

  test('tells everybody who holds which slots, with what each has sent along', async () => {
    const groupId = unique('group');
    const first = await join(broker(), { groupId, data: () => bytes('first') });
    const second = await join(await harness().connect(), { groupId, data: () => bytes('second') });
    await eventually(() => [slotsOf(first).length, slotsOf(second).length], [2, 2]);
    const held = [
      [first.membership.memberId, [...slotsOf(first)], 'first'],
      [second.membership.memberId, [...slotsOf(second)], 'second'],
    ];
    for (const { membership } of [first, second])
      await eventually(
        () =>
          membership.members
            .map(({ memberId, slots, data }) => [memberId, [...slots], `${data}`])
            .sort((a, b) => `${a[2]}`.localeCompare(`${b[2]}`)),
        held,
      );
    await second.membership.leave();
    await first.membership.leave();
  });

  test('shares among three members as evenly as can be, each slot once', async () => {
    const groupId = unique('group');
    const members = await Promise.all(
      [broker(), await harness().connect(), await harness().connect()].map((connection) =>
        join(connection, { groupId }),
      ),
    );
    const settled = () =>
      members
        .map((member) => slotsOf(member).length)
        .sort()
        .join();
    await eventually(settled, '1,1,2');
    expect(members.flatMap(slotsOf).sort()).toEqual([0, 1, 2, 3]);
    for (const { membership } of members) await membership.leave();
  });

  test('frees the slots of a connection that is closed', async () => {
    const groupId = unique('group');
    const first = await join(broker(), { groupId });
    const connection = await harness().connect();
    const second = await join(connection, { groupId });
    await eventually(() => [slotsOf(first).length, slotsOf(second).length], [2, 2]);
    await connection.close();
    await eventually(() => slotsOf(first), [0, 1, 2, 3]);
    await first.membership.leave();
  });

  test('lets a member that was dismissed by mistake go on', async () => {
    const groupId = unique('group');
    const first = await join(broker(), { groupId });
    const second = await join(await harness().connect(), { groupId });
    await eventually(() => [slotsOf(first).length, slotsOf(second).length], [2, 2]);
    await first.membership.dismiss(second.membership.memberId);
    await first.membership.dismiss('never heard of');
    await eventually(() => [slotsOf(first).length, slotsOf(second).length], [2, 2]);
    await second.membership.leave();
    await first.membership.leave();
  });

  test('tells a member its id, and takes an earlier one of the same process for a name alone', async () => {
    const ids: string[] = [];
    const { membership } = await join(broker(), {
      groupId: unique('group'),
      earlierMemberId: 'of an earlier life',
      onMemberId: (id) => ids.push(id),
    });
    expect(ids.at(-1)).toBe(membership.memberId);
    await membership.leave();
  });

  test('keeps groups apart', async () => {
    const first = await join(broker(), { groupId: unique('group') });
    const second = await join(await harness().connect(), { groupId: unique('group') });
    await eventually(() => slotsOf(first), [0, 1, 2, 3]);
    await eventually(() => slotsOf(second), [0, 1, 2, 3]);
    await first.membership.leave();
    await second.membership.leave();
  });
}
