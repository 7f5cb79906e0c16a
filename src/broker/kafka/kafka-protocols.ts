/**
 * The small requests: which version of each we speak, what they take and answer. kafkajs encodes and decodes them;
 * its checks of error codes are left out, since it throws the first one it meets and drops the rest of the answer.
 * All versions are spoken by Kafka 2.5 to 4.x.
 */
import { requestDefinitions, type WireProtocol } from './kafkajs-internals';
import { WireReader } from './wire-reader';
import { WireWriter } from './wire-writer';

export interface TopicPartitions<P> {
  readonly topic: string;
  readonly partitions: readonly P[];
}

interface PartitionError {
  readonly partition: number;
  readonly errorCode: number;
}

interface ProducerOfTransaction {
  readonly transactionalId: string;
  readonly producerId: string;
  readonly producerEpoch: number;
}

interface MemberOfGroup {
  readonly groupId: string;
  readonly memberId: string;
}

export interface BrokerNode {
  readonly nodeId: number;
  readonly host: string;
  readonly port: number;
}

export interface TopicMetadataAnswer {
  readonly topicErrorCode: number;
  readonly topic: string;
  readonly partitionMetadata: readonly {
    readonly partitionErrorCode: number;
    readonly partitionId: number;
    readonly leader: number;
  }[];
}

/** What each request takes and answers. */
export interface Calls {
  ApiVersions: [
    object,
    {
      readonly errorCode: number;
      readonly apiVersions: readonly {
        readonly apiKey: number;
        readonly minVersion: number;
        readonly maxVersion: number;
      }[];
    },
  ];
  Metadata: [
    { readonly topics: readonly string[]; readonly allowAutoTopicCreation: false },
    {
      readonly brokers: readonly BrokerNode[];
      readonly controllerId: number;
      readonly topicMetadata: readonly TopicMetadataAnswer[];
    },
  ];
  CreateTopics: [
    {
      readonly timeout: number;
      readonly topics: readonly {
        readonly topic: string;
        readonly numPartitions: number;
        readonly replicationFactor: number;
        readonly configEntries: readonly { readonly name: string; readonly value: string }[];
      }[];
    },
    {
      readonly topicErrors: readonly {
        readonly topic: string;
        readonly errorCode: number;
        readonly errorMessage: string | null;
      }[];
    },
  ];
  ListOffsets: [
    {
      /** 0: read-uncommitted; read-committed where absent. */
      readonly isolationLevel?: 0;
      readonly topics: readonly TopicPartitions<{
        readonly partition: number;
        readonly timestamp: number;
      }>[];
    },
    {
      readonly responses: readonly TopicPartitions<PartitionError & { readonly offset: string }>[];
    },
  ];
  FindCoordinator: [
    { readonly groupId: string; readonly coordinatorType: number },
    { readonly errorCode: number; readonly coordinator: BrokerNode },
  ];
  InitProducerId: [
    { readonly transactionalId: string | null; readonly transactionTimeout: number },
    { readonly errorCode: number; readonly producerId: string; readonly producerEpoch: number },
  ];
  AddPartitionsToTxn: [
    ProducerOfTransaction & { readonly topics: readonly TopicPartitions<number>[] },
    {
      readonly errors: readonly {
        readonly topic: string;
        readonly partitionErrors: readonly PartitionError[];
      }[];
    },
  ];
  AddOffsetsToTxn: [
    ProducerOfTransaction & { readonly groupId: string },
    { readonly errorCode: number },
  ];
  TxnOffsetCommit: [
    ProducerOfTransaction & {
      readonly groupId: string;
      readonly topics: readonly TopicPartitions<{
        readonly partition: number;
        readonly offset: number;
        readonly metadata: string | null;
      }>[];
    },
    { readonly topics: readonly TopicPartitions<PartitionError>[] },
  ];
  EndTxn: [
    ProducerOfTransaction & { readonly transactionResult: boolean },
    { readonly errorCode: number },
  ];
  JoinGroup: [
    MemberOfGroup & {
      readonly sessionTimeout: number;
      readonly rebalanceTimeout: number;
      readonly protocolType: string;
      readonly groupProtocols: readonly { readonly name: string; readonly metadata: Buffer }[];
    },
    {
      readonly errorCode: number;
      readonly generationId: number;
      readonly leaderId: string;
      readonly memberId: string;
      readonly members: readonly { readonly memberId: string; readonly memberMetadata: Buffer }[];
    },
  ];
  SyncGroup: [
    MemberOfGroup & {
      readonly generationId: number;
      readonly groupAssignment: readonly {
        readonly memberId: string;
        readonly memberAssignment: Buffer;
      }[];
    },
    { readonly errorCode: number; readonly memberAssignment: Buffer },
  ];
  Heartbeat: [
    MemberOfGroup & { readonly groupGenerationId: number },
    { readonly errorCode: number },
  ];
  LeaveGroup: [MemberOfGroup, { readonly errorCode: number }];
}

