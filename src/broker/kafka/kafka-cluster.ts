/**
 * Who leads which partition, who coordinates which group or transaction, and connections to them.
 * Everything learnt is kept until an answer shows that it is stale; the callers' retries then drop it.
 */
import type { Clock } from '../../clock';
import { SegueError } from '../../errors';
import type { TopicPartition } from '../broker';
import { type ConnectionSettings, KafkaConnection, type NodeAddress } from './kafka-connection';
import {
  checkCode,
  failedWith,
  ProtocolFailure,
  showsOldLeaders,
  TransportFailure,
} from './kafka-failures';
import type { BrokerNode, TopicMetadataAnswer } from './kafka-protocols';
import { retrying } from './retrying';

export interface ClusterSettings extends ConnectionSettings {
  /** `host:port` of some brokers; the others are learnt from them. */
  readonly brokers: readonly string[];
  /** How long an operation is retried before it fails. */
  readonly operationMsMax: number;
}

export interface TopicMetadata {
  readonly name: string;
  /** Node id of each partition's leader; undefined while there is none. */
  readonly leaders: readonly (number | undefined)[];
}

export type CoordinatorKind = 'group' | 'transaction';

const COORDINATOR_TYPE = { group: 0, transaction: 1 } as const;
/** A topic made a moment ago may be unknown to some nodes; after this long it is missing. */
const UNKNOWN_TOPIC_MS = 500;
const DEFAULT_PORT = 9092;

function toAddress(text: string): NodeAddress {
  const colon = text.lastIndexOf(':');
  const port = colon < 0 ? DEFAULT_PORT : Number(text.slice(colon + 1));
  const host = (colon < 0 ? text : text.slice(0, colon)).replace(/^\[|\]$/g, '');
  if (host !== '' && Number.isInteger(port) && port > 0 && port < 65536) return { host, port };
  throw new SegueError('SETTING_INVALID', `--brokers: expected HOST:PORT, got "${text}".`);
}

/** Connections of one user, one to each node, opened at need. */
export class Lane {
  readonly #connections = new Map<string, Promise<KafkaConnection>>();
  #closed = false;

  constructor(private readonly settings: ConnectionSettings) {}

