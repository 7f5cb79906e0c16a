/** A clock that stands still until it is advanced; what is due then runs in order of its time. */
import type { Clock, Timer } from '../../src/clock';

interface Due {
  readonly atMs: number;
  readonly order: number;
  readonly action: () => void;
}

export class ManualClock implements Clock {
  private due: Due[] = [];
  private scheduled = 0;

  constructor(private nowMs = 1_700_000_000_000) {}

  now(): number {
    return this.nowMs;
  }

  monotonicMs(): number {
    return this.nowMs;
  }

  schedule(delayMs: number, action: () => void): Timer {
    const due = { atMs: this.nowMs + Math.max(0, delayMs), order: this.scheduled++, action };
    this.due.push(due);
    return { cancel: () => this.remove(due) };
  }

  /** Runs synchronously what falls due, also what that schedules within the time. */
  advance(byMs: number): void {
    const untilMs = this.nowMs + byMs;
    for (;;) {
      const next = this.due
        .filter(({ atMs }) => atMs <= untilMs)
        .sort((a, b) => a.atMs - b.atMs || a.order - b.order)[0];
      if (next === undefined) break;
      this.remove(next);
      this.nowMs = next.atMs;
      next.action();
    }
    this.nowMs = untilMs;
  }

  private remove(due: Due): void {
    this.due = this.due.filter((other) => other !== due);
  }
}
