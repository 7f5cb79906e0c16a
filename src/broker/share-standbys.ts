/**
 * Shares out who follows whose slots, ready to take over: `standbys` members a slot besides its owner, as evenly as
 * can be, where the freshest state lies. A function of its arguments alone, as the sharing of slots is.
 */
import { reachOf, type SlotCandidate } from './share-slots';

/** Slots to follow by member id, each list ascending; every member has an entry. Fewer members, fewer standbys. */
export function shareStandbys(
  standbys: number,
  members: readonly SlotCandidate[],
  owned: ReadonlyMap<string, readonly number[]>,
): ReadonlyMap<string, readonly number[]> {
  const shares = new Map<string, number[]>(members.map(({ memberId }) => [memberId, []]));
  const rounds = Math.min(standbys, members.length - 1);
  const slots = [...owned.values()].flat().sort((a, b) => a - b);
  for (let round = 1; round <= rounds; round++) {
    const evenShare = Math.ceil((slots.length * round) / members.length);
    for (const slot of slots) {
      const able = members.filter(
        ({ memberId }) =>
          !owned.get(memberId)!.includes(slot) && !shares.get(memberId)!.includes(slot),
      );
      best(able, slot, shares, evenShare)?.push(slot);
    }
  }
  for (const share of shares.values()) share.sort((a, b) => a - b);
  return shares;
}

/** The share of the one with room whose state reaches farthest, else of the one with the least to follow. */
function best(
  able: readonly SlotCandidate[],
  slot: number,
  shares: ReadonlyMap<string, number[]>,
  evenShare: number,
): number[] | undefined {
  const ranked = able.map((member) => {
    const share = shares.get(member.memberId)!;
    return { share, isFull: share.length >= evenShare, reach: reachOf(member, slot) ?? -1 };
  });
  ranked.sort(
    (a, b) =>
      Number(a.isFull) - Number(b.isFull) ||
      (a.isFull ? 0 : b.reach - a.reach) ||
      a.share.length - b.share.length,
  );
  return ranked[0]?.share;
}
