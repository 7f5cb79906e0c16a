/** How Java's Kafka client, inside Spark, reaches the brokers that this process reaches: same addresses, TLS and login. */
import { readFileSync } from 'node:fs';
import type { Settings } from '../config';
import type { KafkaSettings } from '../training/spark/spark-commands';

/** Certificates go along as text (PEM), so that executors need no files. */
export function javaKafkaSettings(settings: Settings): KafkaSettings {
  const { brokers, ssl, saslMechanism } = settings;
  const login = saslMechanism !== 'none';
  const protocol = `${login ? 'SASL_' : ''}${ssl ? 'SSL' : 'PLAINTEXT'}`;
  return {
    'bootstrap.servers': brokers.join(','),
    'security.protocol': protocol,
    ...(ssl ? tls(settings) : {}),
    ...(login ? sasl(settings) : {}),
  };
}

function tls(settings: Settings): Record<string, string> {
  const { sslCaFile, sslCertFile, sslKeyFile, sslKeyPassphrase } = settings;
  const read = (file: string) => readFileSync(file, 'utf8');
  return {
    ...(sslCaFile === undefined
      ? {}
      : { 'ssl.truststore.type': 'PEM', 'ssl.truststore.certificates': read(sslCaFile) }),
    ...(sslCertFile === undefined || sslKeyFile === undefined
      ? {}
      : {
          'ssl.keystore.type': 'PEM',
          'ssl.keystore.certificate.chain': read(sslCertFile),
          'ssl.keystore.key': read(sslKeyFile),
        }),
    ...(sslKeyPassphrase === undefined ? {} : { 'ssl.key.password': sslKeyPassphrase }),
  };
}

function sasl({ saslMechanism, saslUsername, saslPassword }: Settings): Record<string, string> {
  const module = saslMechanism === 'plain' ? 'plain.PlainLoginModule' : 'scram.ScramLoginModule';
  return {
    'sasl.mechanism': saslMechanism.toUpperCase(),
    'sasl.jaas.config':
      `org.apache.kafka.common.security.${module} required ` +
      `username=${quoted(saslUsername!)} password=${quoted(saslPassword!)};`,
  };
}

/** As JAAS reads strings. */
function quoted(text: string): string {
  return `"${text.replace(/[\\"]/g, '\\$&')}"`;
}
