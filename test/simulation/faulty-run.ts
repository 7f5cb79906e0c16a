/**
 * One simulated campaign from one seed: several processes on virtual time, listens full of repeats, duplicates, late and
 * deleted ones and poison; crashes at the boundaries of a step, lost answers to commits, disks lost, processes that come
 * and go. At the end everything must equal plain maps filled from the same listens, which share no code with the streams.
 */
import type { StreamProcess } from '../../src/app/stream-process';
import { VirtualSystem } from '../../src/app/virtual-system';
import type { OutputRecord } from '../../src/broker/broker';
import { SegueError } from '../../src/errors';
import { mulberry32, type Random } from '../../src/random';
import { parseHistoryKey } from '../../streams/by-user/stores';
import { addUp } from '../../streams/control/set-threshold';
import { FaultyListeners, type FaultyRecord } from '../../streams/simulator/faulty-listeners';
import { toListenValue } from '../../streams/simulator/listen-value';
import { POISON_REASONS } from '../../streams/simulator/poison';
import { SimulatedListeners } from '../../streams/simulator/simulated-listeners';
import { lastValues } from '../../streams/tables';

export interface RunOptions {
  readonly seed: number;
  readonly listens: number;
  /** A fault of the program itself, to prove that the comparison can fail. */
  readonly planted?: 'duplicate counted' | 'listener lost' | 'dead letter lost';
}

export interface RunReport {
  readonly seed: number;
  readonly records: number;
  readonly crashes: number;
  readonly lostAnswers: number;
  readonly disksLost: number;
  /** What differs from the oracle; empty when all is right. */
  readonly differences: readonly string[];
}

const SLOTS = 3;
const SETTLE_MS_MAX = 120_000;

export async function faultyRun(options: RunOptions): Promise<RunReport> {
  const random = mulberry32(options.seed);
  const faults = new BrokerFaults(random);
  const system = await VirtualSystem.open({
    settings: {
      partitions: String(SLOTS),
      trainer: 'none',
      historyEntriesMax: '4',
      stepRecordsMax: String(5 + random.below(60)),
      refreshBudgetMs: '20',
      fencedRetryMs: '200',
    },
    faults,
  });
  const fleet = new Fleet(system, random);
  await fleet.start();
  const oracle = new Oracle();
  let records = 0;
  for (const batch of batchesOf(options, random)) {
    for (const record of batch) oracle.take(record);
    records += batch.length;
    await system.send(batch.map((record) => toOutput(system, fleet.any(), record)));
    await system.clock.advance(20 + random.below(200));
    await fleet.mishap();
  }
  faults.calm();
  await fleet.settle();
  const differences = await oracle.compare(fleet.any(), system, options.planted);
  await fleet.stop();
  return {
    seed: options.seed,
    records,
    crashes: fleet.crashes,
    lostAnswers: faults.lostAnswers,
    disksLost: fleet.disksLost,
    differences,
  };
}

/** Steps that do not come through, and steps that do while nobody is told. */
class BrokerFaults {
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
class Fleet {
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

function* batchesOf({ seed, listens }: RunOptions, random: Random): Generator<FaultyRecord[]> {
  const source = new SimulatedListeners({
    seed,
    users: 12,
    tracks: 60,
    artists: 12,
    genres: 3,
    startSeconds: 1_577_800_000,
    listensPerSecond: 2,
    unreleasedShare: 0,
  });
  const faulty = new FaultyListeners(source, {
    seed,
    duplicateShare: 0.1,
    deletionShare: 0.08,
    poisonShare: 0.1,
    lateShare: 0.2,
    lateSecondsMax: 30,
  });
  for (let sent = 0; sent < listens; ) {
    const batch = Array.from({ length: 1 + random.below(40) }, () => faulty.next());
    sent += batch.length;
    yield batch;
  }
  yield [...faulty.drain()];
}

function toOutput(
  system: VirtualSystem,
  process: StreamProcess,
  record: FaultyRecord,
): OutputRecord {
  const topic = process.topics.listens;
  const codec = process.runner.codecs.of(topic);
  const frame = (user: string | null, value: Buffer | null) => ({
    topic: topic.name,
    key: user === null ? null : Buffer.from(user),
    value,
    timestampMs: system.clock.now(),
  });
  if (record.kind !== 'poison') {
    return frame(
      record.listen.userId,
      codec.encode(toListenValue(record.listen, record.kind === 'listen' ? 'LISTEN' : 'DELETION')),
    );
  }
  const { content, userId } = record;
  return frame(userId, 'bytes' in content ? content.bytes : codec.encode(content.value));
}

/** What must be left in the end, in plain maps. */
class Oracle {
  readonly #heard = new Set<string>();
  readonly #deleted = new Set<string>();
  readonly #reasons = new Map<string, number>();
  #records = 0;

  take(record: FaultyRecord): void {
    if (record.kind === 'poison') {
      const reason = POISON_REASONS[record.poison];
      this.#reasons.set(reason, (this.#reasons.get(reason) ?? 0) + 1);
      return;
    }
    this.#records += 1;
    const { userId, track, listenedAt } = record.listen;
    (record.kind === 'listen' ? this.#heard : this.#deleted).add(
      `${userId} ${track.trackId} ${listenedAt}`,
    );
  }

