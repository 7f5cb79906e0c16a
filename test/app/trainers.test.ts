import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { javaKafkaSettings } from '../../src/app/java-kafka-settings';
import { sparkSubmitOptions } from '../../src/app/spark-submit-options';
import { requestSettings, type TrainerPlaces, trainerOf } from '../../src/app/trainers';
import { readSettings } from '../../src/config';

const OWN = readSettings({ brokers: 'a:1,b:2', trainer: 'worker-threads' }, {});
const places = (kind: string) => ({ broker: { kind } }) as unknown as TrainerPlaces;

describe('who trains', () => {
  it('is whoever the request names, else the one of this process', () => {
    const named = (trainer: string) => requestSettings(OWN, { trainer, settings: { id: '1' } });
    expect(trainerOf(named(''), OWN, places('kafka')).name).toBe('worker-threads');
    expect(named('spark').trainer).toBe('spark');
  });

  it('takes settings of the training from the request', () => {
    const settings = { id: '1', epochs: '3', 'spark-master': 'spark://host:7077' };
    const own = requestSettings(OWN, { trainer: 'spark', settings });
    expect(own).toMatchObject({ epochs: 3, sparkMaster: 'spark://host:7077' });
  });

  it('is not Spark where topics are embedded', () => {
    expect(() => trainerOf({ ...OWN, trainer: 'spark' }, OWN, places('embedded'))).toThrow(
      expect.objectContaining({ code: 'SPARK_UNAVAILABLE' }),
    );
  });

  it('is nobody where a request names none', () => {
    expect(() => trainerOf({ ...OWN, trainer: 'none' }, OWN, places('kafka'))).toThrow(
      expect.objectContaining({ code: 'SETTING_INVALID' }),
    );
  });
});

describe("Java's client", () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'segue-java-'));
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  const file = (name: string): string => {
    const path = join(folder, name);
    writeFileSync(path, `the ${name}`);
    return path;
  };

  it('is told the brokers', () => {
    expect(javaKafkaSettings(OWN)).toEqual({
      'bootstrap.servers': 'a:1,b:2',
      'security.protocol': 'PLAINTEXT',
    });
  });

  it('gets certificates and keys as text', () => {
    const sslFiles = { sslCaFile: file('ca'), sslCertFile: file('chain'), sslKeyFile: file('key') };
    const environment = { SEGUE_SSL_KEY_PASSPHRASE: 'open' };
    const settings = readSettings({ brokers: 'a:1', ssl: true, ...sslFiles }, environment);
    expect(javaKafkaSettings(settings)).toEqual({
      'bootstrap.servers': 'a:1',
      'security.protocol': 'SSL',
      'ssl.truststore.type': 'PEM',
      'ssl.truststore.certificates': 'the ca',
      'ssl.keystore.type': 'PEM',
      'ssl.keystore.certificate.chain': 'the chain',
      'ssl.keystore.key': 'the key',
      'ssl.key.password': 'open',
    });
  });

  it.each([
    ['plain', 'PLAIN', 'plain.PlainLoginModule'],
    ['scram-sha-512', 'SCRAM-SHA-512', 'scram.ScramLoginModule'],
  ])('logs in by %s, whatever is in the password', (saslMechanism, mechanism, module) => {
    const login = { saslMechanism, saslUsername: 'me' };
    const environment = { SEGUE_SASL_PASSWORD: 'a"b\\c' };
    const settings = readSettings({ brokers: 'a:1', ...login }, environment);
    expect(javaKafkaSettings(settings)).toEqual({
      'bootstrap.servers': 'a:1',
      'security.protocol': 'SASL_PLAINTEXT',
      'sasl.mechanism': mechanism,
      'sasl.jaas.config': `org.apache.kafka.common.security.${module} required username="me" password="a\\"b\\\\c";`,
    });
  });
});

describe('spark-submit', () => {
  const confOf = (options: readonly string[]) =>
    options.filter((_, place) => options[place - 1] === '--conf');

  it('gets whatever --spark-conf says, over the defaults', () => {
    const sparkConf = 'spark.driver.memory=9g,spark.kubernetes.namespace=music=1';
    const settings = readSettings({ sparkMaster: 'k8s://https://host:1', sparkConf }, {});
    const options = sparkSubmitOptions(settings, ['/a.jar', '/b.jar']);
    expect(options.slice(0, 2)).toEqual(['--master', 'k8s://https://host:1']);
    expect(options).toContain('/a.jar,/b.jar');
    expect(confOf(options)).toEqual(
      expect.arrayContaining(['spark.driver.memory=9g', 'spark.kubernetes.namespace=music=1']),
    );
    expect(confOf(options)).not.toContain('spark.driver.memory=2g');
  });

  it('listens on this machine only where nobody else works', () => {
    const local = (sparkMaster: string) =>
      confOf(sparkSubmitOptions(readSettings({ sparkMaster }, {}), [])).includes(
        'spark.driver.bindAddress=127.0.0.1',
      );
    expect(local('local[*]')).toBe(true);
    expect(local('spark://host:7077')).toBe(false);
  });

  it('is told no secret', () => {
    const login = { brokers: 'a:1', saslMechanism: 'plain', saslUsername: 'me' };
    const settings = readSettings(login, { SEGUE_SASL_PASSWORD: 'horse-battery' });
    expect(sparkSubmitOptions(settings, []).join(' ')).not.toContain('horse-battery');
  });
});
