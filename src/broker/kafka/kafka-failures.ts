/**
 * What can go wrong between us and a broker, before it becomes one of our own errors: an answer with an
 * error code, or no answer. Everything in this folder throws these; the public methods translate.
 */
import { type ErrorCode, SegueError } from '../../errors';

/** Kafka's error codes that are told apart; others are printed as numbers. */
export const KAFKA_CODES = {
  OFFSET_OUT_OF_RANGE: 1,
  CORRUPT_MESSAGE: 2,
  UNKNOWN_TOPIC_OR_PARTITION: 3,
  LEADER_NOT_AVAILABLE: 5,
  NOT_LEADER_OR_FOLLOWER: 6,
  REQUEST_TIMED_OUT: 7,
  BROKER_NOT_AVAILABLE: 8,
  REPLICA_NOT_AVAILABLE: 9,
  MESSAGE_TOO_LARGE: 10,
  NETWORK_EXCEPTION: 13,
  COORDINATOR_LOAD_IN_PROGRESS: 14,
  COORDINATOR_NOT_AVAILABLE: 15,
  NOT_COORDINATOR: 16,
  INVALID_TOPIC: 17,
  RECORD_LIST_TOO_LARGE: 18,
  NOT_ENOUGH_REPLICAS: 19,
  NOT_ENOUGH_REPLICAS_AFTER_APPEND: 20,
  ILLEGAL_GENERATION: 22,
  UNKNOWN_MEMBER_ID: 25,
  INVALID_SESSION_TIMEOUT: 26,
  REBALANCE_IN_PROGRESS: 27,
  TOPIC_AUTHORIZATION_FAILED: 29,
  GROUP_AUTHORIZATION_FAILED: 30,
  CLUSTER_AUTHORIZATION_FAILED: 31,
  TOPIC_ALREADY_EXISTS: 36,
  INVALID_REPLICATION_FACTOR: 38,
  NOT_CONTROLLER: 41,
  OUT_OF_ORDER_SEQUENCE_NUMBER: 45,
  DUPLICATE_SEQUENCE_NUMBER: 46,
  INVALID_PRODUCER_EPOCH: 47,
  INVALID_TXN_STATE: 48,
  INVALID_PRODUCER_ID_MAPPING: 49,
  CONCURRENT_TRANSACTIONS: 51,
  TRANSACTIONAL_ID_AUTHORIZATION_FAILED: 53,
  KAFKA_STORAGE_ERROR: 56,
  SASL_AUTHENTICATION_FAILED: 58,
  UNKNOWN_PRODUCER_ID: 59,
  FENCED_LEADER_EPOCH: 74,
  UNKNOWN_LEADER_EPOCH: 75,
  OFFSET_NOT_AVAILABLE: 78,
  MEMBER_ID_REQUIRED: 79,
  UNSTABLE_OFFSET_COMMIT: 88,
  PRODUCER_FENCED: 90,
} as const;

const NAMES = new Map<number, string>(
  Object.entries(KAFKA_CODES).map(([name, code]) => [code, name]),
);

const codes = (...names: (keyof typeof KAFKA_CODES)[]): ReadonlySet<number> =>
  new Set(names.map((name) => KAFKA_CODES[name]));

