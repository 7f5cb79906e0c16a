/**
 * One simulated campaign from one seed: several machines on virtual time, listens full of repeats, duplicates, late and
 * deleted ones and poison; crashes at each arrow of a step and of a take-over, lost answers, zombies, full and lost disks,
 * models handed over in between. At the end everything must equal plain maps filled from the same listens.
 */
import { createHash } from 'node:crypto';
import { VirtualSystem } from '../../src/app/virtual-system';
import { SegueError } from '../../src/errors';
import { mulberry32, type Random } from '../../src/random';
import { segueStores } from '../../streams/topology';
import { checkCounts, LISTENERS_MIN } from './check-counts';
import { LIST_LENGTH, ListChecker, TRACKS_MIN } from './check-lists';
import { checkStores, contentsOf, differentContents } from './check-stores';
import { Fleet, type Happenings } from './fleet';
import { HandOvers } from './hand-overs';
import { Ledger } from './ledger';
import { ListenSource } from './listen-source';
import { Observed } from './observed';
import { PlantedFault, type PlantedFaultName } from './planted-faults';
import { Watch } from './watch';

export interface RunOptions {
  readonly seed: number;
  readonly listens: number;
  readonly planted?: PlantedFaultName;
}

export interface RunReport {
  readonly seed: number;
  readonly records: number;
  /** Lists that were recomputed. */
  readonly lists: number;
  readonly happenings: Happenings;
  /** Of every byte that is left in the topics: the same seed, the same digest. */
  readonly digest: string;
  /** What differs from the ledger; empty when all is right. */
  readonly differences: readonly string[];
}

export async function faultyRun(options: RunOptions): Promise<RunReport> {
  const run = await Run.open(options);
  let differences: string[];
  try {
    await run.play(options.listens);
    differences = await run.judge();
  } catch (error) {
    differences = [`the campaign broke off: ${(error as Error).stack}`, ...run.fleet.standing()];
  }
  return run.report(differences);
}

class Run {
  readonly ledger = new Ledger();

  private constructor(
    private readonly seed: number,
    private readonly random: Random,
    private readonly system: VirtualSystem,
    readonly fleet: Fleet,
    private readonly handOvers: HandOvers,
    private readonly watch: Watch,
  ) {}

  static async open({ seed, planted }: RunOptions): Promise<Run> {
    const random = mulberry32(seed);
    const slots = 1 + random.below(4);
    const fleet = new Fleet(random, slots, new PlantedFault(planted), () => system);
    const system: VirtualSystem = await VirtualSystem.open({
      settings: settingsFor(random, slots),
      faults: {
        beforeCommit: () => {
          if (fleet.abortsStep())
            throw new SegueError('BROKER_COMMIT_IN_DOUBT', 'aborted', { retriable: true });
        },
      },
      hooks: fleet.hooks,
    });
    const handOvers = await HandOvers.open(system, random);
    const { codecs, topics } = handOvers.administration;
    const { application } = system.settings;
    const watch = new Watch(system.broker, codecs, topics, { application, slots });
    return new Run(seed, random, system, fleet, handOvers, watch);
  }

  async play(listens: number): Promise<void> {
    const { system, fleet, random } = this;
    const { topics, codecs } = this.handOvers.administration;
    await fleet.start();
    const source = new ListenSource(this.seed, { topics, codecs, ledger: this.ledger });
    while (source.sent < listens) {
      const records = source.batch(1 + random.below(40));
      await system.send(records.map((record) => ({ ...record, timestampMs: system.clock.now() })));
      await system.clock.advance(20 + random.below(400));
      await this.watch.look();
      await fleet.mishap();
      await this.#model();
      if (random.next() < 0.05) await system.broker.upkeep();
    }
    const rest = source.rest();
    await system.send(rest.map((record) => ({ ...record, timestampMs: system.clock.now() })));
    await fleet.settle();
    await this.watch.look();
  }

