/** The one log that all connections of an embedded broker share: appends, slots' writers, upkeep. */
import type { Clock } from '../clock';
import type { Logger } from '../logger';
import type { Level } from '../store/level';
import type { AtomicStep, OutputRecord, Position } from './broker';
import { prepareAppend } from './embedded-append';
import { EmbeddedCatalogue } from './embedded-catalogue';
import { EmbeddedCommits } from './embedded-commits';
import { EmbeddedGroups } from './embedded-groups';
import { EmbeddedReader } from './embedded-reader';
import { EmbeddedUpkeep } from './embedded-upkeep';
import { closedError } from './slicing-writer';

export interface EmbeddedLogOptions {
  readonly clock: Clock;
  /** Every commit waits for the disk. Without, a commit survives the death of the process, not of the machine. */
  readonly syncEachCommit: boolean;
  readonly upkeepIntervalMs: number;
  readonly logger: Logger;
}

export class EmbeddedLog {
  readonly reader: EmbeddedReader;
  readonly groups: EmbeddedGroups;
  readonly upkeep: EmbeddedUpkeep;
  /** The writer that may commit under each transactional id. */
  readonly owners = new Map<string, object>();
  private readonly commits: EmbeddedCommits;
  private closing: Promise<void> | undefined;

  private constructor(
    private readonly database: Level,
    readonly catalogue: EmbeddedCatalogue,
    private readonly options: EmbeddedLogOptions,
  ) {
    const { clock, syncEachCommit } = options;
    this.commits = new EmbeddedCommits(database, syncEachCommit);
    this.reader = new EmbeddedReader(database, catalogue, clock);
    this.groups = new EmbeddedGroups(clock);
    this.upkeep = new EmbeddedUpkeep({ ...options, database, catalogue, reader: this.reader });
  }

  static async open(database: Level, options: EmbeddedLogOptions): Promise<EmbeddedLog> {
    const log = new EmbeddedLog(database, await EmbeddedCatalogue.load(database), options);
    log.upkeep.start();
    return log;
  }

  get isClosed(): boolean {
    return this.closing !== undefined;
  }

  async append(records: readonly OutputRecord[]): Promise<void> {
    await this.submit({ records });
  }

  /** One atomic step; with `isDropped` as if its process had died before the commit. */
  appendStep(
    { records, positions }: AtomicStep,
    groupId: string,
    isDropped = false,
  ): Promise<readonly Position[]> {
    const step = { groupId, positions: isDropped ? [] : positions };
    return this.submit({ records, step, isDropped });
  }

  /** Resolves when every append made so far is decided. */
  settled(): Promise<void> {
    return this.commits.settled();
  }

  /** Lets waiting fetches look whether their connection is still open. */
  wakeFetches(): void {
    for (const { partitions } of this.catalogue.all())
      for (const partition of partitions) partition.wakeAll();
  }

  close(): Promise<void> {
    this.closing ??= this.closeOnce();
    return this.closing;
  }

  private async submit(
    append: Omit<Parameters<typeof prepareAppend>[1], 'nowMs'>,
  ): Promise<readonly Position[]> {
    if (this.isClosed) throw closedError('broker');
    const nowMs = this.options.clock.now();
    const { writes, behind, publish } = prepareAppend(this.catalogue, { ...append, nowMs });
    if (writes.length > 0) await this.commits.submit({ writes, onDurable: publish });
    return behind;
  }

  private async closeOnce(): Promise<void> {
    this.wakeFetches();
    await this.upkeep.stop();
    await this.commits.idle();
    await this.database.close();
  }
}
