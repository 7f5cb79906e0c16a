import { request as httpRequest, type IncomingHttpHeaders } from 'node:http';
import { connect } from 'node:net';
import type { Clock } from '../../src/clock';
import { hasCode } from '../../src/errors';
import type { ListFound, Queries } from '../../src/http/routes';
import { buildServer, listen, type RunningServer, type ServerParts } from '../../src/http/server';
import { PrometheusMeter } from '../../src/telemetry/prometheus-meter';

const queries: Queries = {
  ready: () => ({ ready: true, reasons: [] }),
  recommendations: async (user) => ({ from: 'here', list: { user } }),
  metrics: async () => 'segue_users 1\n',
};

const running: RunningServer[] = [];

async function start(parts: Partial<ServerParts> = {}): Promise<RunningServer> {
  const server = await listen(buildServer({ queries, ...parts }), { host: '127.0.0.1', port: 0 });
  running.push(server);
  return server;
}

afterEach(async () => {
  await Promise.all(running.splice(0).map((server) => server.close(0)));
});

interface Reply {
  readonly status: number | undefined;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

function ask(url: string, options: { method?: string; body?: string } = {}): Promise<Reply> {
  return new Promise((resolve, reject) => {
    const request = httpRequest(url, { method: options.method ?? 'GET' }, (response) => {
      let body = '';
      response.setEncoding('utf8').on('data', (part) => {
        body += part;
      });
      response.on('end', () =>
        resolve({ status: response.statusCode, headers: response.headers, body }),
      );
    });
    request.on('error', reject).end(options.body);
  });
}

/** Sends bytes as they are and collects the answer until the other side ends. */
function send(port: number, text: string): Promise<string> {
  return new Promise((resolve, reject) => {
    let answer = '';
    const socket = connect(port, '127.0.0.1', () => socket.write(text));
    socket.setEncoding('utf8').on('data', (part) => {
      answer += part;
    });
    socket.on('error', reject).on('close', () => resolve(answer));
  });
}

describe('the HTTP server', () => {
  it('answers JSON with its length, for nobody to keep', async () => {
    const { url } = await start();
    expect(url).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
    const { status, headers, body } = await ask(`${url}/recommendations/%C3%A4`);
    expect([status, body]).toEqual([200, '{"user":"ä"}\n']);
    expect(headers).toMatchObject({
      'content-type': 'application/json; charset=utf-8',
      'content-length': '14',
      'cache-control': 'no-store',
    });
  });

  it('answers HEAD with the headers of GET and no body', async () => {
    const { url } = await start();
    const { status, headers, body } = await ask(`${url}/metrics`, { method: 'HEAD' });
    expect([status, headers['content-length'], body]).toEqual([200, '14', '']);
  });

  it('refuses a body without reading it, and ends the connection', async () => {
    const { url } = await start();
    const { status, headers } = await ask(`${url}/metrics`, { method: 'POST', body: 'x' });
    expect([status, headers.connection]).toEqual([413, 'close']);
  });

  it('answers 500 without the reason, which goes to the log, when a query fails', async () => {
    const logged: unknown[] = [];
    const logger = { error: (...all: unknown[]) => void logged.push(all) } as never;
    const metrics = async () => Promise.reject(new Error('the inside'));
    const { url } = await start({ queries: { ...queries, metrics }, logger });
    const { status, body } = await ask(`${url}/metrics`);
    expect(status).toBe(500);
    expect(body).not.toContain('the inside');
    expect(logged).toHaveLength(1);
  });

  it('answers 504 when a query does not answer in time', async () => {
    let timeIsUp: () => void = () => {};
    const clock: Clock = {
      now: () => 0,
      monotonicMs: () => 0,
      schedule: (_delayMs, action) => {
        timeIsUp = action;
        return { cancel() {} };
      },
    };
    const recommendations = () =>
      new Promise<ListFound>(() => {
        setImmediate(() => timeIsUp());
      });
    const { url } = await start({ queries: { ...queries, recommendations }, clock });
    expect((await ask(`${url}/recommendations/u`)).status).toBe(504);
  });

  it('answers 503 beyond its open requests, and recovers', async () => {
    const waiting: ((found: ListFound) => void)[] = [];
    const recommendations = () => new Promise<ListFound>((resolve) => waiting.push(resolve));
    const { url } = await start({ queries: { ...queries, recommendations } });
    const replies = Array.from({ length: 70 }, () => ask(`${url}/recommendations/u`));
    let refused = 0;
    for (const reply of replies)
      void reply.then(({ status }) => (refused += Number(status === 503)));
    while (refused < 6) await new Promise((resolve) => setImmediate(resolve));
    expect(waiting).toHaveLength(64);
    for (const resolve of waiting) resolve({ from: 'here', list: {} });
    const statuses = (await Promise.all(replies)).map(({ status }) => status);
    expect(statuses.filter((status) => status === 200)).toHaveLength(64);
    expect((await ask(`${url}/health/live`)).status).toBe(200);
  });

  it('answers 431 to headers without end and 400 to what is no HTTP', async () => {
    const { port } = await start();
    const long = `GET / HTTP/1.1\r\nhost: a\r\nx: ${'y'.repeat(20_000)}\r\n\r\n`;
    expect(await send(port, long)).toMatch(/^HTTP\/1\.1 431 .*HEADERS_TOO_LARGE/s);
    expect(await send(port, 'hello\r\n\r\n')).toMatch(/^HTTP\/1\.1 400 .*BAD_REQUEST/s);
  });

  it('counts requests by route and status', async () => {
    const meter = new PrometheusMeter({ processSeries: false });
    const { url } = await start({ meter });
    await ask(`${url}/health/live`);
    await ask(`${url}/nowhere`);
    expect(meter.read('segue_http_requests_total', { route: 'live', status: 200 })).toBe(1);
    expect(meter.read('segue_http_requests_total', { route: 'unknown', status: 404 })).toBe(1);
    expect(meter.snapshot('segue_http_request_duration_seconds').count).toBe(2);
  });

  it('throws HTTP_ADDRESS_UNAVAILABLE where the port is taken', async () => {
    const { port } = await start();
    const second = listen(buildServer({ queries }), { host: '127.0.0.1', port });
    const error = await second.then(
      () => undefined,
      (thrown: unknown) => thrown,
    );
    expect(hasCode(error, 'HTTP_ADDRESS_UNAVAILABLE')).toBe(true);
    expect(String(error)).toContain('EADDRINUSE');
  });

  it('lets an open request finish when it closes, and takes no new one', async () => {
    let finish: (found: ListFound) => void = () => {};
    const asked = new Promise<void>((resolve) => {
      queriesAsked = resolve;
    });
    const recommendations = () => {
      queriesAsked();
      return new Promise<ListFound>((resolve) => {
        finish = resolve;
      });
    };
    const { url, close } = await start({ queries: { ...queries, recommendations } });
    const reply = ask(`${url}/recommendations/u`);
    await asked;
    const closed = close();
    await expect(ask(`${url}/health/live`)).rejects.toThrow('ECONNREFUSED');
    finish({ from: 'here', list: { tracks: [] } });
    expect((await reply).status).toBe(200);
    await closed;
  });

  it('cuts off what does not finish when its grace is over', async () => {
    const asked = new Promise<void>((resolve) => {
      queriesAsked = resolve;
    });
    const recommendations = () => {
      queriesAsked();
      return new Promise<ListFound>(() => {});
    };
    const { url, close } = await start({ queries: { ...queries, recommendations } });
    const reply = ask(`${url}/recommendations/u`);
    const cutOff = expect(reply).rejects.toThrow();
    await asked;
    await close(0);
    await cutOff;
  });
});

let queriesAsked: () => void = () => {};
