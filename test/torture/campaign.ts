/** A campaign: load, damage after damage with the time to recover from each, quiet, and the comparison. */
import { mulberry32 } from '../../src/random';
import { Arena, type ArenaOptions } from './arena';
import { compare } from './compare';
import { compareStores } from './compare-stores';
import { deal, FAULTS } from './deck';
import { type Expected, readExpected } from './expected';
import type { Fault } from './fault';
import { crashAtFaultPoints } from './faults/crash-at-fault-points';
import { readFound } from './found';
import { untilProcessed, untilQuiet } from './recovery';

export interface CampaignOptions extends ArenaOptions {
  /** All that may happen; FAULTS where absent. */
  readonly faults?: readonly Fault[];
  /** After so much time no further damage is done; with 0 each fault is dealt once, the crashes until all points are hit. */
  readonly minutes: number;
  readonly say?: (line: string) => void;
  /** Ends the damage early; the comparison is made all the same. */
  readonly signal?: AbortSignal;
}

export interface FaultResult {
  readonly name: string;
  readonly expected: string;
  times: number;
  /** Seconds until everything was processed again, each time. */
  readonly recoverySeconds: number[];
}

export interface CampaignResult {
  readonly seed: number;
  readonly minutes: number;
  readonly records: number;
  readonly hits: Readonly<Record<string, number>>;
  readonly faults: readonly FaultResult[];
  /** Sentences; none, if all is well. */
  readonly differences: readonly string[];
}

const RECOVERY_MS_MAX = 180_000;
const QUIET_MS_MAX = 300_000;

export async function runCampaign(options: CampaignOptions): Promise<CampaignResult> {
  const arena = await Arena.open(options);
  try {
    return await new Campaign(arena, options).run();
  } finally {
    await arena.close();
  }
}

class Campaign {
  readonly #differences: string[] = [];
  readonly #results = new Map<string, FaultResult>();

  constructor(
    private readonly arena: Arena,
    private readonly options: CampaignOptions,
  ) {}

  async run(): Promise<CampaignResult> {
    const { arena, options } = this;
    const startedMs = Date.now();
    for (const machine of arena.machines) machine.start();
    arena.startLoad();
    await this.#recover('the start');
    await this.#damage();
    const expected = await this.#quietDown();
    this.#differences.push(...arena.machines.flatMap(({ mishaps }) => mishaps));
    return {
      seed: options.seed,
      minutes: (Date.now() - startedMs) / 60_000,
      records: expected.records,
      hits: Object.fromEntries(arena.hits),
      faults: [...this.#results.values()],
      differences: this.#differences,
    };
  }

  async #damage(): Promise<void> {
    const { seed, minutes, faults = FAULTS, signal } = this.options;
    const random = mulberry32(seed);
    const endMs = Date.now() + minutes * 60_000;
    for (const fault of deal(faults, random)) {
      const isOver = minutes > 0 ? Date.now() > endMs : this.#hasDone(faults);
      if (isOver || signal?.aborted) return;
      if (minutes === 0 && fault === crashAtFaultPoints && this.#allAreHit()) continue;
      const problems = await fault.inflict(this.arena, random);
      this.#differences.push(...problems.map((problem) => `${fault.name}: ${problem}`));
      await this.#recover(fault.name, fault);
    }
  }

  #hasDone(faults: readonly Fault[]): boolean {
    return this.#allAreHit() && faults.every(({ name }) => this.#results.has(name));
  }

  #allAreHit(): boolean {
    return [...this.arena.hits.values()].every((hits) => hits > 0);
  }

  async #recover(after: string, fault?: Fault): Promise<void> {
    const { say = () => undefined } = this.options;
    const ms = await untilProcessed(this.arena, RECOVERY_MS_MAX);
    if (ms === undefined)
      this.#differences.push(`${after}: not recovered after ${RECOVERY_MS_MAX / 1000} s`);
    const hits = [...this.arena.hits.values()].join(' ');
    say(
      `${after}: ${ms === undefined ? 'NOT RECOVERED' : `${(ms / 1000).toFixed(1)} s`}; hits ${hits}`,
    );
    if (fault === undefined) return;
    const { name, expected } = fault;
    const result = this.#results.get(name) ?? { name, expected, times: 0, recoverySeconds: [] };
    this.#results.set(name, result);
    result.times += 1;
    if (ms !== undefined) result.recoverySeconds.push(ms / 1000);
  }

  async #quietDown(): Promise<Expected> {
    const { arena } = this;
    await arena.load.stop();
    if (!(await untilQuiet(arena, QUIET_MS_MAX)))
      this.#differences.push(`not quiet ${QUIET_MS_MAX / 1000} s after the load ended`);
    const expected = await readExpected(
      arena.places.broker,
      arena.administration.topics.listens.name,
    );
    const lost = [...new Set(arena.load.acknowledged)].filter((truth) => !expected.sent.has(truth));
    this.#differences.push(...lost.slice(0, 5).map((truth) => `acknowledged and lost: ${truth}`));
    this.#differences.push(...(await arena.countCheckFailures()));
    await Promise.all(arena.machines.map((machine) => machine.stop()));
    const found = await readFound(arena);
    this.#differences.push(...compare(found, expected));
    this.#differences.push(...(await compareStores(arena, found, expected)));
    return expected;
  }
}
