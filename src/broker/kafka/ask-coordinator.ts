/**
 * One request to the coordinator of a group or a transaction. The coordinator is looked up once and kept;
 * only an answer (or a silence) that says it has moved makes us ask again.
 */
import type { CoordinatorKind, KafkaCluster, Lane } from './kafka-cluster';
import type { KafkaConnection } from './kafka-connection';
import { failedWith, TransportFailure } from './kafka-failures';
import { before, retrying } from './retrying';

export interface CoordinatorRequest<T> {
  readonly cluster: KafkaCluster;
  readonly lane: Lane;
  readonly kind: CoordinatorKind;
  /** The group id, or the transactional id. */
  readonly key: string;
  /** On the monotonic clock; retried until then. */
  readonly deadlineMs: number;
  /** Of one attempt; the usual request timeout where absent. */
  readonly attemptMs?: number;
  /** Runs between attempts; throws to give up. */
  readonly checkAlive?: () => void;
  /** Sends, and throws a `ProtocolFailure` for an error code. */
  readonly attempt: (connection: KafkaConnection) => Promise<T>;
}

/** COORDINATOR_LOAD_IN_PROGRESS is not among them: the right one says so, and so it does when a step comes early. */
const hasMoved = (error: unknown): boolean =>
  error instanceof TransportFailure ||
  failedWith(error, 'NOT_COORDINATOR', 'COORDINATOR_NOT_AVAILABLE');

export function askCoordinator<T>(request: CoordinatorRequest<T>): Promise<T> {
  const { cluster, kind, key, deadlineMs } = request;
  const beforeRetry = (error: unknown) => {
    cluster.checkOpen();
    request.checkAlive?.();
    if (hasMoved(error)) cluster.forgetCoordinator(kind, key);
  };
  return retrying({ clock: cluster.clock, deadlineMs, beforeRetry }, () => attemptOnce(request));
}

async function attemptOnce<T>(request: CoordinatorRequest<T>): Promise<T> {
  const { cluster, lane, kind, key } = request;
  const { clock, settings } = cluster;
  const attemptMs = request.attemptMs ?? settings.requestTimeoutMs;
  const untilMs = Math.min(request.deadlineMs, clock.monotonicMs() + attemptMs);
  const what = `The coordinator of ${kind} ${key}`;
  let connection: KafkaConnection | undefined;
  const answer = async () => {
    connection = await cluster.node(await cluster.coordinator(kind, key), lane);
    return request.attempt(connection);
  };
  try {
    return await before(clock, untilMs, what, answer());
  } catch (error) {
    // What was not answered may block everything behind it.
    if (error instanceof TransportFailure) connection?.close();
    throw error;
  }
}
