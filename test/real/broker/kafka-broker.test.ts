import { brokerContract } from '../../contract/broker-contract';
import { KafkaHarness } from '../../support/kafka/kafka-harness';

// message.max.bytes, 1 MiB and 12 bytes, less what a batch of one keyless record adds to its value.
brokerContract('kafka', () => KafkaHarness.start(), { recordBytesMax: 1_048_588 - 72 });
