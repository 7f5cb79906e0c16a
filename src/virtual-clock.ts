/**
 * Time that moves only when told to: for replays, tests and simulations. Timers fire in order of their due time (ties
 * in order of creation); between two of them everything that is ready to run gets its turn, so a whole process with
 * all its loops runs to the same result every time.
 */
import { type Clock, type Timer, yieldToEventLoop } from './clock';

interface Scheduled {
  readonly dueMs: number;
  readonly order: number;
  readonly action: () => void;
}

/** Turns of the event loop after each timer; whatever chains of promises hang on it have settled by then. */
const TURNS = 4;

export class VirtualClock implements Clock {
  #nowMs: number;
  #order = 0;
  #timers: Scheduled[] = [];

  constructor(startMs: number) {
    this.#nowMs = startMs;
  }

  now(): number {
    return this.#nowMs;
  }

  monotonicMs(): number {
    return this.#nowMs;
  }

  schedule(delayMs: number, action: () => void): Timer {
    const timer = { dueMs: this.#nowMs + Math.max(0, delayMs), order: this.#order++, action };
    this.#timers.push(timer);
    return {
      cancel: () => {
        this.#timers = this.#timers.filter((one) => one !== timer);
      },
    };
  }

  /** Lets `ms` of time pass, with everything that happens in it. */
  async advance(ms: number): Promise<void> {
    const endMs = this.#nowMs + ms;
    await settle();
    for (let timer = this.#next(endMs); timer !== undefined; timer = this.#next(endMs)) {
      this.#timers = this.#timers.filter((one) => one !== timer);
      this.#nowMs = Math.max(this.#nowMs, timer.dueMs);
      timer.action();
      await settle();
    }
    this.#nowMs = endMs;
  }

  /** Lets time pass in steps until `condition` holds. Throws after `limitMs`. */
  async advanceUntil(
    condition: () => boolean | Promise<boolean>,
    limitMs: number,
    stepMs = 50,
  ): Promise<void> {
    const endMs = this.#nowMs + limitMs;
    while (!(await condition())) {
      if (this.#nowMs >= endMs)
        throw new Error(`what was waited for has not come within ${limitMs} ms of virtual time`);
      await this.advance(stepMs);
    }
  }

  #next(endMs: number): Scheduled | undefined {
    let next: Scheduled | undefined;
    for (const timer of this.#timers) {
      if (timer.dueMs > endMs) continue;
      if (
        next === undefined ||
        timer.dueMs < next.dueMs ||
        (timer.dueMs === next.dueMs && timer.order < next.order)
      )
        next = timer;
    }
    return next;
  }
}

async function settle(): Promise<void> {
  for (let turn = 0; turn < TURNS; turn++) await yieldToEventLoop();
}
