/** Simulated machines by name, and what happens to them. A name is a disk. */
import type { StreamProcess } from '../../src/app/stream-process';
import type { VirtualHooks, VirtualSystem } from '../../src/app/virtual-system';
import type { SlotState } from '../../src/engine/slot-state';
import type { Random } from '../../src/random';
import { CRASH_POINTS, type CrashPoint, Machine } from './machine';
import type { PlantedFault } from './planted-faults';
import { SimulatedBroker } from './simulated-broker';
import { simulatedDisk } from './simulated-disk';

const NAMES = ['a', 'b', 'c'];
const SETTLE_MS_MAX = 240_000;

interface Member {
  readonly machine: Machine;
  process: StreamProcess | undefined;
  broker: SimulatedBroker | undefined;
}

/** How often what happened. */
export type Happenings = Record<string, number>;

export class Fleet {
  readonly happenings: Happenings = {};
  readonly #members = new Map<string, Member>();
  readonly #boots = new Map<string, number>();
  #isCalm = false;

  constructor(
    private readonly random: Random,
    private readonly slots: number,
    private readonly planted: PlantedFault,
    private readonly system: () => VirtualSystem,
  ) {}

  get hooks(): VirtualHooks {
    return {
      broker: (connection, name) => {
        const { machine } = this.#members.get(name)!;
        const path = {
          ...this.planted.path(connection, this.random),
          losesAnswer: () => this.#happens(0.02, 'lost answer'),
        };
        const broker = new SimulatedBroker(connection, machine, path, this.#sessionTimeoutMs());
        this.#members.get(name)!.broker = broker;
        return broker;
      },
      level: (level, name) =>
        simulatedDisk(level, this.#members.get(name)!.machine, this.planted.batchFilter()),
      faultPoint: (name) => {
        const { machine } = this.#members.get(name)!;
        return (point) => machine.at(point);
      },
      bootId: (name) => `${name}, boot ${this.#boots.get(name) ?? 0}`,
      prepare: (process) => this.planted.prepare(process),
    };
  }

  /** Before the embedded broker writes a step: an aborted transaction, which leaves a gap in the offsets. */
  abortsStep(): boolean {
    return this.#happens(0.02, 'aborted step');
  }

  async start(): Promise<void> {
    for (const name of NAMES.slice(0, 2)) await this.#begin(name);
  }

  count(what: string): void {
    this.happenings[what] = (this.happenings[what] ?? 0) + 1;
  }

  async mishap(): Promise<void> {
    await this.#bury();
    const { random } = this;
    for (const name of NAMES)
      if (!this.#members.has(name) && random.next() < 0.3) await this.#begin(name);
    const able = [...this.#members.values()].filter(({ machine }) => !machine.isStill);
    if (able.length === 0) return;
    await this.#befall(able[random.below(able.length)]!, random.next());
  }

  async #befall(member: Member, roll: number): Promise<void> {
    const { machine } = member;
    if (roll < 0.2) machine.arm(this.#somePoint(), 1 + this.random.below(4));
    else if (roll < 0.24) machine.die();
    else if (roll < 0.28) await this.#end(machine.name, 'clean stop');
    else if (roll < 0.34) this.#freeze(member, 'zombie');
    else if (roll < 0.38) this.#freeze(member, 'pause');
    else if (roll < 0.44) this.#fillDisk(machine);
    else if (roll < 0.46) await this.#night();
  }

  #somePoint(): CrashPoint {
    return CRASH_POINTS[this.random.below(CRASH_POINTS.length)]!;
  }

  /** Until somebody runs each slot and nobody has anything left to do. Throws with what it waited for. */
  async settle(): Promise<void> {
    this.#isCalm = true;
    for (const { machine } of this.#members.values()) {
      machine.disarm();
      machine.isDiskFull = false;
    }
    const { clock } = this.system();
    // Those that stand still wake up and come back to the group in their own time.
    await clock.advance(20_000);
    await this.#bury();
    if (this.#members.size === 0) await this.#begin('a');
    await clock.advanceUntil(() => this.#allRun() || this.failures().length > 0, SETTLE_MS_MAX);
    if (this.failures().length > 0) return;
    // Twice in a row: what one slot sends out last may be another one's input.
    for (let inARow = 0; inARow < 2; ) {
      await clock.advanceUntil(() => this.#allCaughtUp(), SETTLE_MS_MAX);
      await clock.advance(1000);
      inARow = (await this.#allCaughtUp()) ? inARow + 1 : 0;
    }
  }

  /** Why slots have failed for good. */
  failures(): string[] {
    return this.#processes().flatMap(({ runner }) =>
      runner.slots
        .filter(({ status }) => status === 'failed')
        .map(({ slot, failure }) => `slot ${slot} failed: ${(failure as Error).stack}`),
    );
  }

  /** How everybody stands, for a campaign that does not come to an end. */
  standing(): string[] {
    return [...this.#members.values()].map(({ machine, process }) => {
      const slots = process?.runner.slots.map(
        (slot) => `${slot.slot} ${slot.status}${slot.isIdle() ? ' idle' : ''}`,
      );
      const { membership } = process?.runner ?? {};
      const held = membership?.slots.join(',');
      const doing = process?.modelActivity() ?? 'no hand-over';
      const state = `dead ${machine.isDead}, still ${machine.isStill}, holds ${held}, ${doing}`;
      return `${machine.name}: ${state}, slots: ${slots?.join(', ') ?? 'not started'}`;
    });
  }

  /** The states of the running slots, by slot. */
  states(): Map<number, SlotState> {
    const states = new Map<number, SlotState>();
    for (const { runner } of this.#processes())
      for (const { slot, state } of runner.slots) if (state !== undefined) states.set(slot, state);
    return states;
  }

  /** Of each process, the states that it follows, by slot. */
  standbyStates(): Map<number, SlotState>[] {
    return this.#processes().map(({ runner }) => {
      const slots = Array.from({ length: this.slots }, (_, slot) => slot);
      return new Map(
        slots.flatMap((slot) => {
          const state = runner.standbyState(slot);
          if (state === undefined) return [];
          this.count('followed slot');
          return [[slot, state] as const];
        }),
      );
    });
  }

  /** Stops everybody, and starts one machine that has never been there. */
  async startFresh(): Promise<void> {
    await this.stop();
    await this.#begin('fresh');
    await this.settle();
  }

  async stop(): Promise<void> {
    for (const name of [...this.#members.keys()]) await this.#end(name, 'end');
  }

  #processes(): StreamProcess[] {
    return [...this.#members.values()].flatMap(({ process }) => process ?? []);
  }

  #allRun(): boolean {
    return this.states().size === this.slots;
  }

  async #allCaughtUp(): Promise<boolean> {
    if (this.failures().length > 0) return true;
    for (const process of this.#processes()) if (!(await process.isCaughtUp())) return false;
    return this.#allRun();
  }

  #happens(share: number, what: string): boolean {
    if (this.#isCalm || this.random.next() >= share) return false;
    this.count(what);
    return true;
  }

  #sessionTimeoutMs(): number {
    return 400 + this.random.below(1200);
  }

  async #begin(name: string): Promise<void> {
    const machine = new Machine(name, (point) => {
      this.count(`crash: ${point ?? 'anywhere'}`);
      this.#members.get(name)!.broker?.silence();
      this.system().kill(name);
    });
    const member: Member = { machine, process: undefined, broker: undefined };
    this.#members.set(name, member);
    try {
      member.process = await this.system().startProcess(name);
    } catch (error) {
      // One that died while it started is buried like any other.
      if (!machine.isDead) throw error;
    }
  }

  async #end(name: string, what: string): Promise<void> {
    this.count(what);
    const { process } = this.#members.get(name)!;
    if (process !== undefined) await this.system().run(process.stop());
    this.#members.delete(name);
  }

  /** Those that have died since; some lose their disk, some their power, which counts as another boot. */
  async #bury(): Promise<void> {
    for (const [name, { machine }] of [...this.#members]) {
      if (!machine.isDead) continue;
      await this.system().crash(name);
      this.#members.delete(name);
      const roll = this.random.next();
      if (roll < 0.2) {
        this.count('lost disk');
        this.system().loseDisk(name);
      } else if (roll < 0.35) {
        this.count('lost power');
        this.#boots.set(name, (this.#boots.get(name) ?? 0) + 1);
      }
    }
  }

  /** A zombie's session ends while it stands still; when it wakes up, somebody else may own what it thinks it owns. */
  #freeze({ machine, broker }: Member, kind: 'zombie' | 'pause'): void {
    const { clock } = this.system();
    this.count(kind);
    machine.standStill();
    if (kind === 'pause') {
      clock.schedule(50 + this.random.below(300), () => machine.wake());
      return;
    }
    broker?.silence();
    const rejoinMs = this.random.below(2500);
    clock.schedule(1000 + this.random.below(4000), () => {
      machine.wake();
      clock.schedule(rejoinMs, () => void broker?.rejoin());
    });
  }

  #fillDisk(machine: Machine): void {
    this.count('full disk');
    machine.isDiskFull = true;
    this.system().clock.schedule(100 + this.random.below(1500), () => {
      machine.isDiskFull = false;
    });
  }

  /** Everybody stops; the topics are cleaned; everybody's disk is older than tombstones are kept. */
  async #night(): Promise<void> {
    if ([...this.#members.values()].some(({ machine }) => machine.isStill)) return;
    this.count('night');
    const names = [...this.#members.keys()];
    await this.stop();
    await this.system().clock.advance(7 * 3_600_000);
    await this.system().broker.upkeep();
    for (const name of names) await this.#begin(name);
  }
}