/** Trying again, with fresh knowledge of who leads what, can succeed. */
const TRANSIENT = codes(
  ...(['CORRUPT_MESSAGE', 'UNKNOWN_TOPIC_OR_PARTITION', 'LEADER_NOT_AVAILABLE'] as const),
  ...(['NOT_LEADER_OR_FOLLOWER', 'REQUEST_TIMED_OUT', 'BROKER_NOT_AVAILABLE'] as const),
  ...(['REPLICA_NOT_AVAILABLE', 'NETWORK_EXCEPTION', 'COORDINATOR_LOAD_IN_PROGRESS'] as const),
  ...(['COORDINATOR_NOT_AVAILABLE', 'NOT_COORDINATOR', 'NOT_ENOUGH_REPLICAS'] as const),
  ...(['NOT_ENOUGH_REPLICAS_AFTER_APPEND', 'NOT_CONTROLLER', 'CONCURRENT_TRANSACTIONS'] as const),
  ...(['KAFKA_STORAGE_ERROR', 'FENCED_LEADER_EPOCH', 'UNKNOWN_LEADER_EPOCH'] as const),
  // Also said while brokers are away for a moment: those that are fenced or not registered do not count.
  ...(['OFFSET_NOT_AVAILABLE', 'UNSTABLE_OFFSET_COMMIT', 'INVALID_REPLICATION_FACTOR'] as const),
);
const FENCED = codes('INVALID_PRODUCER_EPOCH', 'PRODUCER_FENCED');
const TOO_LARGE = codes('MESSAGE_TOO_LARGE', 'RECORD_LIST_TOO_LARGE');
const REFUSED = codes(
  ...(['TOPIC_AUTHORIZATION_FAILED', 'GROUP_AUTHORIZATION_FAILED'] as const),
  ...(['CLUSTER_AUTHORIZATION_FAILED', 'TRANSACTIONAL_ID_AUTHORIZATION_FAILED'] as const),
  ...(['SASL_AUTHENTICATION_FAILED', 'INVALID_TOPIC', 'INVALID_SESSION_TIMEOUT'] as const),
  'INVALID_REPLICATION_FACTOR',
);

/** An answer that carries an error code. */
export class ProtocolFailure extends Error {
  constructor(
    readonly code: number,
    what: string,
  ) {
    super(`${what}: ${NAMES.get(code) ?? 'error'} (${code})`);
    this.name = 'ProtocolFailure';
  }
}

/** No answer: not connected, connection lost, or too late. */
export class TransportFailure extends Error {
  constructor(what: string, cause?: unknown) {
    super(cause instanceof Error ? `${what}: ${cause.message}` : what, { cause });
    this.name = 'TransportFailure';
  }
}

export function checkCode(code: number, what: string): void {
  if (code !== 0) throw new ProtocolFailure(code, what);
}

export function failedWith(error: unknown, ...names: (keyof typeof KAFKA_CODES)[]): boolean {
  return error instanceof ProtocolFailure && codes(...names).has(error.code);
}

export function isTransient(error: unknown): boolean {
  if (error instanceof TransportFailure) return true;
  return error instanceof ProtocolFailure && TRANSIENT.has(error.code);
}

/** What we know of a topic's leaders may be old; other passing failures say nothing against it. */
export const showsOldLeaders = (error: unknown): boolean =>
  error instanceof TransportFailure ||
  failedWith(
    error,
    ...(['UNKNOWN_TOPIC_OR_PARTITION', 'LEADER_NOT_AVAILABLE', 'NOT_LEADER_OR_FOLLOWER'] as const),
    ...(['REPLICA_NOT_AVAILABLE', 'KAFKA_STORAGE_ERROR', 'FENCED_LEADER_EPOCH'] as const),
    'UNKNOWN_LEADER_EPOCH',
  );

export const isFenced = (error: unknown): boolean =>
  error instanceof ProtocolFailure && FENCED.has(error.code);

export const isTooLarge = (error: unknown): boolean =>
  error instanceof ProtocolFailure && TOO_LARGE.has(error.code);

function codeOf(error: unknown): ErrorCode {
  if (isFenced(error)) return 'BROKER_FENCED';
  if (isTooLarge(error)) return 'BROKER_RECORD_TOO_LARGE';
  if (failedWith(error, 'UNKNOWN_TOPIC_OR_PARTITION')) return 'TOPIC_MISSING';
  if (error instanceof ProtocolFailure && REFUSED.has(error.code)) return 'BROKER_REFUSED';
  return 'BROKER_UNREACHABLE';
}

/** Our own error for what came; errors that are ours already pass, and so do programmers' errors. */
export function toSegueError(error: unknown, what: string): Error {
  if (!(error instanceof ProtocolFailure || error instanceof TransportFailure))
    return error instanceof Error ? error : new Error(String(error));
  return new SegueError(codeOf(error), `${what} did not succeed: ${error.message}`, {
    cause: error,
    retriable: isTransient(error),
  });
}
