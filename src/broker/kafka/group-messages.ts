/**
 * What members of a group tell each other through Kafka's group protocol: a joining member what it has, the
 * leader's answer who gets what. Everybody gets the whole view. JSON, since it travels once a rebalance and may
 * be read by a later version.
 */
import type { GroupMember } from '../broker';
import { shareSlots } from '../share-slots';
import { shareStandbys } from '../share-standbys';

export interface JoiningMember {
  /** Slots held when it joined. */
  readonly held: readonly number[];
  readonly preferred: readonly number[];
  readonly reached?: Readonly<Record<number, number>>;
  readonly data: Buffer;
}

/** As members come back from the coordinator to the leader. */
export interface JoinedMember {
  readonly memberId: string;
  readonly memberMetadata: Buffer;
}

interface JoiningText {
  readonly held: readonly number[];
  readonly preferred: readonly number[];
  readonly reached?: Readonly<Record<number, number>>;
  readonly data: string;
}

interface MemberText {
  readonly memberId: string;
  readonly slots: readonly number[];
  readonly standbys?: readonly number[];
  readonly data: string;
}

export function encodeJoining({ data, ...more }: JoiningMember): Buffer {
  const text: JoiningText = { ...more, data: data.toString('base64') };
  return Buffer.from(JSON.stringify(text));
}

function decodeJoining(bytes: Buffer): JoiningMember {
  const { data, ...more } = JSON.parse(bytes.toString('utf8')) as JoiningText;
  return { ...more, data: Buffer.from(data, 'base64') };
}

/** The leader's work: shares the slots out, in an order of members that does not depend on who asked first. */
export function assignSlots(
  slots: number,
  members: readonly JoinedMember[],
  standbys = 0,
): GroupMember[] {
  const joining = members
    .map(({ memberId, memberMetadata }) => ({ memberId, ...decodeJoining(memberMetadata) }))
    .sort((a, b) => (a.memberId < b.memberId ? -1 : 1));
  const shares = shareSlots(slots, joining);
  const following = shareStandbys(standbys, joining, shares);
  return joining.map(({ memberId, data }) => ({
    memberId,
    slots: shares.get(memberId)!,
    standbys: following.get(memberId)!,
    data,
  }));
}

export function encodeAssignment(members: readonly GroupMember[]): Buffer {
  const text = members.map(
    ({ data, ...more }): MemberText => ({ ...more, data: data.toString('base64') }),
  );
  return Buffer.from(JSON.stringify(text));
}

/** Empty bytes, as a coordinator sends for a member the leader did not know, are an empty view. */
export function decodeAssignment(bytes: Buffer): GroupMember[] {
  if (bytes.length === 0) return [];
  return (JSON.parse(bytes.toString('utf8')) as MemberText[]).map(({ data, ...more }) => ({
    standbys: [],
    ...more,
    data: Buffer.from(data, 'base64'),
  }));
}