  async to(address: NodeAddress): Promise<KafkaConnection> {
    if (this.#closed) throw new SegueError('BROKER_CLOSED', 'The connection was closed.');
    const key = `${address.host}:${address.port}`;
    const current = this.#connections.get(key);
    if (current) {
      const connection = await current.catch(() => undefined);
      if (connection?.isConnected) return connection;
      // Another caller may have replaced it while we waited.
      if (this.#connections.get(key) === current) this.#connections.delete(key);
      return this.to(address);
    }
    const opening = KafkaConnection.open(address, this.settings);
    this.#connections.set(key, opening);
    const connection = await opening;
    if (this.#closed) connection.close();
    return connection;
  }

  /** Closes every connection; requests on them fail at once. */
  close(): void {
    this.#closed = true;
    this.reset();
  }

  /** Drops all connections; new ones are opened at need. */
  reset(): void {
    const connections = [...this.#connections.values()];
    this.#connections.clear();
    for (const connection of connections)
      connection.then(
        (open) => open.close(),
        () => {},
      );
  }
}

export class KafkaCluster {
  readonly clock: Clock;
  readonly #bootstrap: readonly NodeAddress[];
  readonly #lanes = new Set<Lane>();
  readonly #control: Lane;
  #nodes = new Map<number, BrokerNode>();
  #controllerId = -1;
  readonly #topics = new Map<string, TopicMetadata>();
  readonly #coordinators = new Map<string, number>();
  #nextBootstrap = 0;
  #closed = false;

  constructor(readonly settings: ClusterSettings) {
    this.clock = settings.clock;
    this.#bootstrap = settings.brokers.map(toAddress);
    this.#control = this.openLane();
  }

  openLane(): Lane {
    const lane = new Lane(this.settings);
    this.#lanes.add(lane);
    return lane;
  }

  closeLane(lane: Lane): void {
    this.#lanes.delete(lane);
    lane.close();
  }

  get control(): Lane {
    return this.#control;
  }

  get isClosed(): boolean {
    return this.#closed;
  }

  checkOpen(): void {
    if (this.#closed)
      throw new SegueError('BROKER_CLOSED', 'The broker connection was used after close().');
  }

  close(): void {
    this.#closed = true;
    for (const lane of this.#lanes) lane.close();
    this.#lanes.clear();
  }

  /** Repeats `attempt` within the time of an operation; what an error shows to be stale is dropped between. */
  async retry<T>(
    topics: readonly string[],
    attempt: () => Promise<T>,
    operationMs = this.settings.operationMsMax,
  ): Promise<T> {
    this.checkOpen();
    const startMs = this.clock.monotonicMs();
    return retrying(
      {
        clock: this.clock,
        deadlineMs: startMs + operationMs,
        beforeRetry: (error) => {
          this.checkOpen();
          const unknownFor = this.clock.monotonicMs() - startMs;
          if (failedWith(error, 'UNKNOWN_TOPIC_OR_PARTITION') && unknownFor > UNKNOWN_TOPIC_MS)
            throw error;
          if (showsOldLeaders(error)) this.forgetTopics(topics);
        },
      },
      attempt,
    );
  }

  async node(nodeId: number, lane: Lane): Promise<KafkaConnection> {
    this.checkOpen();
    const node = this.#nodes.get(nodeId);
    if (!node) throw new TransportFailure(`Node ${nodeId} is not known any more`);
    return lane.to(node);
  }

  /** A connection to any node; known nodes first, then the addresses given. */
  async anyNode(lane: Lane): Promise<KafkaConnection> {
    this.checkOpen();
    const addresses = [...this.#nodes.values(), ...this.#bootstrap];
    let failure: unknown;
    for (let i = 0; i < addresses.length; i++) {
      try {
        return await lane.to(addresses[(this.#nextBootstrap + i) % addresses.length]!);
      } catch (error) {
        if (error instanceof SegueError) throw error;
        failure = error;
        this.#nextBootstrap++;
      }
    }
    throw failure;
  }

  async controller(lane: Lane): Promise<KafkaConnection> {
    await this.loadTopics([]);
    return this.#nodes.has(this.#controllerId)
      ? this.node(this.#controllerId, lane)
      : this.anyNode(lane);
  }

  /** Asks for topics afresh. Missing ones are left out of the answer. */
  async loadTopics(names: readonly string[]): Promise<ReadonlyMap<string, TopicMetadata>> {
    const connection = await this.anyNode(this.#control);
    // An empty list would ask for every topic there is; an impossible name asks for none.
    const topics = names.length > 0 ? names : ['segue-no-such-topic'];
    const answer = await connection.call('Metadata', { topics, allowAutoTopicCreation: false });
    this.#nodes = new Map(answer.brokers.map((node) => [node.nodeId, node]));
    this.#controllerId = answer.controllerId;
    const found = new Map<string, TopicMetadata>();
    for (const topic of answer.topicMetadata) {
      if (names.length === 0 || failedTopic(topic)) continue;
      const metadata = toTopicMetadata(topic);
      found.set(topic.topic, metadata);
      this.#topics.set(topic.topic, metadata);
    }
    return found;
  }

  /** Throws UNKNOWN_TOPIC_OR_PARTITION as a failure that retries give a moment. */
  async topic(name: string): Promise<TopicMetadata> {
    this.checkOpen();
    const known = this.#topics.get(name);
    return known ?? this.topicNow(name);
  }

  /** The same, asked for afresh. */
  async topicNow(name: string): Promise<TopicMetadata> {
    const found = (await this.loadTopics([name])).get(name);
    if (!found) throw new ProtocolFailure(UNKNOWN_TOPIC, `Topic ${name}`);
    return found;
  }

  async leader({ topic, partition }: TopicPartition): Promise<number> {
    const { leaders } = await this.topic(topic);
    if (partition >= leaders.length)
      throw new ProtocolFailure(UNKNOWN_TOPIC, `Partition ${partition} of ${topic}`);
    const leader = leaders[partition];
    if (leader === undefined) throw new TransportFailure(`${topic}-${partition} has no leader now`);
    return leader;
  }

  forgetTopics(names: readonly string[]): void {
    for (const name of names) this.#topics.delete(name);
  }

  /** Remembered, since the stock client's four look-ups a step cost as much as the step. */
  async coordinator(kind: CoordinatorKind, key: string): Promise<number> {
    this.checkOpen();
    const known = this.#coordinators.get(`${kind} ${key}`);
    if (known !== undefined && this.#nodes.has(known)) return known;
    const connection = await this.anyNode(this.#control);
    const coordinatorType = COORDINATOR_TYPE[kind];
    const answer = await connection.call('FindCoordinator', { groupId: key, coordinatorType });
    checkCode(answer.errorCode, `Coordinator of ${kind} ${key}`);
    const { coordinator } = answer;
    this.#nodes.set(coordinator.nodeId, coordinator);
    this.#coordinators.set(`${kind} ${key}`, coordinator.nodeId);
    return coordinator.nodeId;
  }

  forgetCoordinator(kind: CoordinatorKind, key: string): void {
    this.#coordinators.delete(`${kind} ${key}`);
  }
}

const UNKNOWN_TOPIC = 3;
const TRANSIENT_TOPIC_CODES = [0, 5, 9];

/** Unknown topics are left out; other errors of a whole topic are not ours to hide. */
function failedTopic({ topic, topicErrorCode }: TopicMetadataAnswer): boolean {
  if (TRANSIENT_TOPIC_CODES.includes(topicErrorCode)) return false;
  if (topicErrorCode === UNKNOWN_TOPIC) return true;
  throw new ProtocolFailure(topicErrorCode, `Topic ${topic}`);
}

function toTopicMetadata({ topic, partitionMetadata }: TopicMetadataAnswer): TopicMetadata {
  const leaders: (number | undefined)[] = partitionMetadata.map(() => undefined);
  for (const { partitionId, leader } of partitionMetadata)
    leaders[partitionId] = leader < 0 ? undefined : leader;
  return { name: topic, leaders };
}