  async compare(
    process: StreamProcess,
    system: VirtualSystem,
    planted: RunOptions['planted'],
  ): Promise<string[]> {
    const reader = { broker: system.broker, codecs: process.runner.codecs };
    const { topics } = process;
    const histories = await system.run(lastValues(reader, topics.histories));
    const counts = await system.run(lastValues(reader, topics.listenerCounts));
    const progress = await system.run(lastValues(reader, topics.progress));
    const lists = await system.run(lastValues(reader, topics.recommendations));
    const deadLetters = await system.run(countRecords(process, system));
    const plays = this.#plays();
    const listeners = new Map<string, number>();
    for (const pair of plays.keys())
      listeners.set(pair.split(' ')[1]!, (listeners.get(pair.split(' ')[1]!) ?? 0) + 1);
    const found = new Map<string, number>();
    for (const [key, history] of histories) {
      const { user, trackId, chunk } = parseHistoryKey(key);
      if (chunk === undefined && history.plays > 0) found.set(`${user} ${trackId}`, history.plays);
    }
    const { sums } = addUp([...progress.values()]);
    const live = [...plays.values()].reduce((sum, value) => sum + value, 0);
    const alive = new Map(
      [...counts]
        .filter(([, { listeners: count }]) => count > 0)
        .map(([trackId, { listeners: count }]) => [trackId, count]),
    );
    if (planted === 'listener lost') alive.set([...alive.keys()][0]!, 0);
    const expected = {
      listens: live + (planted === 'duplicate counted' ? 1 : 0),
      deletions: this.#deleted.size,
      duplicates: this.#records - this.#heard.size - this.#deleted.size,
      pairs: plays.size,
      users: new Set([...plays.keys()].map((pair) => pair.split(' ')[0])).size,
    };
    const reasons = Object.fromEntries(
      Object.entries(sums)
        .filter(([name]) => name.startsWith('deadLetters.'))
        .map(([name, count]) => [name.slice(12), count]),
    );
    const deadTotal =
      [...this.#reasons.values()].reduce((sum, count) => sum + count, 0) +
      (planted === 'dead letter lost' ? 1 : 0);
    return [
      ...difference('plays', found, plays),
      ...difference('unique listeners', alive, listeners),
      ...difference('dead letters by reason', new Map(Object.entries(reasons)), this.#reasons),
      ...difference(
        'sums',
        new Map(Object.keys(expected).map((name) => [name, sums[name] ?? 0])),
        new Map(Object.entries(expected)),
      ),
      ...(deadLetters === deadTotal
        ? []
        : [`dead letters: ${deadLetters} records, expected ${deadTotal}`]),
      ...heardInLists(lists, plays),
      ...usersWithoutList(lists, plays),
    ];
  }

  /** `user track` → plays. */
  #plays(): Map<string, number> {
    const plays = new Map<string, number>();
    for (const id of this.#heard) {
      if (this.#deleted.has(id)) continue;
      const pair = id.split(' ').slice(0, 2).join(' ');
      plays.set(pair, (plays.get(pair) ?? 0) + 1);
    }
    return plays;
  }
}

async function countRecords({ topics }: StreamProcess, { broker }: VirtualSystem): Promise<number> {
  let count = 0;
  for (const { partition, start, end } of await broker.ranges(topics.deadLetters.name)) {
    for (let offset = start; offset < end; ) {
      const batches = await broker.fetch([{ topic: topics.deadLetters.name, partition, offset }], {
        waitMsMax: 0,
        bytesMaxPerPartition: 1 << 20,
      });
      for (const { records, nextOffset } of batches) {
        count += records.length;
        offset = nextOffset;
      }
    }
  }
  return count;
}

function difference(
  what: string,
  found: ReadonlyMap<string, number>,
  expected: ReadonlyMap<string, number>,
): string[] {
  const keys = new Set([...found.keys(), ...expected.keys()]);
  return [...keys]
    .filter((key) => (found.get(key) ?? 0) !== (expected.get(key) ?? 0))
    .slice(0, 5)
    .map((key) => `${what}: ${key} is ${found.get(key) ?? 0}, expected ${expected.get(key) ?? 0}`);
}

type Lists = ReadonlyMap<string, { readonly tracks: readonly { readonly track_id: string }[] }>;

function heardInLists(lists: Lists, plays: ReadonlyMap<string, number>): string[] {
  return [...lists].flatMap(([user, { tracks }]) =>
    tracks
      .filter(({ track_id }) => plays.has(`${user} ${track_id}`))
      .map(({ track_id }) => `list of ${user} holds ${track_id}, which they have heard`),
  );
}

function usersWithoutList(lists: Lists, plays: ReadonlyMap<string, number>): string[] {
  const users = new Set([...plays.keys()].map((pair) => pair.split(' ')[0]!));
  return [...users].filter((user) => !lists.has(user)).map((user) => `${user} has no list`);
}
