/** Time is passed in, so that a whole cluster can run in one process from one seed. */

export interface Timer {
  cancel(): void;
}

export interface Clock {
  /** Milliseconds since 1970. */
  now(): number;
  /** Milliseconds from an arbitrary start, never going back; for durations. */
  monotonicMs(): number;
  /** Runs `action` once, `delayMs` from now. Does not keep the process alive by itself. */
  schedule(delayMs: number, action: () => void): Timer;
}

export const systemClock: Clock = {
  now: () => Date.now(),
  monotonicMs: () => performance.now(),
  schedule(delayMs, action) {
    const timer = setTimeout(action, delayMs);
    timer.unref();
    return { cancel: () => clearTimeout(timer) };
  },
};

export function sleep(clock: Clock, delayMs: number): Promise<void> {
  return new Promise((resolve) => clock.schedule(delayMs, resolve));
}

/** Lets pending I/O and timers have their turn. */
export function yieldToEventLoop(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

/** Keeps the process alive until `work` is done, also where it waits for nothing but this clock's timers. */
export async function keepAliveWhile<T>(work: Promise<T>): Promise<T> {
  const handle = setInterval(() => undefined, 0x7fff_ffff);
  try {
    return await work;
  } finally {
    clearInterval(handle);
  }
}
