/** Simulated processes on virtual time, and what happens to them and to their commits. */
import type { StreamProcess } from '../../src/app/stream-process';
import type { VirtualSystem } from '../../src/app/virtual-system';
import { SegueError } from '../../src/errors';
import type { Random } from '../../src/random';

export const SLOTS = 3;
const SETTLE_MS_MAX = 120_000;

/** Steps that do not come through, and steps that do while nobody is told. */
export class BrokerFaults {
  lostAnswers = 0;
  #isCalm = false;

  constructor(private readonly random: Random) {}

  calm(): void {
    this.#isCalm = true;
  }

  beforeCommit = async (): Promise<void> => {
    if (!this.#isCalm && this.random.next() < 0.02) throw inDoubt('the step never arrived');
  };

  afterCommit = async (): Promise<void> => {
    if (this.#isCalm || this.random.next() >= 0.02) return;
    this.lostAnswers += 1;
    throw inDoubt('the answer was lost');
  };
}

function inDoubt(why: string): SegueError {
  return new SegueError('BROKER_COMMIT_IN_DOUBT', why, { retriable: true });
}

/** Processes by name; a name is a disk. */
export class Fleet {
  crashes = 0;
  disksLost = 0;
  readonly #running = new Map<string, StreamProcess>();

  constructor(
    private readonly system: VirtualSystem,
    private readonly random: Random,
  ) {}

  async start(): Promise<void> {
    for (const name of ['a', 'b']) await this.#begin(name);
  }

  any(): StreamProcess {
    return [...this.#running.values()][0]!;
  }

  async mishap(): Promise<void> {
    const roll = this.random.next();
    const names = [...this.#running.keys()];
    const name = names[this.random.below(names.length)]!;
    if (roll < 0.08) await this.#crash(name);
    else if (roll < 0.12 && names.length < 3)
      await this.#begin(['a', 'b', 'c'].find((one) => !this.#running.has(one))!);
    else if (roll < 0.15 && names.length > 1) await this.#end(name);
  }

  /** Until somebody runs each slot, and everybody has nothing left to do. */
  async settle(): Promise<void> {
    const running = () =>
      [...this.#running.values()].flatMap(({ runner }) =>
        runner.slots.filter(({ status }) => status === 'running'),
      );
    await this.system.clock.advanceUntil(
      () => new Set(running().map(({ slot }) => slot)).size === SLOTS,
      SETTLE_MS_MAX,
    );
    // Twice: what the last one sent out may be another one's input.
    for (let round = 0; round < 2; round++) {
      for (const process of this.#running.values()) await this.system.settle(process);
    }
  }

  async stop(): Promise<void> {
    for (const name of [...this.#running.keys()]) await this.#end(name);
  }

  async #begin(name: string): Promise<void> {
    this.#running.set(name, await this.system.startProcess(name));
  }

  async #end(name: string): Promise<void> {
    await this.system.run(this.#running.get(name)!.stop());
    this.#running.delete(name);
  }

  /** As kill −9 does; sometimes the disk is lost as well. */
  async #crash(name: string): Promise<void> {
    this.crashes += 1;
    await this.system.crash(name);
    this.#running.delete(name);
    if (this.random.next() < 0.3) {
      this.disksLost += 1;
      this.system.loseDisk(name);
    }
    await this.#begin(name);
  }
}
