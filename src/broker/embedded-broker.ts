/**
 * The broker port on a database in this process: the whole system without a service. One atomic batch of
 * the database is one step, so no step is ever half done and there is no transaction to recover.
 *
 * Delivery: what was acknowledged survives the death of the process at any moment; the death of the
 * machine only with `syncEachCommit`. A step takes one offset more per partition than it has records,
 * as Kafka's commit marker does, so that code which counts offsets fails here too.
 */
import { type Clock, systemClock } from '../clock';
import { type Logger, noLogger } from '../logger';
import type { Level } from '../store/level';
import type {
  Broker,
  FetchedBatch,
  FetchOptions,
  Membership,
  MembershipOptions,
  OutputRecord,
  PartitionRange,
  Position,
  TopicPartition,
  TopicSpec,
  TransactionalWriter,
  Writer,
} from './broker';
import type { EmbeddedMember } from './embedded-groups';
import { EmbeddedLog } from './embedded-log';
import { type EmbeddedFaults, EmbeddedTransactionalWriter } from './embedded-transactional-writer';
import { closedError, SlicingWriter } from './slicing-writer';

export interface EmbeddedBrokerOptions {
  /** An open database of this broker's own; `close` closes it. */
  readonly database: Level;
  readonly clock?: Clock;
  /** False by default. */
  readonly syncEachCommit?: boolean;
  /** How often retention and compaction are looked after. */
  readonly upkeepIntervalMs?: number;
  readonly faults?: EmbeddedFaults;
  readonly logger?: Logger;
  /** Runs once at the begin of `close`, while the broker still answers. */
  readonly beforeClose?: () => Promise<void>;
}

const UPKEEP_INTERVAL_MS = 15_000;

export class EmbeddedBroker implements Broker {
  readonly kind = 'embedded';
  private readonly members = new Set<EmbeddedMember>();
  private isClosed = false;
  private closing: Promise<void> | undefined;

  private constructor(
    private readonly log: EmbeddedLog,
    private readonly faults: EmbeddedFaults,
    /** Set on the connection whose closing closes the log. */
    private readonly owner?: { readonly beforeClose: () => Promise<void> },
  ) {}

  static async open(options: EmbeddedBrokerOptions): Promise<EmbeddedBroker> {
    const log = await EmbeddedLog.open(options.database, {
      clock: options.clock ?? systemClock,
      syncEachCommit: options.syncEachCommit ?? false,
      upkeepIntervalMs: options.upkeepIntervalMs ?? UPKEEP_INTERVAL_MS,
      logger: options.logger ?? noLogger,
    });
    const beforeClose = options.beforeClose ?? (async () => undefined);
    return new EmbeddedBroker(log, options.faults ?? {}, { beforeClose });
  }

  /** Another connection to the same log, as another process would have; for simulated processes and sharing. */
  connect(): EmbeddedBroker {
    this.assertOpen();
    return new EmbeddedBroker(this.log, this.faults);
  }

  async createTopics(topics: readonly TopicSpec[]): Promise<void> {
    this.assertOpen();
    await this.log.catalogue.create(topics);
  }

  async partitionCount(topic: string): Promise<number> {
    this.assertOpen();
    return this.log.catalogue.topic(topic).partitions.length;
  }

  async ranges(topic: string): Promise<readonly PartitionRange[]> {
    this.assertOpen();
    return this.log.catalogue
      .topic(topic)
      .partitions.map(({ partition, start, end }) => ({ partition, start, end }));
  }

  /** Nothing is appended here before its step is decided. */
  async writtenEnd({ topic, partition }: TopicPartition): Promise<number> {
    return (await this.ranges(topic))[partition]!.end;
  }

  async fetch(
    positions: readonly Position[],
    options: FetchOptions,
  ): Promise<readonly FetchedBatch[]> {
    this.assertOpen();
    const isClosed = (): boolean => this.isClosed || this.log.isClosed;
    try {
      const batches = await this.log.reader.fetch(positions, options, isClosed);
      this.assertOpen();
      return batches;
    } catch (error) {
      // A read that the closing database broke off is no fault of its own.
      this.assertOpen();
      throw error;
    }
  }

  async committed(
    groupId: string,
    partitions: readonly TopicPartition[],
  ): Promise<readonly Position[]> {
    this.assertOpen();
    return partitions.flatMap((place) => this.log.catalogue.position(groupId, place) ?? []);
  }

  async writer(): Promise<Writer> {
    this.assertOpen();
    return new SlicingWriter((records) => this.append(records));
  }

  /** One durable append, all or nothing; what `writer` cuts its sends into. */
  async append(records: readonly OutputRecord[]): Promise<void> {
    this.assertOpen();
    await this.log.append(records);
  }

  async takeOver(transactionalId: string, groupId: string): Promise<TransactionalWriter> {
    this.assertOpen();
    const writer = new EmbeddedTransactionalWriter(this.log, {
      transactionalId,
      groupId,
      faults: this.faults,
      isClosed: () => this.isClosed,
    });
    this.log.owners.set(transactionalId, writer);
    // What the old owner has submitted is decided before the new one looks at positions.
    await this.log.settled();
    return writer;
  }

  async join(options: MembershipOptions): Promise<Membership> {
    this.assertOpen();
    const member = this.log.groups.join(options);
    this.members.add(member);
    return member;
  }

  /** The first connection closes the log for all. */
  async close(): Promise<void> {
    this.closing ??= this.closeOnce();
    await this.closing;
  }

  private async closeOnce(): Promise<void> {
    await this.owner?.beforeClose();
    this.isClosed = true;
    for (const member of this.members) await member.leave();
    if (this.owner === undefined) this.log.wakeFetches();
    else await this.log.close();
  }

  /** As if the process of this connection died: its memberships time out, its writers are not heard of again. */
  crash(): void {
    this.isClosed = true;
    for (const member of this.members) this.log.groups.expire(member);
    this.log.wakeFetches();
  }

  /** Moves the start of a partition up, as retention does. */
  async deleteRecordsBefore(position: Position): Promise<void> {
    this.assertOpen();
    await this.log.upkeep.moveStart(this.log.catalogue.partition(position), position.offset);
  }

  /** One round of retention and compaction, now. */
  async upkeep(): Promise<void> {
    this.assertOpen();
    await this.log.upkeep.run();
  }

  private assertOpen(): void {
    if (this.isClosed || this.log.isClosed) throw closedError('broker');
  }
}
