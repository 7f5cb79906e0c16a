/**
 * Shares the slots of a group out among its members: balanced (counts differ by at most one), sticky
 * (a slot stays with its holder, else goes where its state lies) and a function of its arguments alone,
 * so that both adapters and every simulated run assign alike.
 */

export interface SlotCandidate {
  readonly memberId: string;
  /** Slots it holds now; they weigh more than another member's old state. */
  readonly held?: readonly number[];
  /** Slots whose state lies on its machine. */
  readonly preferred: readonly number[];
}

/**
 * Slots 0 … slots − 1 by member id, each list ascending; every member has an entry. The order of
 * `members` breaks ties: give it in a stable order.
 */
export function shareSlots(
  slots: number,
  members: readonly SlotCandidate[],
): ReadonlyMap<string, readonly number[]> {
  const shares = new Map<string, number[]>(members.map(({ memberId }) => [memberId, []]));
  if (members.length === 0) return shares;
  const sharing = new SlotSharing(slots, members, shares);
  sharing.giveTo((member) => member.held ?? []);
  sharing.giveTo((member) => member.preferred);
  sharing.giveRest();
  for (const share of shares.values()) share.sort((a, b) => a - b);
  return shares;
}

class SlotSharing {
  private readonly free: Set<number>;
  private readonly quota: number;
  /** How many members may still get one slot more than the quota. */
  private extras: number;

  constructor(
    slots: number,
    private readonly members: readonly SlotCandidate[],
    private readonly shares: ReadonlyMap<string, number[]>,
  ) {
    this.free = new Set(Array.from({ length: slots }, (_, slot) => slot));
    this.quota = Math.floor(slots / members.length);
    this.extras = slots % members.length;
  }

  /** Gives members what they wish, first up to the quota, then one more where that is left. */
  giveTo(wishes: (member: SlotCandidate) => readonly number[]): void {
    for (const withExtra of [false, true])
      for (const member of this.members)
        for (const slot of this.leastContested(member, wishes(member)))
          if (this.free.has(slot)) this.give(slot, member, withExtra);
  }

  giveRest(): void {
    for (const slot of [...this.free]) {
      const fewest = this.members.reduce((best, member) =>
        this.share(member).length < this.share(best).length ? member : best,
      );
      this.give(slot, fewest, true);
    }
  }

  private give(slot: number, member: SlotCandidate, withExtra: boolean): void {
    const share = this.share(member);
    if (share.length > this.quota) return;
    if (share.length === this.quota) {
      if (!withExtra || this.extras === 0) return;
      this.extras--;
    }
    share.push(slot);
    this.free.delete(slot);
  }

  /** A slot that another member has state for is given up sooner than one that nobody else wants. */
  private leastContested(member: SlotCandidate, slots: readonly number[]): readonly number[] {
    const others = new Set(
      this.members.filter((other) => other !== member).flatMap((other) => other.preferred),
    );
    const rank = (slot: number): number => (others.has(slot) ? 1 : 0);
    return [...slots].sort((a, b) => rank(a) - rank(b) || a - b);
  }

  private share(member: SlotCandidate): number[] {
    return this.shares.get(member.memberId)!;
  }
}
