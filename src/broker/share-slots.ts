/**
 * Shares the slots of a group out among its members: balanced (counts differ by at most one), sticky
 * (a slot stays with its holder, else goes where its freshest state lies) and a function of its arguments alone,
 * so that both adapters and every simulated run assign alike.
 */

export interface SlotCandidate {
  readonly memberId: string;
  /** Slots it holds now; they weigh more than another member's old state. */
  readonly held?: readonly number[];
  /** Slots whose state lies on its machine. */
  readonly preferred: readonly number[];
  /** How far that state reaches, where known; more is fresher. Comparable between members. */
  readonly reached?: Readonly<Record<number, number>>;
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
  sharing.leaveWithHolders();
  sharing.giveToFreshest();
  sharing.giveRest();
  for (const share of shares.values()) share.sort((a, b) => a - b);
  return shares;
}

/** How far a member's state of a slot reaches; undefined where it has none, 0 where nobody knows. */
export function reachOf({ preferred, reached }: SlotCandidate, slot: number): number | undefined {
  return preferred.includes(slot) ? (reached?.[slot] ?? 0) : undefined;
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

  /** First up to the quota, then one more where that is left. */
  leaveWithHolders(): void {
    for (const withExtra of [false, true])
      for (const member of this.members)
        for (const slot of this.dearest(member))
          if (this.free.has(slot)) this.give(slot, member, withExtra);
  }

  /** Slots that few have state of come first, since they have the least choice. */
  giveToFreshest(): void {
    const byState = (slot: number): SlotCandidate[] =>
      this.members
        .filter((member) => reachOf(member, slot) !== undefined)
        .sort((a, b) => reachOf(b, slot)! - reachOf(a, slot)!);
    const slots = [...this.free].map((slot) => ({ slot, owners: byState(slot) }));
    slots.sort((a, b) => a.owners.length - b.owners.length || a.slot - b.slot);
    for (const withExtra of [false, true])
      for (const { slot, owners } of slots)
        for (const member of owners) if (this.free.has(slot)) this.give(slot, member, withExtra);
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

  /** What it holds, in the order of how much others would have to catch up; what none has state of comes first. */
  private dearest(member: SlotCandidate): readonly number[] {
    const others = this.members.filter((other) => other !== member);
    const behind = (slot: number): number => {
      const best = Math.max(...others.map((other) => reachOf(other, slot) ?? -1));
      return best < 0 ? Number.MAX_SAFE_INTEGER : (reachOf(member, slot) ?? 0) - best;
    };
    return [...(member.held ?? [])].sort((a, b) => behind(b) - behind(a) || a - b);
  }

  private share(member: SlotCandidate): number[] {
    return this.shares.get(member.memberId)!;
  }
}
