/** Where things are: chooses the adapters by the settings. The only place that knows all of them. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Broker } from '../broker/broker';
import { openEmbeddedBroker } from '../broker/embedded-directory';
import { KafkaBroker } from '../broker/kafka/kafka-broker';
import type { Settings } from '../config';
import type { FaultPoint } from '../fault-points';
import type { Logger } from '../logger';
import { ConfluentRegistry } from '../schema-registry/confluent-registry';
import { EmbeddedRegistry } from '../schema-registry/embedded-registry';
import type { SchemaRegistry } from '../schema-registry/schema-registry';

export interface Places {
  readonly broker: Broker;
  readonly registry: SchemaRegistry;
  close(): Promise<void>;
}

/** `asOwner`: to run the streams, not only to look or send. */
export async function connect(
  settings: Settings,
  logger: Logger,
  { asOwner = false, faultPoint }: { asOwner?: boolean; faultPoint?: FaultPoint } = {},
): Promise<Places> {
  const broker =
    settings.brokers.length > 0
      ? await connectKafka(settings, logger, faultPoint)
      : await openEmbeddedBroker(join(settings.data, 'broker'), { asOwner });
  return { broker, registry: openRegistry(settings), close: () => broker.close() };
}

function openRegistry(settings: Settings): SchemaRegistry {
  if (settings.registry === undefined) return EmbeddedRegistry.open(join(settings.data, 'schemas'));
  return new ConfluentRegistry({
    url: settings.registry,
    clientId: settings.clientId,
    username: settings.registryUsername,
    password: settings.registryPassword,
  });
}

function connectKafka(
  settings: Settings,
  logger: Logger,
  faultPoint: FaultPoint | undefined,
): Promise<Broker> {
  return KafkaBroker.connect({
    brokers: settings.brokers,
    clientId: settings.clientId,
    ssl: sslOf(settings),
    sasl: saslOf(settings),
    logger,
    commitMsMax: settings.commitTimeoutMs,
    replicationFactor: settings.replicationFactor,
    faultPoint,
  });
}

function sslOf(settings: Settings) {
  if (!settings.ssl) return undefined;
  const read = (file: string | undefined) =>
    file === undefined ? undefined : readFileSync(file, 'utf8');
  const ca = read(settings.sslCaFile);
  const cert = read(settings.sslCertFile);
  const key = read(settings.sslKeyFile);
  return {
    ...(ca === undefined ? {} : { ca: [ca] }),
    ...(cert === undefined ? {} : { cert }),
    ...(key === undefined ? {} : { key }),
    ...(settings.sslKeyPassphrase === undefined ? {} : { passphrase: settings.sslKeyPassphrase }),
  };
}

function saslOf({ saslMechanism, saslUsername, saslPassword }: Settings) {
  if (saslMechanism === 'none') return undefined;
  return { mechanism: saslMechanism, username: saslUsername!, password: saslPassword! };
}
