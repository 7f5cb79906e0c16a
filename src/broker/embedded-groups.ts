/**
 * The groups that share slots out, for all connections of one embedded broker. A rebalance is one
 * synchronous act: everybody is told of the loss, then everybody of the new slots, in order of joining.
 */
import type { Clock, Timer } from '../clock';
import { SegueError } from '../errors';
import type { GroupMember, Membership, MembershipOptions } from './broker';
import { shareSlots } from './share-slots';
import { shareStandbys } from './share-standbys';

/** Kafka's default. */
const SESSION_TIMEOUT_MS = 45_000;

export class EmbeddedGroups {
  private readonly groups = new Map<string, EmbeddedMember[]>();
  private membersEver = 0;

  constructor(private readonly clock: Clock) {}

  /** Throws SETTING_INVALID where the group shares out another number of slots. */
  join(options: MembershipOptions): EmbeddedMember {
    const slots = this.groups.get(options.groupId)?.[0]?.options.slots ?? options.slots;
    if (slots !== options.slots)
      throw new SegueError(
        'SETTING_INVALID',
        `expected ${slots} slots, as the other members of group ${options.groupId} share out, but this one has ${options.slots}; give all the same`,
      );
    if (options.earlierMemberId !== undefined)
      this.dismiss(options.groupId, options.earlierMemberId);
    const members = this.groups.get(options.groupId) ?? [];
    const member = new EmbeddedMember(`member-${++this.membersEver}`, options, this);
    options.onMemberId?.(member.memberId);
    this.groups.set(options.groupId, [...members, member]);
    this.rebalance(options.groupId, `${member.memberId} joined`);
    return member;
  }

  /** One that still speaks would join again at once, so it is left where it is. */
  dismiss(groupId: string, memberId: string): void {
    const found = this.groups.get(groupId)?.find((member) => member.memberId === memberId);
    if (found?.isSilent) this.leave(found);
  }

  leave(member: EmbeddedMember): void {
    const { groupId } = member.options;
    const members = this.groups.get(groupId) ?? [];
    const others = members.filter((other) => other !== member);
    if (others.length === members.length) return;
    member.expiry?.cancel();
    member.become([], []);
    if (others.length === 0) this.groups.delete(groupId);
    else this.groups.set(groupId, others);
    this.rebalance(groupId, `${member.memberId} left`);
  }

  /** The member is silent from now on, as when its process dies; the group notices after the timeout. */
  expire(member: EmbeddedMember): void {
    member.isSilent = true;
    const timeoutMs = member.options.sessionTimeoutMs ?? SESSION_TIMEOUT_MS;
    member.expiry = this.clock.schedule(timeoutMs, () => this.leave(member));
  }

  private rebalance(groupId: string, reason: string): void {
    const members = this.groups.get(groupId) ?? [];
    if (members.length === 0) return;
    const candidates = members.map((member) => ({
      memberId: member.memberId,
      held: member.slots,
      ...member.ask(),
    }));
    const { slots, standbys = 0 } = members[0]!.options;
    const shares = shareSlots(slots, candidates);
    const following = shareStandbys(standbys, candidates, shares);
    for (const member of members) member.lose(reason);
    const everybody = members.map((member) => ({
      memberId: member.memberId,
      slots: shares.get(member.memberId)!,
      standbys: following.get(member.memberId)!,
      data: member.ask().data,
    }));
    for (const member of members) member.become(shares.get(member.memberId)!, everybody);
    for (const member of members) member.tellAssigned();
  }
}

/** What a member says of itself. */
interface Said {
  readonly preferred: readonly number[];
  readonly reached: Readonly<Record<number, number>>;
  readonly data: Buffer;
}

export class EmbeddedMember implements Membership {
  slots: readonly number[] = [];
  members: readonly GroupMember[] = [];
  isSilent = false;
  expiry: Timer | undefined;
  private wasAssigned = false;
  private said: Said | undefined;

  constructor(
    readonly memberId: string,
    readonly options: MembershipOptions,
    private readonly groups: EmbeddedGroups,
  ) {}

  /** What the member says of itself; of one that is silent, what it said last. */
  ask(): Said {
    if (this.isSilent && this.said !== undefined) return this.said;
    const { preferred, reached, data } = this.options;
    this.said = { preferred: preferred(), reached: reached?.() ?? {}, data: data() };
    return this.said;
  }

  lose(reason: string): void {
    this.slots = [];
    if (this.wasAssigned && !this.isSilent) this.options.onLost(reason);
  }

  become(slots: readonly number[], members: readonly GroupMember[]): void {
    this.slots = slots;
    this.members = members;
  }

  tellAssigned(): void {
    this.wasAssigned = true;
    const own = this.members.find(({ memberId }) => memberId === this.memberId);
    if (!this.isSilent) this.options.onAssigned(this.slots, own?.standbys ?? []);
  }

  async dismiss(memberId: string): Promise<void> {
    this.groups.dismiss(this.options.groupId, memberId);
  }

  async leave(): Promise<void> {
    this.groups.leave(this);
  }
}
