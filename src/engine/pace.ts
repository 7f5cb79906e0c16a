import type { Clock } from '../clock';
import type { EngineSettings } from './engine-settings';

/**
 * When the next step is due: at most one every interval; after a pause the first record waits only a moment for company.
 * By the monotonic clock: one that is set back an hour must not hold up commits for an hour.
 */
export class Pace {
  #lastStepAtMs = Number.NEGATIVE_INFINITY;

  constructor(
    private readonly settings: Pick<EngineSettings, 'stepIntervalMs' | 'stepLingerMs'>,
    private readonly clock: Clock,
  ) {}

  stepEnds(): void {
    this.#lastStepAtMs = this.clock.monotonicMs();
  }

  /** Milliseconds until a step that began at `startedAtMs` (monotonic) is due; 0 or less: now. */
  dueInMs(startedAtMs: number): number {
    const { stepIntervalMs, stepLingerMs } = this.settings;
    const dueMs = Math.max(this.#lastStepAtMs + stepIntervalMs, startedAtMs + stepLingerMs);
    return dueMs - this.clock.monotonicMs();
  }
}
