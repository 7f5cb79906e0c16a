import type { Clock } from '../clock';

/** Lets a loop sleep until somebody has news for it. A notice given while nobody waits is not lost. */
export class Signal {
  #waiting: (() => void) | undefined;
  #noticed = false;

  constructor(private readonly clock: Clock) {}

  notify(): void {
    this.#noticed = true;
    this.#waiting?.();
  }

  /** Resolves at the next notice, or after `delayMs`. */
  async wait(delayMs: number): Promise<void> {
    if (!this.#noticed && delayMs > 0) {
      await new Promise<void>((resolve) => {
        const timer = Number.isFinite(delayMs) ? this.clock.schedule(delayMs, resolve) : undefined;
        this.#waiting = () => {
          timer?.cancel();
          resolve();
        };
      });
    }
    this.#waiting = undefined;
    this.#noticed = false;
  }

  /** Waits for all of `delayMs`, whatever notices come, unless one comes while `isOver`. */
  async pause(delayMs: number, isOver: () => boolean): Promise<void> {
    const endMs = this.clock.monotonicMs() + delayMs;
    for (let left = delayMs; left > 0 && !isOver(); left = endMs - this.clock.monotonicMs())
      await this.wait(left);
  }
}
