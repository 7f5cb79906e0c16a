/**
 * Every operating error has a code from this one table; README lists exactly these (a test compares).
 *
 * Three kinds of failure are kept apart: a bad record is data (a dead letter, never an exception),
 * an operating error is a `SegueError`, a programmer's error is a failed `assert`.
 */

/** code → what happened, in one sentence, and what to do about it. */
export const ERROR_CODES = {
  BROKER_UNREACHABLE: 'No broker answered at the given address; check --brokers and that it runs.',
  BROKER_FENCED:
    'Another process has taken this slot over; this one lets go and waits for the group.',
  BROKER_COMMIT_IN_DOUBT:
    'The answer to a commit was lost; the slot is taken over again to learn the truth.',
  BROKER_OFFSET_OUT_OF_RANGE:
    'A wanted offset is not in the partition any more; records were lost to retention.',
  BROKER_RECORD_TOO_LARGE: 'A record exceeds the largest size the topic takes.',
  BROKER_RECORDS_UNREADABLE:
    'A record batch is damaged, or compressed in a way that is not read (none and gzip are).',
  BROKER_REFUSED:
    'The broker refused the login or the operation; check the TLS and SASL settings and the ACLs.',
  BROKER_UNSUPPORTED:
    'The broker does not speak a protocol version that is needed (Kafka 2.5 to 4.x do).',
  BROKER_CLOSED: 'The broker connection was used after it was closed.',
  BROKER_NOT_OWNER:
    'Only the process that runs the embedded broker can do this; others share it for reading and writing.',
  TOPIC_MISSING:
    'A topic does not exist; start `segue run` once, or create it with the printed settings.',
  TOPIC_PARTITIONS_DIFFER:
    'A topic has another number of partitions than the application; it can never change under it.',
  STORE_LOCKED: 'Another process has this directory open.',
  STORE_CORRUPT: 'A local store could not be read; it is wiped and restored from its topics.',
  STORE_UNWRITABLE:
    'A local store could not be written, such as on a full disk; the slot tries again until it can.',
  SLOT_POSITIONS_DISAGREE:
    'The last commit record and the committed offsets differ; the slot stops, both are printed.',
  SCHEMA_INCOMPATIBLE: 'The registry refuses a schema as incompatible with its earlier versions.',
  REGISTRY_UNREACHABLE: 'The schema registry does not answer; check --registry.',
  HTTP_ADDRESS_UNAVAILABLE:
    'The HTTP address is taken, or none of this machine; choose another port or host.',
  SETTING_INVALID: 'A setting has a value that it cannot take.',
  MODEL_UNUSABLE:
    'A generation cannot be served: blocks missing, changed, or under a rule unknown here; retrain.',
  MODEL_UNKNOWN: 'There is no such generation, or its factors are not kept any more.',
  TRAINING_IMPOSSIBLE:
    'Nothing is left to learn from after the filters; send more listens or lower them.',
  TRAINING_DIVERGED:
    'What is learnt is not a finite number any more; lower the learning rate, or scale the input to about 1.',
  MEMORY_EXCEEDED:
    'Interactions and factors do not fit into one process; use the Spark trainer or fewer factors.',
  SPARK_UNAVAILABLE:
    'Spark cannot be used here: it needs Kafka (--brokers), and Python, Java 17 and Maven to install itself once.',
  SPARK_JOB_FAILED:
    'A retrain on Spark ended without a result; nothing of it counts. Look at its last lines in the log.',
  MATRIX_SINGULAR:
    'A normal equation has no unique solution; raise lambda, or check the factors for NaN.',
  INPUT_UNREADABLE: 'An input file cannot be read as what it should be.',
} as const;

export type ErrorCode = keyof typeof ERROR_CODES;

export interface SegueErrorOptions {
  readonly cause?: unknown;
  /** True where trying again later can succeed without anybody changing anything. */
  readonly retriable?: boolean;
}

/** An operating error. `message` says what was expected, what came and what to do. */
export class SegueError extends Error {
  readonly retriable: boolean;

  constructor(
    readonly code: ErrorCode,
    message: string,
    options: SegueErrorOptions = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'SegueError';
    this.retriable = options.retriable ?? false;
  }
}

/** True where `error` is an operating error with this code. */
export function hasCode(error: unknown, code: ErrorCode): error is SegueError {
  return error instanceof SegueError && error.code === code;
}