export type CallName = keyof Calls;

interface Version {
  readonly apiKey: number;
  readonly version: number;
  /** kafkajs' name, where it is another. */
  readonly definition?: string;
  /** What goes out, where kafkajs knows only the version before, whose bytes are the same. */
  readonly sentAs?: number;
}

const VERSIONS: Readonly<Record<CallName, Version>> = {
  ApiVersions: { apiKey: 18, version: 2 },
  Metadata: { apiKey: 3, version: 6 },
  // Version 4 is the first that takes −1, "as the broker is set", for the replication factor.
  CreateTopics: { apiKey: 19, version: 3, sentAs: 4 },
  ListOffsets: { apiKey: 2, version: 3 },
  FindCoordinator: { apiKey: 10, version: 2, definition: 'GroupCoordinator' },
  InitProducerId: { apiKey: 22, version: 1 },
  AddPartitionsToTxn: { apiKey: 24, version: 1 },
  AddOffsetsToTxn: { apiKey: 25, version: 1 },
  TxnOffsetCommit: { apiKey: 28, version: 1 },
  EndTxn: { apiKey: 26, version: 1 },
  JoinGroup: { apiKey: 11, version: 5 },
  SyncGroup: { apiKey: 14, version: 3 },
  Heartbeat: { apiKey: 12, version: 3 },
  LeaveGroup: { apiKey: 13, version: 3 },
};

/** Every api key with the version we send. */
export const SPOKEN_VERSIONS: readonly (readonly [
  name: string,
  apiKey: number,
  version: number,
])[] = [
  ...Object.entries(VERSIONS).map(
    ([name, { apiKey, version, sentAs }]) => [name, apiKey, sentAs ?? version] as const,
  ),
  ['Produce', 0, 7],
  ['Fetch', 1, 11],
  ['OffsetFetch', 9, 7],
];

export function callProtocol<N extends CallName>(
  name: N,
  parameters: Calls[N][0],
): WireProtocol<Calls[N][1]> {
  const { version, definition, sentAs } = VERSIONS[name];
  const { request, response } = requestDefinitions[definition ?? name]!.protocol({ version })(
    parameters,
  );
  return {
    request: sentAs === undefined ? request : { ...request, apiVersion: sentAs },
    response: { decode: response.decode as (raw: Buffer) => Calls[N][1], parse: (data) => data },
  };
}

export interface OffsetFetchAnswer {
  readonly errorCode: number;
  readonly topics: readonly TopicPartitions<PartitionError & { readonly offset: number }>[];
}

/**
 * OffsetFetch, version 7: kafkajs ends at 4, which answers old positions while a commit's markers are still being
 * written. With "require stable" the broker says so (UNSTABLE_OFFSET_COMMIT) and is asked again.
 */
export function offsetFetchProtocol(
  groupId: string,
  topics: readonly TopicPartitions<number>[],
): WireProtocol<OffsetFetchAnswer> {
  return {
    request: {
      apiKey: 9,
      apiVersion: 7,
      apiName: 'OffsetFetch',
      encode: () => {
        // Flexible versions have tagged fields in the request header too, behind the client id.
        const writer = new WireWriter()
          .noTags()
          .compactString(groupId)
          .uvarint(topics.length + 1);
        for (const { topic, partitions } of topics) {
          writer.compactString(topic).uvarint(partitions.length + 1);
          for (const partition of partitions) writer.int32(partition);
          writer.noTags();
        }
        return writer.int8(1).noTags().payload();
      },
    },
    response: { decode: decodeOffsetFetch, parse: (answer) => answer },
  };
}

function decodeOffsetFetch(raw: Buffer): OffsetFetchAnswer {
  const reader = new WireReader(raw);
  reader.skipTags();
  reader.int32();
  const topics = reader.compactArray(() => {
    const topic = reader.compactString();
    const partitions = reader.compactArray(() => {
      const partition = reader.int32();
      const offset = reader.int64();
      reader.int32();
      reader.compactString();
      const errorCode = reader.int16();
      reader.skipTags();
      return { partition, offset, errorCode };
    });
    reader.skipTags();
    return { topic, partitions };
  });
  return { errorCode: reader.int16(), topics };
}
