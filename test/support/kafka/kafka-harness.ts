/** The Kafka adapter on a broker of its own, for the broker contract and whatever restarts or kills it. */
import { setTimeout as pause } from 'node:timers/promises';
import { ConfigResourceTypes, Kafka, logLevel } from 'kafkajs';
import type { OutputRecord, Position } from '../../../src/broker/broker';
import { KafkaBroker, type KafkaBrokerOptions } from '../../../src/broker/kafka/kafka-broker';
import { KafkaTransaction } from '../../../src/broker/kafka/kafka-transaction';
import { systemClock } from '../../../src/clock';
import type { BrokerHarness, OpenStep } from '../../contract/broker-harness';
import { type KafkaService, type KafkaServiceOptions, startKafka } from '../services/kafka-service';

const STEP_MS = 20_000;
const CLEANING_MS = 300;

/** A step taken apart; it has connections of its own, as another process would. */
export async function openStep(
  broker: KafkaBroker,
  transactionalId: string,
  groupId: string,
): Promise<OpenStep> {
  const transaction = new KafkaTransaction({
    cluster: broker.cluster,
    transactionalId,
    groupId,
    transactionTimeoutMs: 60_000,
  });
  const deadline = (): number => systemClock.monotonicMs() + STEP_MS;
  await transaction.initialise(deadline());
  return {
    async append(records: readonly OutputRecord[]) {
      const partitions = await transaction.encode(records);
      await transaction.addPartitions(partitions, deadline());
      await transaction.sendRecords(partitions, deadline());
    },
    commit: () => transaction.end(true, deadline()),
    abort: () => transaction.end(false, deadline()),
  };
}

/** The stock client's administration, for what the port does not offer. */
export async function deleteRecordsBefore(address: string, position: Position): Promise<void> {
  const admin = new Kafka({ brokers: address.split(','), logLevel: logLevel.NOTHING }).admin();
  await admin.connect();
  try {
    const { topic, partition, offset } = position;
    // It deletes only in topics whose metadata it has loaded already.
    await admin.fetchTopicOffsets(topic);
    await admin.deleteTopicRecords({ topic, partitions: [{ partition, offset: `${offset}` }] });
  } finally {
    await admin.disconnect();
  }
}

/** Replaces all settings that the topic has of its own. */
export async function alterTopic(
  address: string,
  name: string,
  settings: Readonly<Record<string, string>>,
): Promise<void> {
  const admin = new Kafka({ brokers: address.split(','), logLevel: logLevel.NOTHING }).admin();
  await admin.connect();
  try {
    const configEntries = Object.entries(settings).map(([key, value]) => ({ name: key, value }));
    await admin.alterConfigs({
      validateOnly: false,
      resources: [{ type: ConfigResourceTypes.TOPIC, name, configEntries }],
    });
  } finally {
    await admin.disconnect();
  }
}

/** Makes the broker clean a compacted topic as soon as it can. */
export const CLEANING_SETTINGS = {
  'segment.ms': '600',
  'min.cleanable.dirty.ratio': '0.01',
  'delete.retention.ms': '100',
  'max.compaction.lag.ms': '1000',
} as const;

export class KafkaHarness implements BrokerHarness {
  readonly cleaningTopic = { settings: CLEANING_SETTINGS };
  readonly #connections: KafkaBroker[] = [];
  #broker: KafkaBroker | undefined;

  private constructor(
    readonly service: KafkaService,
    private readonly options: Partial<KafkaBrokerOptions>,
  ) {}

  static async start(
    options: Partial<KafkaBrokerOptions> = {},
    service: KafkaServiceOptions = {},
  ): Promise<KafkaHarness> {
    const harness = new KafkaHarness(await startKafka(service), options);
    harness.#broker = await harness.connect();
    return harness;
  }

  get broker(): KafkaBroker {
    return this.#broker!;
  }

  async connect(options: Partial<KafkaBrokerOptions> = {}): Promise<KafkaBroker> {
    const broker = await KafkaBroker.connect({
      brokers: this.service.addresses,
      ...this.options,
      ...options,
    });
    this.#connections.push(broker);
    return broker;
  }

  async restart(): Promise<void> {
    await this.disconnect();
    await this.service.kill('SIGTERM');
    await this.service.restart();
    this.#broker = await this.connect();
  }

  openStep(transactionalId: string, groupId: string): Promise<OpenStep> {
    return openStep(this.broker, transactionalId, groupId);
  }

  dropRecordsBefore(position: Position): Promise<void> {
    return deleteRecordsBefore(this.service.address, position);
  }

  /** The broker cleans by itself; it needs a moment, and new records to close a segment. */
  async clean(): Promise<void> {
    await pause(CLEANING_MS);
  }

  async stop(): Promise<void> {
    await this.disconnect();
    await this.service.stop();
  }

  private async disconnect(): Promise<void> {
    await Promise.all(this.#connections.splice(0).map((broker) => broker.close()));
  }
}
