/**
 * The same listeners through a bad network and with second thoughts: listens that come twice, late or not at all
 * well formed, and deletions, some before their listen. For fault campaigns: what must be left in the end is what
 * `kind: 'listen'` records say, each once, without those named by a `deletion`, whatever the order.
 */
import { mulberry32, type Random } from '../../src/random';
import { makePoison, POISONS, type Poison, type PoisonRecord } from './poison';
import type { SimulatedListen } from './simulated-listeners';

export interface FaultShares {
  readonly seed: number;
  /** Shares of all records. */
  readonly duplicateShare: number;
  readonly deletionShare: number;
  readonly poisonShare: number;
  /** Share of the listens that are held back, up to lateSecondsMax of the time they are produced in. */
  readonly lateShare: number;
  readonly lateSecondsMax: number;
}

export type FaultyRecord =
  | {
      readonly kind: 'listen';
      readonly producedAtMs: number;
      readonly listen: SimulatedListen;
      readonly isDuplicate: boolean;
      readonly isLate: boolean;
    }
  | { readonly kind: 'deletion'; readonly producedAtMs: number; readonly listen: SimulatedListen }
  | ({ readonly kind: 'poison'; readonly producedAtMs: number } & PoisonRecord);

/** Listens remembered to be sent again or deleted; and the most that are held back at a time. */
const REMEMBERED_MAX = 4096;
const HELD_MAX = 1024;
/** Of the deletions, how many are of a listen that is still held back. */
const EARLY_DELETION_SHARE = 0.3;

interface Held {
  readonly dueMs: number;
  readonly listen: SimulatedListen;
}

export class FaultyListeners {
  private readonly random: Random;
  private readonly shares: FaultShares;
  private readonly remembered: SimulatedListen[] = [];
  private sent = 0;
  /** By due time, the latest first, so that the next one is at the end. */
  private readonly held: Held[] = [];
  private upcoming: SimulatedListen;

  constructor(
    private readonly source: { next(): SimulatedListen },
    shares: Partial<FaultShares>,
  ) {
    this.shares = {
      seed: 1,
      duplicateShare: 0,
      deletionShare: 0,
      poisonShare: 0,
      lateShare: 0,
      lateSecondsMax: 3600,
      ...shares,
    };
    this.random = mulberry32(this.shares.seed);
    this.upcoming = source.next();
  }

  next(): FaultyRecord {
    const { duplicateShare, deletionShare, poisonShare } = this.shares;
    const { producedAtMs } = this.upcoming;
    const u = this.random.next();
    if (u < poisonShare) {
      const poison = POISONS[this.random.below(POISONS.length)] as Poison;
      return { kind: 'poison', producedAtMs, ...makePoison(poison, this.upcoming, this.random) };
    }
    if (this.sent > 0 && u < poisonShare + duplicateShare) {
      const listen = this.drawRemembered();
      return { kind: 'listen', producedAtMs, listen, isDuplicate: true, isLate: false };
    }
    if (this.sent > 0 && u < poisonShare + duplicateShare + deletionShare)
      return { kind: 'deletion', producedAtMs, listen: this.drawToDelete() };
    return this.nextListen();
  }

  /** The listens still held back, for a run that ends. */
  drain(): readonly FaultyRecord[] {
    const { producedAtMs } = this.upcoming;
    return this.held
      .splice(0)
      .reverse()
      .map(({ listen }) => this.late(listen, producedAtMs));
  }

  private nextListen(): FaultyRecord {
    for (;;) {
      const { upcoming } = this;
      const due = this.held.at(-1);
      if (due !== undefined && due.dueMs <= upcoming.producedAtMs) {
        this.held.pop();
        return this.late(due.listen, upcoming.producedAtMs);
      }
      this.upcoming = this.source.next();
      if (this.random.next() >= this.shares.lateShare || this.held.length >= HELD_MAX) {
        this.remember(upcoming);
        const { producedAtMs } = upcoming;
        return {
          kind: 'listen',
          producedAtMs,
          listen: upcoming,
          isDuplicate: false,
          isLate: false,
        };
      }
      this.hold(upcoming);
    }
  }

  private late(listen: SimulatedListen, producedAtMs: number): FaultyRecord {
    this.remember(listen);
    return { kind: 'listen', producedAtMs, listen, isDuplicate: false, isLate: true };
  }

  private hold(listen: SimulatedListen): void {
    const lateMs = 1000 * this.shares.lateSecondsMax * this.random.next();
    const dueMs = listen.producedAtMs + lateMs;
    let place = this.held.length;
    while (place > 0 && (this.held[place - 1] as Held).dueMs < dueMs) place--;
    this.held.splice(place, 0, { dueMs, listen });
  }

  private remember(listen: SimulatedListen): void {
    this.remembered[this.sent % REMEMBERED_MAX] = listen;
    this.sent += 1;
  }

  private drawRemembered(): SimulatedListen {
    return this.remembered[this.random.below(this.remembered.length)] as SimulatedListen;
  }

  private drawToDelete(): SimulatedListen {
    const isEarly = this.held.length > 0 && this.random.next() < EARLY_DELETION_SHARE;
    if (isEarly) return (this.held[this.random.below(this.held.length)] as Held).listen;
    return this.drawRemembered();
  }
}
