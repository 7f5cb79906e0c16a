/**
 * One connection to one node. A node handles the requests of a connection one after the other, so whoever
 * waits long (a fetch, a group's join) or must not wait (a slot's commit) has connections of his own.
 */
import type { Clock } from '../../clock';
import { SegueError } from '../../errors';
import type { Logger } from '../../logger';
import { ProtocolFailure, TransportFailure } from './kafka-failures';
import { type CallName, type Calls, callProtocol, SPOKEN_VERSIONS } from './kafka-protocols';
import {
  type ApiVersions,
  type KafkaSasl,
  type KafkaSsl,
  RawConnection,
  type RawLogger,
  rawSocketFactory,
  type WireProtocol,
} from './kafkajs-internals';

export interface ConnectionSettings {
  readonly clientId: string;
  readonly connectionTimeoutMs: number;
  readonly requestTimeoutMs: number;
  readonly ssl?: KafkaSsl | undefined;
  readonly sasl?: KafkaSasl | undefined;
  readonly clock: Clock;
  readonly logger: Logger;
}

export interface NodeAddress {
  readonly host: string;
  readonly port: number;
}

const SASL_AUTHENTICATE = 36;
const LOGIN_ERRORS = ['KafkaJSSASLAuthenticationError', 'KafkaJSProtocolError'];
const CLOSED_BY_US = 'closed on our side';

/** kafkajs reports every lost connection as an error; to us that is daily life, which retries take care of. */
function rawLogger(logger: Logger): RawLogger {
  const write = (message: string, extra?: object): void => {
    const { broker, error } = (extra ?? {}) as { broker?: string; error?: string };
    logger.debug(message, { broker, ...(error === undefined ? {} : { reason: error }) });
  };
  // kafkajs' debug lines, two a request, are built from whole answers: never.
  const raw: RawLogger = {
    namespace: () => raw,
    debug: () => {},
    info: write,
    warn: write,
    error: write,
  };
  return raw;
}

/** Kafkajs arms a timer of 1 ms for ever, also when nothing waits and nothing is throttled; 5 to 9 % of a core. */
function stopIdleTimer({ requestQueue }: RawConnection, clock: Clock): void {
  const schedule = requestQueue.scheduleCheckPendingRequests.bind(requestQueue);
  requestQueue.scheduleCheckPendingRequests = () => {
    if (requestQueue.pending.length > 0 || requestQueue.throttledUntil > clock.now()) schedule();
  };
}

export class KafkaConnection {
  readonly #raw: RawConnection;

  private constructor(
    raw: RawConnection,
    readonly address: NodeAddress,
  ) {
    this.#raw = raw;
  }

  /** Throws `TransportFailure`, or BROKER_REFUSED, BROKER_UNSUPPORTED, which no retry can help. */
  static async open(address: NodeAddress, settings: ConnectionSettings): Promise<KafkaConnection> {
    const raw = new RawConnection({
      ...address,
      clientId: settings.clientId,
      connectionTimeout: settings.connectionTimeoutMs,
      requestTimeout: settings.requestTimeoutMs,
      socketFactory: rawSocketFactory,
      ssl: settings.ssl ?? null,
      sasl: settings.sasl ?? null,
      logger: rawLogger(settings.logger),
    });
    stopIdleTimer(raw, settings.clock);
    const connection = new KafkaConnection(raw, address);
    try {
      await connection.#connect();
      return connection;
    } catch (error) {
      connection.close();
      throw error;
    }
  }

  get isConnected(): boolean {
    return this.#raw.isConnected();
  }

  get name(): string {
    return `${this.address.host}:${this.address.port}`;
  }

  async #connect(): Promise<void> {
    try {
      await this.#raw.connect();
      this.#raw.socket?.setNoDelay(true);
    } catch (error) {
      throw new TransportFailure(`Connecting to ${this.name}`, error);
    }
    const { apiVersions, errorCode } = await this.call('ApiVersions', {});
    if (errorCode !== 0) throw new ProtocolFailure(errorCode, `ApiVersions of ${this.name}`);
    const versions: ApiVersions = Object.fromEntries(
      apiVersions.map((version) => [version.apiKey, version]),
    );
    this.#checkVersions(versions);
    this.#raw.setVersions(versions);
    this.#raw.setSupportAuthenticationProtocol(versions[SASL_AUTHENTICATE] !== undefined);
    await this.#authenticate();
  }

  async #authenticate(): Promise<void> {
    try {
      await this.#raw.authenticate();
    } catch (error) {
      const { message, name } = error as Error;
      if (!LOGIN_ERRORS.includes(name))
        throw new TransportFailure(`Logging in to ${this.name}`, error);
      throw new SegueError(
        'BROKER_REFUSED',
        `${this.name} refused the login: ${message}; check --sasl-mechanism, the user and the password.`,
      );
    }
  }

  #checkVersions(versions: ApiVersions): void {
    for (const [name, apiKey, version] of SPOKEN_VERSIONS) {
      const range = versions[apiKey];
      if (range && range.minVersion <= version && version <= range.maxVersion) continue;
      const found = range ? `${range.minVersion} to ${range.maxVersion}` : 'none';
      throw new SegueError(
        'BROKER_UNSUPPORTED',
        `${this.name}: expected version ${version} of ${name}, the broker offers ${found}; ` +
          'Kafka 2.5 to 4.x are supported.',
      );
    }
  }

  call<N extends CallName>(name: N, parameters: Calls[N][0]): Promise<Calls[N][1]> {
    return this.send(callProtocol(name, parameters));
  }

  async send<T>(protocol: WireProtocol<T>): Promise<T> {
    try {
      return await this.#raw.send({ ...protocol, logResponseError: false });
    } catch (error) {
      const { name, message } = error as Error;
      // Anything else, such as an answer that could not be decoded, no retry can help.
      if (!name.startsWith('KafkaJS') && message !== CLOSED_BY_US) throw error;
      throw new TransportFailure(`${protocol.request.apiName} to ${this.name}`, error);
    }
  }

  /** Pending requests fail at once; the socket is not waited for. */
  close(): void {
    this.#raw.rejectRequests(new Error(CLOSED_BY_US));
    void Promise.resolve(this.#raw.disconnect()).catch(() => {});
    this.#raw.socket?.destroy();
  }
}
