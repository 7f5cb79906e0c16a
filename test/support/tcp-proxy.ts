/**
 * A TCP proxy that can do to a connection what networks do: take its time, swallow everything without a word (as a
 * cut cable does: nobody is told, and what was sent arrives when it is mended), or reset what is open.
 */
import {
  type AddressInfo,
  createServer,
  type Server,
  type Socket,
  connect as toSocket,
} from 'node:net';

export class TcpProxy {
  /** Where connections go; may be told after the proxy's own port is known. */
  targetPort = 0;
  #delayMs = 0;
  #stalled = false;
  #refusing = false;
  readonly #pairs = new Set<Pair>();

  private constructor(
    private readonly server: Server,
    readonly port: number,
  ) {}

  static async open(): Promise<TcpProxy> {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const proxy = new TcpProxy(server, (server.address() as AddressInfo).port);
    server.on('connection', (socket) => proxy.#accept(socket));
    return proxy;
  }

  /** Nothing passes any more, nobody is told. */
  stall(): void {
    this.#stalled = true;
    for (const pair of this.#pairs) pair.stall();
  }

  /** Every byte takes so much longer, each way. */
  slow(delayMs: number): void {
    this.#delayMs = delayMs;
  }

  /** Resets what is open, and whoever comes. */
  refuse(): void {
    this.#refusing = true;
    for (const pair of this.#pairs) pair.end();
  }

  /** All is well again; what was stalled arrives. */
  heal(): void {
    this.#delayMs = 0;
    this.#stalled = false;
    this.#refusing = false;
    for (const pair of this.#pairs) pair.flow();
  }

  async close(): Promise<void> {
    for (const pair of this.#pairs) pair.end();
    await new Promise<void>((resolve) => this.server.close(() => resolve()));
  }

  #accept(near: Socket): void {
    if (this.#refusing) {
      near.on('error', () => undefined);
      near.resetAndDestroy();
      return;
    }
    const far = toSocket(this.targetPort, '127.0.0.1');
    const pair = new Pair(near, far, () => this.#delayMs);
    this.#pairs.add(pair);
    pair.onEnd(() => this.#pairs.delete(pair));
    if (this.#stalled) pair.stall();
  }
}

class Pair {
  constructor(
    private readonly near: Socket,
    private readonly far: Socket,
    private readonly delayMs: () => number,
  ) {
    near.setNoDelay(true);
    far.setNoDelay(true);
    this.#pass(near, far);
    this.#pass(far, near);
  }

  onEnd(action: () => void): void {
    for (const socket of [this.near, this.far]) {
      socket.on('error', () => undefined);
      socket.once('close', () => {
        this.end();
        action();
      });
    }
  }

  stall(): void {
    this.near.pause();
    this.far.pause();
  }

  flow(): void {
    this.near.resume();
    this.far.resume();
  }

  end(): void {
    this.near.destroy();
    this.far.destroy();
  }

  /** In order also where the delay changes: a chunk never overtakes the one before. */
  #pass(from: Socket, to: Socket): void {
    let last: Promise<void> = Promise.resolve();
    from.on('data', (chunk: Buffer) => {
      const delayMs = this.delayMs();
      const arrives =
        delayMs === 0 ? undefined : new Promise<void>((resolve) => setTimeout(resolve, delayMs));
      last = Promise.all([last, arrives]).then(() => {
        if (!to.destroyed) to.write(chunk);
      });
    });
    from.once('end', () => void last.then(() => to.end()));
  }
}
