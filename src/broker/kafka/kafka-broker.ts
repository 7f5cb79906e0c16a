/**
 * The broker port on Kafka. Of kafkajs it takes the connection (TLS, SASL, framing) and the encodings of small
 * requests; reading, writing, transactions and membership are driven here, because kafkajs' own cannot be made
 * exact (see kafkajs-internals.ts).
 */
import { type Clock, keepAliveWhile, systemClock } from '../../clock';
import { type FaultPoint, noFaultPoint } from '../../fault-points';
import { type Logger, noLogger } from '../../logger';
import type {
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
} from '../broker';
import { committedPositions } from './committed-positions';
import { Fetcher } from './fetcher';
import { KafkaCluster } from './kafka-cluster';
import { toSegueError } from './kafka-failures';
import { KafkaMembership } from './kafka-membership';
import { createTopics, partitionCount, ranges, writtenEnd } from './kafka-topics';
import { KafkaTransactionalWriter } from './kafka-transactional-writer';
import { KafkaWriter } from './kafka-writer';
import type { KafkaSasl, KafkaSsl } from './kafkajs-internals';

export interface KafkaBrokerOptions {
  /** `host:port` of some brokers. */
  readonly brokers: readonly string[];
  readonly clientId?: string | undefined;
  /** As for `tls.connect`; true for the system's trust. */
  readonly ssl?: KafkaSsl | undefined;
  /** As kafkajs takes it: plain, scram-sha-256, scram-sha-512, oauthbearer, aws. */
  readonly sasl?: KafkaSasl | undefined;
  readonly logger?: Logger | undefined;
  readonly clock?: Clock | undefined;
  readonly connectionTimeoutMs?: number | undefined;
  readonly requestTimeoutMs?: number | undefined;
  /** How long an operation is retried while brokers are away. */
  readonly operationMsMax?: number | undefined;
  /** After this long without a clear answer a commit is in doubt. */
  readonly commitMsMax?: number | undefined;
  /** After this long the broker aborts a step that nobody ends; longer than a member's session. */
  readonly transactionTimeoutMs?: number | undefined;
  /** Of topics made; as the broker is set where absent. */
  readonly replicationFactor?: number | undefined;
  readonly inSyncReplicasMin?: number | undefined;
  readonly faultPoint?: FaultPoint | undefined;
}

const CONNECTION_MS = 3000;
const REQUEST_MS = 30_000;
const OPERATION_MS = 60_000;
const COMMIT_MS = 10_000;
const TRANSACTION_MS = 60_000;
const BROKER_DEFAULT = -1;

export class KafkaBroker implements Broker {
  readonly kind = 'kafka';
  readonly #cluster: KafkaCluster;
  readonly #fetcher: Fetcher;
  readonly #memberships = new Set<KafkaMembership>();
  #release: () => void = () => {};

  private constructor(private readonly options: KafkaBrokerOptions) {
    this.#cluster = new KafkaCluster({
      brokers: options.brokers,
      clientId: options.clientId ?? 'segue',
      ssl: options.ssl,
      sasl: options.sasl,
      logger: options.logger ?? noLogger,
      clock: options.clock ?? systemClock,
      connectionTimeoutMs: options.connectionTimeoutMs ?? CONNECTION_MS,
      requestTimeoutMs: options.requestTimeoutMs ?? REQUEST_MS,
      operationMsMax: options.operationMsMax ?? OPERATION_MS,
    });
    this.#fetcher = new Fetcher(this.#cluster);
    // A retry may wait on nothing but a timer, which alone would let the process end.
    void keepAliveWhile(
      new Promise<void>((resolve) => {
        this.#release = resolve;
      }),
    );
  }

  /** Throws BROKER_UNREACHABLE, BROKER_REFUSED, BROKER_UNSUPPORTED. */
  static async connect(options: KafkaBrokerOptions): Promise<KafkaBroker> {
    const broker = new KafkaBroker(options);
    try {
      await broker.#run('Connecting', () =>
        broker.#cluster.retry([], () => broker.#cluster.loadTopics([])),
      );
      return broker;
    } catch (error) {
      await broker.close();
      throw error;
    }
  }

  /** For tests that take a step apart. */
  get cluster(): KafkaCluster {
    return this.#cluster;
  }

  createTopics(topics: readonly TopicSpec[]): Promise<void> {
    const { replicationFactor = BROKER_DEFAULT, inSyncReplicasMin } = this.options;
    const defaults = { replicationFactor, inSyncReplicasMin };
    return this.#run('Creating topics', () => createTopics(this.#cluster, topics, defaults));
  }

  partitionCount(topic: string): Promise<number> {
    return this.#run(`Asking for ${topic}`, () => partitionCount(this.#cluster, topic));
  }

  ranges(topic: string): Promise<readonly PartitionRange[]> {
    return this.#run(`Asking for the ranges of ${topic}`, () => ranges(this.#cluster, topic));
  }

  writtenEnd(partition: TopicPartition): Promise<number> {
    const what = `Asking for the written end of ${partition.topic}`;
    return this.#run(what, () => writtenEnd(this.#cluster, partition));
  }

  fetch(positions: readonly Position[], options: FetchOptions): Promise<readonly FetchedBatch[]> {
    return this.#run('Fetching', () => this.#fetcher.fetch(positions, options));
  }

  committed(groupId: string, partitions: readonly TopicPartition[]): Promise<readonly Position[]> {
    return this.#run(`Asking for the positions of ${groupId}`, () =>
      committedPositions(this.#cluster, groupId, partitions),
    );
  }

  async writer(): Promise<Writer> {
    this.#cluster.checkOpen();
    return new KafkaWriter(this.#cluster);
  }

  async takeOver(transactionalId: string, groupId: string): Promise<TransactionalWriter> {
    this.#cluster.checkOpen();
    return KafkaTransactionalWriter.open({
      cluster: this.#cluster,
      transactionalId,
      groupId,
      commitMsMax: this.options.commitMsMax ?? COMMIT_MS,
      transactionTimeoutMs: this.options.transactionTimeoutMs ?? TRANSACTION_MS,
      faultPoint: this.options.faultPoint ?? noFaultPoint,
    });
  }

  async join(options: MembershipOptions): Promise<Membership> {
    this.#cluster.checkOpen();
    const membership = await KafkaMembership.join(this.#cluster, options, (ended) =>
      this.#memberships.delete(ended),
    );
    this.#memberships.add(membership);
    return membership;
  }

  async close(): Promise<void> {
    await Promise.all([...this.#memberships].map((membership) => membership.leave()));
    this.#cluster.close();
    this.#fetcher.close();
    this.#release();
  }

  async #run<T>(what: string, operation: () => Promise<T>): Promise<T> {
    this.#cluster.checkOpen();
    try {
      return await operation();
    } catch (error) {
      this.#cluster.checkOpen();
      throw toSegueError(error, what);
    }
  }
}
