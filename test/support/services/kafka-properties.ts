/** Settings of a test broker: small, quick to start, quick to notice death, loopback only. */

export interface KafkaNode {
  readonly id: number;
  readonly port: number;
  readonly controllerPort: number;
  /** A further listener with TLS and a login by name and password. */
  readonly secured?: SecuredListener | undefined;
  readonly doors?: readonly Door[] | undefined;
}

/** A further plain listener that tells clients to come by another port, such as a proxy's. */
export interface Door {
  readonly port: number;
  readonly advertisedPort: number;
}

export interface SecuredListener {
  readonly port: number;
  /** PKCS12 file with the broker's key. */
  readonly keystore: string;
  readonly keystorePassword: string;
  readonly user: string;
  readonly password: string;
}

function securedSettings(secured: SecuredListener): Record<string, string> {
  const login = 'org.apache.kafka.common.security.plain.PlainLoginModule';
  return {
    'sasl.enabled.mechanisms': 'PLAIN',
    'listener.name.sasl_ssl.plain.sasl.jaas.config': `${login} required user_${secured.user}="${secured.password}";`,
    'ssl.keystore.location': secured.keystore,
    'ssl.keystore.password': secured.keystorePassword,
    'ssl.keystore.type': 'PKCS12',
  };
}

export function kafkaProperties(
  node: KafkaNode,
  nodes: readonly KafkaNode[],
  extra: Readonly<Record<string, string>>,
): string {
  const replicas = String(Math.min(nodes.length, 3));
  const replicasMin = nodes.length >= 3 ? '2' : '1';
  const doors = node.doors ?? [];
  const secured = node.secured ? `,SASL_SSL://127.0.0.1:${node.secured.port}` : '';
  const doorsAt = (portOf: (door: Door) => number) =>
    doors.map((door, index) => `,DOOR${index}://127.0.0.1:${portOf(door)}`).join('');
  const settings: Record<string, string> = {
    'process.roles': 'broker,controller',
    'node.id': String(node.id),
    'controller.quorum.voters': nodes
      .map((each) => `${each.id}@127.0.0.1:${each.controllerPort}`)
      .join(','),
    listeners: `PLAINTEXT://127.0.0.1:${node.port},CONTROLLER://127.0.0.1:${node.controllerPort}${secured}${doorsAt(({ port }) => port)}`,
    'advertised.listeners': `PLAINTEXT://127.0.0.1:${node.port}${secured}${doorsAt(({ advertisedPort }) => advertisedPort)}`,
    'inter.broker.listener.name': 'PLAINTEXT',
    'controller.listener.names': 'CONTROLLER',
    'listener.security.protocol.map': [
      ...['CONTROLLER:PLAINTEXT', 'PLAINTEXT:PLAINTEXT', 'SASL_SSL:SASL_SSL'],
      ...doors.map((_door, index) => `DOOR${index}:PLAINTEXT`),
    ].join(','),
    'log.dirs': 'data',
    'default.replication.factor': replicas,
    'min.insync.replicas': replicasMin,
    'offsets.topic.replication.factor': replicas,
    'offsets.topic.num.partitions': '1',
    'transaction.state.log.replication.factor': replicas,
    'transaction.state.log.min.isr': replicasMin,
    'transaction.state.log.num.partitions': '1',
    'share.coordinator.state.topic.replication.factor': replicas,
    'share.coordinator.state.topic.min.isr': replicasMin,
    'group.initial.rebalance.delay.ms': '0',
    'group.min.session.timeout.ms': '1000',
    // After a kill -9 the dead registration must expire before the restarted broker is taken in.
    'broker.session.timeout.ms': '1000',
    'broker.heartbeat.interval.ms': '200',
    'log.cleaner.dedupe.buffer.size': '2097152',
    'log.cleaner.threads': '1',
    'log.cleaner.backoff.ms': '500',
    'log.initial.task.delay.ms': '500',
    'log.retention.check.interval.ms': '1000',
    'log.segment.delete.delay.ms': '1000',
    'auto.create.topics.enable': 'false',
    'num.network.threads': '2',
    'num.io.threads': '2',
    ...(node.secured ? securedSettings(node.secured) : {}),
    ...extra,
  };
  return `${Object.entries(settings)
    .map(([name, value]) => `${name}=${value}`)
    .join('\n')}\n`;
}
