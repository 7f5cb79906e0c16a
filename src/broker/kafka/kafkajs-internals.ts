/**
 * The parts of kafkajs this adapter stands on, and the one place that imports it: its connection (TLS, SASL,
 * framing, request timeouts) and its encodings of the small requests. Its consumer, producer, retries and
 * record codecs are not used: they leak aborted records, hang on compacted partitions, reset offsets by
 * themselves and retry with settings that cannot be reached (each has a test in test/real/broker).
 *
 * These files are not kafkajs' public interface, so each is pinned by its SHA-256: another version fails
 * here, loudly, instead of somewhere else, quietly.
 */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { ConnectionOptions } from 'node:tls';
import type { SASLOptions } from 'kafkajs';

export type KafkaSsl = boolean | ConnectionOptions;
export type KafkaSasl = SASLOptions;

/** What kafkajs calls an encoder, as far as sending needs it. */
export interface WirePayload {
  readonly buf: Buffer;
  readonly buffer: Buffer;
  size(): number;
}

export interface WireRequest {
  readonly apiKey: number;
  readonly apiVersion: number;
  readonly apiName: string;
  encode(): Promise<WirePayload> | WirePayload;
}

export interface WireResponse<T> {
  decode(raw: Buffer): Promise<T> | T;
  parse(data: T): Promise<T> | T;
}

export interface WireProtocol<T> {
  readonly request: WireRequest;
  readonly response: WireResponse<T>;
}

export type ApiVersions = Readonly<
  Record<number, { readonly minVersion: number; readonly maxVersion: number }>
>;

/** kafkajs' connection, as far as it is used. */
export interface RawConnection {
  connect(): Promise<unknown>;
  authenticate(): Promise<void>;
  disconnect(): Promise<unknown>;
  isConnected(): boolean;
  setVersions(versions: ApiVersions): void;
  setSupportAuthenticationProtocol(supported: boolean): void;
  send<T>(protocol: WireProtocol<T> & { readonly logResponseError: boolean }): Promise<T>;
  rejectRequests(error: Error): void;
  readonly requestQueue: {
    readonly pending: readonly unknown[];
    readonly throttledUntil: number;
    scheduleCheckPendingRequests(): void;
  };
  readonly socket?: { destroy(): void; setNoDelay(on: boolean): void };
}

export interface RawConnectionOptions {
  readonly host: string;
  readonly port: number;
  readonly clientId: string;
  readonly connectionTimeout: number;
  readonly requestTimeout: number;
  readonly socketFactory: unknown;
  readonly ssl: KafkaSsl | null;
  readonly sasl: KafkaSasl | null;
  readonly logger: RawLogger;
}

type LogLine = (message: string, extra?: object) => void;

export interface RawLogger {
  readonly namespace: () => RawLogger;
  readonly debug: LogLine;
  readonly info: LogLine;
  readonly warn: LogLine;
  readonly error: LogLine;
}

interface RequestDefinition {
  protocol(choice: { readonly version: number }): (parameters: object) => WireProtocol<object>;
}

const PINNED = {
  'network/connection.js': '2a993b2e74421ca6d846efd59e4ba74b11100dbe7d40d0f52ea3218e917aafdd',
  'network/requestQueue/index.js':
    'b55986089c14f8f7bfc377922e2e65b3e4c1e7c7af2752d3b10a75dfe9e9260c',
  'network/requestQueue/socketRequest.js':
    'dde28f8e26c6d17fe3383c60b2bfce27f4790ee4552ca7e73e78fdce30c6bf1d',
  'network/socketFactory.js': '1493fc580263350fdbe75fa633b6df70f39d4b11d0520b45243cb1df45168577',
  'protocol/request.js': '2270900ca6474026c11957fe71ac586881985460ed2554db22ad8870dcaff634',
  'protocol/requests/index.js': 'fd26a30565d7f0c14883140b7f4edadc42f34278a5f40084009b940c858ea2fd',
} as const;

export type PinnedFile = keyof typeof PINNED;

/** Throws where `content` is not what this adapter was written against. */
export function checkPinned(file: PinnedFile, content: Buffer): void {
  const found = createHash('sha256').update(content).digest('hex');
  if (found === PINNED[file]) return;
  throw new Error(
    `kafkajs/src/${file}: expected SHA-256 ${PINNED[file]} (kafkajs 2.2.4), found ${found}; ` +
      'install the version of package-lock.json, or read the new file and pin it.',
  );
}

function load<T>(file: PinnedFile): T {
  const path = require.resolve(`kafkajs/src/${file}`);
  checkPinned(file, readFileSync(path));
  return require(path) as T;
}

// Pinned for what connection.js makes of them.
load('network/requestQueue/index.js');
load('network/requestQueue/socketRequest.js');
load('protocol/request.js');

export const RawConnection =
  load<new (options: RawConnectionOptions) => RawConnection>('network/connection.js');

export const requestDefinitions = load<{
  readonly requests: Readonly<Record<string, RequestDefinition>>;
}>('protocol/requests/index.js').requests;

export const rawSocketFactory = load<() => unknown>('network/socketFactory.js')();
