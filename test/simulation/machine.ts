/** One simulated machine: it dies, stands still, or has a full disk; and says whether what it does goes through. */
import { SegueError } from '../../src/errors';
import type { FaultPointName } from '../../src/fault-points';

/** The engine's own fault points, and those on both sides of the broker's commit. */
export type CrashPoint = FaultPointName | 'commit-sent' | 'commit-done';

export const CRASH_POINTS: readonly CrashPoint[] = [
  'before-transaction',
  'commit-sent',
  'commit-done',
  'before-local-batch',
  'after-local-batch',
  'after-fencing',
  'in-restore',
  'before-seek',
];

interface Stillness {
  readonly over: Promise<void>;
  readonly end: () => void;
}

export class Machine {
  isDead = false;
  isDiskFull = false;
  #stillness: Stillness | undefined;
  #armed: { readonly point: CrashPoint; left: number } | undefined;

  constructor(
    readonly name: string,
    /** At the moment of death. */
    private readonly onDeath: (point: CrashPoint | undefined) => void,
  ) {}

  get isStill(): boolean {
    return this.#stillness !== undefined;
  }

  /** Dies when it comes by `point` for the `times`-th time from now. */
  arm(point: CrashPoint, times: number): void {
    this.#armed = { point, left: times };
  }

  disarm(): void {
    this.#armed = undefined;
  }

  /** The program is at this point; throws where that was its last. */
  at(point: CrashPoint): void {
    const armed = this.#armed;
    if (armed === undefined || armed.point !== point || this.isDead) return;
    armed.left -= 1;
    if (armed.left > 0) return;
    this.die(point);
    throw dead(this.name);
  }

  die(point?: CrashPoint): void {
    this.isDead = true;
    this.onDeath(point);
    this.wake();
  }

  /** As SIGSTOP does. */
  standStill(): void {
    if (this.#stillness !== undefined) return;
    let end = (): void => undefined;
    const over = new Promise<void>((resolve) => {
      end = resolve;
    });
    this.#stillness = { over, end };
  }

  wake(): void {
    this.#stillness?.end();
    this.#stillness = undefined;
  }

  /** Resolves when something may go in or out. Throws when nothing ever will. */
  async pass(): Promise<void> {
    while (this.#stillness !== undefined) await this.#stillness.over;
    if (this.isDead) throw dead(this.name);
  }
}

function dead(name: string): SegueError {
  return new SegueError('BROKER_CLOSED', `machine ${name} is dead`);
}