  async judge(): Promise<string[]> {
    const { fleet, ledger, system, watch } = this;
    const failures = fleet.failures();
    if (failures.length > 0) return failures;
    const { topics, codecs } = this.handOvers.administration;
    const observed = new Observed(system.broker, codecs);
    const landing = ledger.land(await observed.all(topics.listens));
    const stores = segueStores(topics);
    const lists = async () =>
      new ListChecker({
        published: watch.lists,
        manifests: await observed.lastValues(topics.models),
        models: this.handOvers.models,
        additions: watch.additions,
        ledger,
      });
    const differences = [
      ...landing,
      ...(await checkCounts(observed, topics, ledger)),
      ...(await checkStores(observed, fleet.states(), { topics, stores, truth: ledger.truth() })),
      ...(await watch.differences(observed)),
      ...(await lists()).finalDifferences(),
    ];
    const before = await contentsOf(fleet.states(), stores);
    for (const followed of fleet.standbyStates())
      differences.push(
        ...differentContents('followed', await contentsOf(followed, stores), before),
      );
    await fleet.startFresh();
    const after = await contentsOf(fleet.states(), stores);
    differences.push(...fleet.failures(), ...differentContents('restored', after, before));
    await watch.look();
    const checker = await lists();
    differences.push(...checker.finalDifferences(), ...checker.differences());
    await fleet.stop();
    return differences;
  }

  async report(differences: readonly string[]): Promise<RunReport> {
    return {
      seed: this.seed,
      records: this.ledger.records,
      lists: this.watch.lists.length,
      happenings: { ...this.fleet.happenings, addition: this.watch.additions.length },
      digest: await this.#digest(),
      differences,
    };
  }

  /** Now and then another model, or the one before; a publisher's commits fail as anybody's do. */
  async #model(): Promise<void> {
    const roll = this.random.next();
    if (roll >= 0.12) return;
    const isForward = roll < 0.09;
    this.fleet.count(isForward ? 'hand-over' : 'roll-back');
    try {
      if (isForward) await this.system.run(this.handOvers.promote(this.ledger.tracks()));
      else await this.system.run(this.handOvers.rollBack());
    } catch (error) {
      if (!(error instanceof SegueError)) throw error;
    }
  }

  async #digest(): Promise<string> {
    const { topics, codecs } = this.handOvers.administration;
    const observed = new Observed(this.system.broker, codecs);
    const hash = createHash('sha256');
    for (const topic of Object.values(topics))
      for (const [partition, { offset, key, value }] of await observed.all(topic))
        hash.update(
          `${topic.name} ${partition} ${offset} ${key?.toString('hex')} ${value?.toString('hex')}\n`,
        );
    return hash.digest('hex').slice(0, 16);
  }
}

function settingsFor(random: Random, slots: number): Record<string, string> {
  return {
    partitions: String(slots),
    trainer: 'none',
    historyEntriesMax: String(2 + random.below(6)),
    stepRecordsMax: String(5 + random.below(60)),
    stepIntervalMs: String(10 + random.below(120)),
    cacheBytes: random.next() < 0.3 ? '0' : String(1000 + random.below(1_000_000)),
    profileCacheBytes: random.next() < 0.3 ? '0' : '1000000',
    catchUpLagRecords: random.next() < 0.3 ? '20' : '20000',
    queueBytesMax: '10000',
    refreshBudgetMs: '20',
    fencedRetryMs: String(100 + random.below(1500)),
    standbys: String(random.below(3)),
    tombstoneRetentionMs: '60000',
    popularIntervalMs: '500',
    popularRefreshMs: '1000',
    filterIntervalMs: '200',
    listLength: String(LIST_LENGTH),
    tracksMin: String(TRACKS_MIN),
    perArtistMax: '0',
    listenersMin: String(LISTENERS_MIN),
    newTrackListenersMax: random.next() < 0.3 ? '4' : '100',
  };
}
