import type { Clock } from '../clock';
import type { Logger } from '../logger';

/** The same trouble, tried again several times a second, is told once in a while, with how often it came. */
export class ThrottledWarning {
  #lastMs = Number.NEGATIVE_INFINITY;
  #suppressed = 0;

  constructor(
    private readonly logger: Logger,
    private readonly clock: Clock,
    private readonly everyMs = 10_000,
  ) {}

  warn(message: string): void {
    if (this.clock.monotonicMs() - this.#lastMs < this.everyMs) {
      this.#suppressed += 1;
      return;
    }
    const more =
      this.#suppressed === 0 ? '' : ` (${this.#suppressed} times more since the last warning)`;
    this.logger.warn(message + more);
    this.#lastMs = this.clock.monotonicMs();
    this.#suppressed = 0;
  }
}
