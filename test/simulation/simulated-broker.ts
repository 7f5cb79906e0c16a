/**
 * A machine's way to the broker. Commits may be lost on the way there or back, or be the last thing the machine does;
 * a membership ends when the machine stands still for too long, which it learns of only after it has woken up.
 */
import type {
  AtomicStep,
  Broker,
  FetchedBatch,
  FetchOptions,
  Membership,
  MembershipOptions,
  PartitionRange,
  Position,
  TopicPartition,
  TopicSpec,
  TransactionalWriter,
  Writer,
} from '../../src/broker/broker';
import type { EmbeddedBroker } from '../../src/broker/embedded-broker';
import { SegueError } from '../../src/errors';
import type { Machine } from './machine';

/** What becomes of a step; planted faults change it. */
export interface CommitPath {
  commit(writer: TransactionalWriter, step: AtomicStep): Promise<readonly Position[]>;
  fetched(batches: readonly FetchedBatch[]): readonly FetchedBatch[];
  /** True when the answer to this commit is to be lost. */
  losesAnswer(): boolean;
}

export class SimulatedBroker implements Broker {
  readonly kind = 'embedded';
  readonly #members: SimulatedMember[] = [];

  constructor(
    private readonly inner: EmbeddedBroker,
    private readonly machine: Machine,
    private readonly path: CommitPath,
    private readonly sessionTimeoutMs: number,
  ) {}

  async createTopics(topics: readonly TopicSpec[]): Promise<void> {
    await this.machine.pass();
    await this.inner.createTopics(topics);
  }

  async partitionCount(topic: string): Promise<number> {
    await this.machine.pass();
    return this.inner.partitionCount(topic);
  }

  async ranges(topic: string): Promise<readonly PartitionRange[]> {
    await this.machine.pass();
    return this.inner.ranges(topic);
  }

  async writtenEnd(partition: TopicPartition): Promise<number> {
    await this.machine.pass();
    return this.inner.writtenEnd(partition);
  }

  async fetch(
    positions: readonly Position[],
    options: FetchOptions,
  ): Promise<readonly FetchedBatch[]> {
    await this.machine.pass();
    const batches = await this.inner.fetch(positions, options);
    await this.machine.pass();
    return this.path.fetched(batches);
  }

  async committed(
    groupId: string,
    partitions: readonly TopicPartition[],
  ): Promise<readonly Position[]> {
    await this.machine.pass();
    return this.inner.committed(groupId, partitions);
  }

  async writer(): Promise<Writer> {
    await this.machine.pass();
    return this.inner.writer();
  }

  async takeOver(transactionalId: string, groupId: string): Promise<TransactionalWriter> {
    await this.machine.pass();
    const writer = await this.inner.takeOver(transactionalId, groupId);
    return { commit: (step) => this.#commit(writer, step), close: () => writer.close() };
  }

  async join(options: MembershipOptions): Promise<Membership> {
    await this.machine.pass();
    const member = new SimulatedMember(this.inner, {
      ...options,
      sessionTimeoutMs: this.sessionTimeoutMs,
    });
    this.#members.push(member);
    await member.join();
    return member;
  }

  async close(): Promise<void> {
    await this.inner.close();
  }

  /** No heartbeat comes through any more. */
  silence(): void {
    for (const member of this.#members) member.silence();
  }

  /** After it has woken up, the machine learns that its session is over, and joins anew. */
  async rejoin(): Promise<void> {
    try {
      // It may have fallen asleep again.
      await this.machine.pass();
    } catch {
      return;
    }
    for (const member of this.#members) await member.rejoin();
  }

  async #commit(writer: TransactionalWriter, step: AtomicStep): Promise<readonly Position[]> {
    await this.machine.pass();
    this.machine.at('commit-sent');
    const behind = await this.path.commit(writer, step);
    this.machine.at('commit-done');
    await this.machine.pass();
    if (this.path.losesAnswer())
      throw new SegueError('BROKER_COMMIT_IN_DOUBT', 'the answer was lost', { retriable: true });
    return behind;
  }
}

/** Has a connection of its own, so that it can fall silent while the rest of the machine goes on. */
class SimulatedMember implements Membership {
  #connection: EmbeddedBroker | undefined;
  #member: Membership | undefined;
  #hasLeft = false;
  #isSilent = false;

  constructor(
    private readonly broker: EmbeddedBroker,
    private readonly options: MembershipOptions,
  ) {}

  /** As on Kafka, one that has stood still for too long knows so by its clock. */
  get slots(): readonly number[] {
    return this.#isSilent ? [] : this.#member!.slots;
  }

  get memberId(): string {
    return this.#member!.memberId;
  }

  get members(): Membership['members'] {
    return this.#member!.members;
  }

  async join(): Promise<void> {
    this.#connection = this.broker.connect();
    this.#member = await this.#connection.join(this.options);
  }

  silence(): void {
    this.#isSilent = true;
    this.#connection?.crash();
  }

  async rejoin(): Promise<void> {
    if (this.#hasLeft || !this.#isSilent) return;
    this.#isSilent = false;
    this.options.onLost('the session is over');
    await this.join();
  }

  async dismiss(memberId: string): Promise<void> {
    await this.#member!.dismiss(memberId);
  }

  async leave(): Promise<void> {
    this.#hasLeft = true;
    await this.#member!.leave();
  }
}
