/** A broker that speaks TLS and wants a login, with a certificate made for it. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePorts } from './free-ports';
import { type KafkaService, startKafka } from './kafka-service';

export interface SecuredKafka {
  readonly service: KafkaService;
  /** Of the listener with TLS and a login. */
  readonly address: string;
  /** PEM of the authority to trust, and a file of it. */
  readonly certificate: string;
  readonly certificateFile: string;
  stop(): Promise<void>;
}

export async function startSecuredKafka(user: string, password: string): Promise<SecuredKafka> {
  const directory = mkdtempSync(join(tmpdir(), 'segue-secured-'));
  const keystore = join(directory, 'broker.p12');
  const certificate = makeKey(keystore, 'store-password');
  const certificateFile = join(directory, 'broker.pem');
  writeFileSync(certificateFile, certificate);
  const [port] = await freePorts(1);
  const secured = { port: port!, keystore, keystorePassword: 'store-password', user, password };
  const service = await startKafka({ secured });
  return {
    service,
    address: `127.0.0.1:${port}`,
    certificate,
    certificateFile,
    stop: async () => {
      await service.stop();
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

function makeKey(keystore: string, storePassword: string): string {
  const store = ['-keystore', keystore, '-storetype', 'PKCS12', '-storepass', storePassword];
  const keytool = (...parameters: string[]) =>
    execFileSync('keytool', [...parameters, '-alias', 'broker', ...store], {
      encoding: 'utf8',
      stdio: 'pipe',
    });
  keytool(
    ...['-genkeypair', '-keyalg', 'EC', '-groupname', 'secp256r1', '-validity', '1'],
    ...['-dname', 'CN=127.0.0.1', '-ext', 'san=ip:127.0.0.1'],
  );
  return keytool('-exportcert', '-rfc');
}
