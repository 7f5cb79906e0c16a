/**
 * What members of a group tell each other through Kafka's group protocol: a joining member what it has, the
 * leader's answer who gets what. Everybody gets the whole view. JSON, since it travels once a rebalance and may
 * be read by a later version.
 */
import type { GroupMember } from '../broker';
import { shareSlots } from '../share-slots';

export interface JoiningMember {
  /** Slots held when it joined. */
  readonly held: readonly number[];
  readonly preferred: readonly number[];
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
  readonly data: string;
}

interface MemberText {
  readonly memberId: string;
  readonly slots: readonly number[];
  readonly data: string;
}

export function encodeJoining({ held, preferred, data }: JoiningMember): Buffer {
  const text: JoiningText = { held, preferred, data: data.toString('base64') };
  return Buffer.from(JSON.stringify(text));
}

function decodeJoining(bytes: Buffer): JoiningMember {
  const { held, preferred, data } = JSON.parse(bytes.toString('utf8')) as JoiningText;
  return { held, preferred, data: Buffer.from(data, 'base64') };
}

/** The leader's work: shares the slots out, in an order of members that does not depend on who asked first. */
export function assignSlots(slots: number, members: readonly JoinedMember[]): GroupMember[] {
  const joining = members
    .map(({ memberId, memberMetadata }) => ({ memberId, ...decodeJoining(memberMetadata) }))
    .sort((a, b) => (a.memberId < b.memberId ? -1 : 1));
  const shares = shareSlots(slots, joining);
  return joining.map(({ memberId, data }) => ({ memberId, slots: shares.get(memberId)!, data }));
}

export function encodeAssignment(members: readonly GroupMember[]): Buffer {
  const text = members.map(
    ({ memberId, slots, data }): MemberText => ({ memberId, slots, data: data.toString('base64') }),
  );
  return Buffer.from(JSON.stringify(text));
}

/** Empty bytes, as a coordinator sends for a member the leader did not know, are an empty view. */
export function decodeAssignment(bytes: Buffer): GroupMember[] {
  if (bytes.length === 0) return [];
  return (JSON.parse(bytes.toString('utf8')) as MemberText[]).map(({ memberId, slots, data }) => ({
    memberId,
    slots,
    data: Buffer.from(data, 'base64'),
  }));
}
