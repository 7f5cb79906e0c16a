/**
 * What the program says to the people who run it: the port, and pino behind it.
 *
 * On a terminal lines are made to be read, elsewhere each is one JSON object. Both go to standard error, since
 * standard output belongs to what a command was asked for. Nothing that looks like a secret is ever written:
 * fields are cleaned here, whoever logs them and however deep they lie.
 */
import pino from 'pino';
import { type Clock, systemClock } from './clock';

export const LOG_LEVELS = ['silent', 'error', 'warn', 'info', 'debug'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];
export type LogFields = Readonly<Record<string, unknown>>;

export interface Logger {
  debug(message: string, fields?: LogFields): void;
  info(message: string, fields?: LogFields): void;
  warn(message: string, fields?: LogFields): void;
  /** Put the error itself under `error`: its code, message, stack and causes are written. */
  error(message: string, fields?: LogFields): void;
  /** A logger that adds `fields` to every line. */
  child(fields: LogFields): Logger;
}

export const noLogger: Logger = {
  debug() {},
  info() {},
  warn() {},
  error() {},
  child: () => noLogger,
};

/** Where finished lines go, each with its newline. */
export interface LogOutput {
  write(line: string): void;
}

export interface PinoLoggerOptions {
  readonly level?: LogLevel;
  /** Readable lines instead of JSON; where absent, as standard error is a terminal or not. */
  readonly readable?: boolean;
  /** Standard error where absent. */
  readonly output?: LogOutput;
  readonly clock?: Clock;
}

export function pinoLogger(options: PinoLoggerOptions = {}): Logger {
  const clock = options.clock ?? systemClock;
  const output = options.output ?? { write: (line: string) => process.stderr.write(line) };
  const readable = options.readable ?? process.stderr.isTTY === true;
  return new PinoLogger(
    pino(
      {
        level: options.level ?? 'info',
        base: null,
        timestamp: () => `,"time":"${new Date(clock.now()).toISOString()}"`,
        formatters: { level: (level) => ({ level }) },
        serializers: { error: (error: unknown) => error },
      },
      readable ? { write: (line: string) => output.write(toReadable(line)) } : output,
    ),
  );
}

class PinoLogger implements Logger {
  constructor(private readonly inner: pino.Logger) {}

  debug(message: string, fields?: LogFields): void {
    this.write('debug', message, fields);
  }

  info(message: string, fields?: LogFields): void {
    this.write('info', message, fields);
  }

  warn(message: string, fields?: LogFields): void {
    this.write('warn', message, fields);
  }

  error(message: string, fields?: LogFields): void {
    this.write('error', message, fields);
  }

  child(fields: LogFields): Logger {
    return new PinoLogger(this.inner.child(cleanFields(fields)));
  }

  private write(level: 'debug' | 'info' | 'warn' | 'error', message: string, fields?: LogFields) {
    if (!this.inner.isLevelEnabled(level)) return;
    if (fields === undefined) this.inner[level](message);
    else this.inner[level](cleanFields(fields), message);
  }
}

const SECRET =
  /^(sasl|ssl|tls|.*(password|passphrase|secret|authorization|token|private_?key).*)$/i;
const URL_WITH_PASSWORD = /([a-z][a-z0-9+.-]*:\/\/[^\s:/@]*):[^\s/@]*@/gi;
const DEPTH_MAX = 6;
const ELEMENTS_MAX = 100;

function cleanFields(fields: LogFields): Record<string, unknown> {
  return clean(fields, 0) as Record<string, unknown>;
}

/** Keeps what is plain data, to a bounded depth and length; hides what a secret's name or URL holds. */
function clean(value: unknown, depth: number): unknown {
  if (typeof value === 'string') return value.replace(URL_WITH_PASSWORD, '$1:***@');
  if (typeof value === 'bigint') return value.toString();
  if (typeof value !== 'object' || value === null) return value;
  if (depth >= DEPTH_MAX) return '…';
  if (value instanceof Error) return cleanError(value, depth);
  if (value instanceof Date) return value.toISOString();
  if (ArrayBuffer.isView(value)) return `${value.byteLength} bytes`;
  if (value instanceof Map) return clean(Object.fromEntries(value), depth);
  if (value instanceof Set || Array.isArray(value))
    return Array.from(value as Iterable<unknown>)
      .slice(0, ELEMENTS_MAX)
      .map((element) => clean(element, depth + 1));
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => [
      key,
      SECRET.test(key) && inner !== undefined && typeof inner !== 'boolean'
        ? '***'
        : clean(inner, depth + 1),
    ]),
  );
}

/** Not every property of an error: those of clients hold whole configurations. */
function cleanError(error: Error & { code?: unknown }, depth: number): Record<string, unknown> {
  return {
    name: error.name,
    ...(error.code === undefined ? {} : { code: clean(error.code, depth + 1) }),
    message: clean(error.message, depth),
    stack: clean(error.stack, depth),
    ...(error.cause === undefined ? {} : { cause: clean(error.cause, depth + 1) }),
  };
}

function toReadable(line: string): string {
  const { level, time, msg, ...fields } = JSON.parse(line) as Record<string, unknown>;
  const { error, ...others } = fields as { error?: { stack?: string } };
  const parts = Object.entries(others).map(
    ([key, value]) => `${key}=${typeof value === 'string' ? value : JSON.stringify(value)}`,
  );
  const stack = error === undefined ? '' : `\n${error.stack ?? JSON.stringify(error)}`;
  const clockTime = String(time).slice(11, 23);
  return `${[clockTime, String(level).padEnd(5), String(msg ?? ''), ...parts].join(' ')}${stack}\n`;
}
