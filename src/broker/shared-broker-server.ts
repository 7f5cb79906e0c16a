/**
 * Lets other processes of the same user write to and read from the embedded broker that runs in this one,
 * since its directory can be open in one process only.
 */
import { chmod, mkdir, rm } from 'node:fs/promises';
import { createServer, type Server, type Socket } from 'node:net';
import { dirname } from 'node:path';
import { SegueError } from '../errors';
import type { AtomicStep, FetchOptions, Position, TransactionalWriter } from './broker';
import type { EmbeddedBroker } from './embedded-broker';
import {
  type AnswerFrame,
  type CallFrame,
  encodeFrame,
  FRAME_BYTES_MAX,
  FrameReader,
  PROTOCOL_VERSION,
  type SharedCalls,
  toErrorFrame,
} from './shared-broker-protocol';
import { closedError } from './slicing-writer';

const CONNECTIONS_MAX = 64;
/** Calls of one connection at work; it is not read further meanwhile. */
const CALLS_MAX = 32;
/** Answers waiting for a slow reader before it is not read further. */
const UNSENT_BYTES_MAX = 8 * 1024 * 1024;
const WAIT_MS_MAX = 60_000;

export interface SharedBrokerServerOptions {
  readonly broker: EmbeddedBroker;
  /** A socket's path in a folder of its own, or a Windows pipe. */
  readonly address: string;
  readonly token: string;
}

export class SharedBrokerServer {
  private readonly connections = new Set<ServedConnection>();

  private constructor(
    private readonly server: Server,
    private readonly options: SharedBrokerServerOptions,
  ) {
    server.maxConnections = CONNECTIONS_MAX;
    server.on('connection', (socket) => this.serve(socket));
    server.unref();
  }

  static async listen(options: SharedBrokerServerOptions): Promise<SharedBrokerServer> {
    const { address } = options;
    const isFile = process.platform !== 'win32';
    if (isFile) {
      // The folder keeps others out from the first moment on; what a dead process left there goes.
      await mkdir(dirname(address), { recursive: true, mode: 0o700 });
      await chmod(dirname(address), 0o700);
      await rm(address, { force: true });
    }
    const server = createServer();
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(address, resolve);
    });
    if (isFile) await chmod(address, 0o600);
    return new SharedBrokerServer(server, options);
  }

  async close(): Promise<void> {
    const closed = new Promise<void>((resolve) => this.server.close(() => resolve()));
    for (const connection of this.connections) connection.end();
    await closed;
  }

  private serve(socket: Socket): void {
    const connection = new ServedConnection(socket, this.options);
    this.connections.add(connection);
    socket.on('close', () => this.connections.delete(connection));
  }
}

type Handlers = {
  readonly [Name in keyof SharedCalls]: (
    ...args: Parameters<SharedCalls[Name]>
  ) => Promise<ReturnType<SharedCalls[Name]>>;
};

/** One process that shares the broker. Its calls run side by side; an append waits for the one before. */
class ServedConnection {
  private readonly frames = new FrameReader();
  private readonly broker: EmbeddedBroker;
  private readonly writers = new Map<number, TransactionalWriter>();
  private writersEver = 0;
  private callsOpen = 0;
  private isTrusted = false;

  constructor(
    private readonly socket: Socket,
    private readonly options: SharedBrokerServerOptions,
  ) {
    this.broker = options.broker.connect();
    socket.on('data', (chunk) => this.onData(chunk));
    socket.on('drain', () => this.regulate());
    socket.on('error', () => socket.destroy());
    socket.on('close', () => void this.broker.close());
  }

  end(): void {
    this.socket.destroy();
  }

  private onData(chunk: Buffer): void {
    try {
      for (const frame of this.frames.take(chunk)) void this.answer(frame as CallFrame);
    } catch {
      // Not a frame: nothing after it can be read either.
      this.socket.destroy();
    }
  }

  private async answer({ id, call, args }: CallFrame): Promise<void> {
    this.callsOpen++;
    this.regulate();
    let frame: AnswerFrame;
    try {
      if (call !== 'hello' && !this.isTrusted) throw refusedError();
      const handle = this.handlers[call] as (...values: readonly unknown[]) => Promise<unknown>;
      frame = { id, answer: await handle(...args) };
    } catch (error) {
      frame = { id, error: toErrorFrame(error) };
    }
    this.callsOpen--;
    this.write(frame);
    this.regulate();
  }

  private write(frame: AnswerFrame): void {
    if (this.socket.destroyed) return;
    try {
      this.socket.write(encodeFrame(frame));
    } catch (error) {
      this.socket.write(encodeFrame({ id: frame.id, error: toErrorFrame(error) }));
    }
  }

  private regulate(): void {
    const isBusy = this.callsOpen >= CALLS_MAX || this.socket.writableLength > UNSENT_BYTES_MAX;
    if (isBusy) this.socket.pause();
    else if (this.socket.isPaused()) this.socket.resume();
  }

  private readonly handlers: Handlers = {
    hello: async (token, version) => {
      if (token !== this.options.token || version !== PROTOCOL_VERSION) throw refusedError();
      this.isTrusted = true;
      return undefined;
    },
    createTopics: async (topics) => {
      await this.broker.createTopics(topics);
      return undefined;
    },
    partitionCount: (topic) => this.broker.partitionCount(topic),
    ranges: (topic) => this.broker.ranges(topic),
    fetch: (positions, options) => this.broker.fetch(positions, bounded(positions, options)),
    committed: (groupId, partitions) => this.broker.committed(groupId, partitions),
    append: async (records) => {
      await this.broker.append(records);
      return undefined;
    },
    takeOver: async (transactionalId, groupId) => {
      const writer = await this.broker.takeOver(transactionalId, groupId);
      this.writers.set(++this.writersEver, writer);
      return this.writersEver;
    },
    commit: (id, step: AtomicStep) => this.writer(id).commit(step),
    closeWriter: async (id) => {
      await this.writers.get(id)?.close();
      this.writers.delete(id);
      return undefined;
    },
  };

  private writer(id: number): TransactionalWriter {
    const writer = this.writers.get(id);
    if (writer === undefined) throw closedError('transactional writer');
    return writer;
  }
}

/** What fits into one answer, and a wait that ends. */
function bounded(positions: readonly Position[], options: FetchOptions): FetchOptions {
  const share = Math.floor(FRAME_BYTES_MAX / 2 / Math.max(1, positions.length));
  return {
    waitMsMax: Math.min(options.waitMsMax, WAIT_MS_MAX),
    bytesMaxPerPartition: Math.min(options.bytesMaxPerPartition, share),
  };
}

function refusedError(): SegueError {
  return new SegueError(
    'BROKER_UNREACHABLE',
    'expected a program of the same version and user; run the same version of segue as the process that runs this directory',
  );
}
