/** How far a slot is with giving everybody a list of the new generation, for people who watch. */
import type { ProcessorContext } from '../../src/engine/processor';
import type { RefreshQueue } from './refresh-queue';
import { LIVE } from './score-prediction';

/** Name of the sum that is no sum: the generation that a slot makes lists with, from step to step. */
export const SERVING = `${LIVE}serving`;

export class HandOver {
  /** undefined: none is under way. */
  #startedMs: number | undefined;

  constructor(
    private readonly context: Pick<
      ProcessorContext<unknown>,
      'meter' | 'sums' | 'slot' | 'monotonicMs'
    >,
    private readonly queue: Pick<RefreshQueue, 'isSweeping' | 'sweepRemaining'>,
  ) {}

  /** Another generation serves, and the queue begins to sweep. */
  begin(): void {
    this.#startedMs = this.context.monotonicMs();
  }

  /** At the end of a step; 0 stands for no model. */
  show(generation: number): void {
    const { meter, sums, slot } = this.context;
    if (sums.get(SERVING) !== generation) sums.add(SERVING, generation - sums.get(SERVING));
    const isOpen = this.#startedMs !== undefined && this.queue.isSweeping();
    const waiting = isOpen ? this.queue.sweepRemaining(sums.get('users')) : 0;
    meter.set('segue_hand_over_waiting_users', { partition: String(slot) }, waiting);
    if (isOpen || this.#startedMs === undefined) return;
    const seconds = (this.context.monotonicMs() - this.#startedMs) / 1000;
    meter.observe('segue_hand_over_duration_seconds', {}, seconds);
    this.#startedMs = undefined;
  }
}
