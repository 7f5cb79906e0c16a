/**
 * The HTTP side of a process: node:http, two verbs, four paths, everything bounded. It answers this machine only,
 * unless another address is set, since nothing here asks for a password.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { type Clock, systemClock } from '../clock';
import { SegueError } from '../errors';
import { type Logger, noLogger } from '../logger';
import { type Meter, noMeter } from '../telemetry/meter';
import { type Answer, answer, fault, type Queries } from './routes';

const HEADER_BYTES_MAX = 16 * 1024;
const CONNECTIONS_MAX = 256;
const REQUESTS_OPEN_MAX = 64;
const ANSWER_MS_MAX = 10_000;

export interface ServerParts {
  readonly queries: Queries;
  readonly meter?: Meter;
  readonly logger?: Logger;
  readonly clock?: Clock;
}

export interface RunningServer {
  /** Such as http://127.0.0.1:9464. */
  readonly url: string;
  readonly port: number;
  /** Takes nothing new, lets open requests finish, cuts them off after `graceMs` (default 5 s). */
  close(graceMs?: number): Promise<void>;
}

/** Builds the server; nobody can reach it before `listen`. */
export function buildServer(parts: ServerParts): Server {
  const handler = new RequestHandler(parts);
  const server: Server = createServer(
    {
      maxHeaderSize: HEADER_BYTES_MAX,
      headersTimeout: 10_000,
      requestTimeout: 15_000,
      keepAliveTimeout: 20_000,
      connectionsCheckingInterval: 5000,
    },
    (request, response) => void handler.handle(request, response, server),
  );
  server.maxConnections = CONNECTIONS_MAX;
  server.on('clientError', refuseUnreadable);
  return server;
}

/**
 * Starts to listen. Port 0 takes any free one. Throws HTTP_ADDRESS_UNAVAILABLE where the address is taken or is
 * none of this machine.
 */
export async function listen(
  server: Server,
  { host, port, clock = systemClock }: { host: string; port: number; clock?: Clock },
): Promise<RunningServer> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', (cause: NodeJS.ErrnoException) => reject(unavailable(host, port, cause)));
    server.listen({ host, port }, resolve);
  });
  server.removeAllListeners('error');
  const address = server.address() as AddressInfo;
  const name = address.family === 'IPv6' ? `[${address.address}]` : address.address;
  return {
    url: `http://${name}:${address.port}`,
    port: address.port,
    close: (graceMs = 5000) => close(server, graceMs, clock),
  };
}

function close(server: Server, graceMs: number, clock: Clock): Promise<void> {
  return new Promise((resolve) => {
    const cut = clock.schedule(graceMs, () => server.closeAllConnections());
    server.close(() => {
      cut.cancel();
      resolve();
    });
    server.closeIdleConnections();
  });
}

function unavailable(host: string, port: number, cause: NodeJS.ErrnoException): SegueError {
  return new SegueError(
    'HTTP_ADDRESS_UNAVAILABLE',
    `Expected to listen on ${host}:${port}, but ${cause.code ?? cause.message} came; ` +
      'choose another --http-port (0: any free one) or --http-host.',
    { cause },
  );
}

class RequestHandler {
  private readonly queries: Queries;
  private readonly meter: Meter;
  private readonly logger: Logger;
  private readonly clock: Clock;
  private open = 0;

  constructor({ queries, meter, logger, clock }: ServerParts) {
    this.queries = queries;
    this.meter = meter ?? noMeter;
    this.logger = logger ?? noLogger;
    this.clock = clock ?? systemClock;
  }

  async handle(request: IncomingMessage, response: ServerResponse, server: Server): Promise<void> {
    const start = this.clock.monotonicMs();
    const answered = await this.answerTo(request);
    // A kept-alive connection would hold up a server that is closing until it times out.
    if (!server.listening) response.shouldKeepAlive = false;
    write(request, response, answered);
    const { route, status } = answered;
    const seconds = (this.clock.monotonicMs() - start) / 1000;
    this.meter.count('segue_http_requests_total', { route, status });
    this.meter.observe('segue_http_request_duration_seconds', { route }, seconds);
  }

  private async answerTo(request: IncomingMessage): Promise<Answer> {
    const { method = '', url = '' } = request;
    if (hasBody(request)) return fault('unknown', 413, 'Requests with a body are not taken.');
    if (this.open >= REQUESTS_OPEN_MAX)
      return fault(
        'unknown',
        503,
        `${this.open} requests are open already; try again in a moment.`,
      );
    this.open += 1;
    try {
      return await this.inTime(answer({ method, url }, this.queries));
    } catch (error) {
      this.logger.error('a request failed', { method, url, error });
      return fault('unknown', 500, 'The answer could not be given; the log says why.');
    } finally {
      this.open -= 1;
    }
  }

  private inTime(answering: Promise<Answer>): Promise<Answer> {
    return new Promise((resolve, reject) => {
      const timer = this.clock.schedule(ANSWER_MS_MAX, () =>
        resolve(fault('unknown', 504, `No answer within ${ANSWER_MS_MAX} ms.`)),
      );
      answering.then(resolve, reject).finally(() => timer.cancel());
    });
  }
}

function hasBody({ headers }: IncomingMessage): boolean {
  return headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0;
}

function write(request: IncomingMessage, response: ServerResponse, answered: Answer): void {
  // What was sent as a body is never read: the connection ends with this answer.
  const closing = hasBody(request) ? { connection: 'close' } : {};
  response.writeHead(answered.status, {
    'content-type': answered.contentType,
    'content-length': Buffer.byteLength(answered.body),
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
    ...answered.headers,
    ...closing,
  });
  response.end(request.method === 'HEAD' ? undefined : answered.body);
}

/** For what is no HTTP, or more of it than we take. */
function refuseUnreadable(error: NodeJS.ErrnoException, socket: Socket): void {
  if (error.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy();
    return;
  }
  const tooLarge = error.code === 'HPE_HEADER_OVERFLOW';
  const { status, body, contentType } = tooLarge
    ? fault('unknown', 431, `The headers are longer than ${HEADER_BYTES_MAX} bytes.`)
    : fault('unknown', 400, 'This is no HTTP request.');
  const reason = tooLarge ? 'Request Header Fields Too Large' : 'Bad Request';
  socket.end(
    `HTTP/1.1 ${status} ${reason}\r\ncontent-type: ${contentType}\r\n` +
      `content-length: ${Buffer.byteLength(body)}\r\nconnection: close\r\n\r\n${body}`,
  );
}
