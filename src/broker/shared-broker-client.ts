/**
 * The broker port over the process that runs an embedded broker: what `segue listen`, `models` or
 * `recommend` use while `segue run` has the directory open. It writes, reads and takes over ids of its own,
 * and never shares out slots: those stay with the process whose disk they lie on.
 */
import { connect, type Socket } from 'node:net';
import { SegueError } from '../errors';
import type {
  AtomicStep,
  Broker,
  FetchedBatch,
  FetchOptions,
  Membership,
  PartitionRange,
  Position,
  TopicPartition,
  TopicSpec,
  TransactionalWriter,
  Writer,
} from './broker';
import {
  type AnswerFrame,
  type CallName,
  encodeFrame,
  FrameReader,
  PROTOCOL_VERSION,
  type SharedCalls,
} from './shared-broker-protocol';
import { closedError, SlicingWriter } from './slicing-writer';

interface Waiting {
  readonly call: CallName;
  readonly resolve: (answer: unknown) => void;
  readonly reject: (error: Error) => void;
}

export class SharedBrokerClient implements Broker {
  readonly kind = 'embedded';
  private readonly frames = new FrameReader();
  private readonly waiting = new Map<number, Waiting>();
  private callsEver = 0;
  private isClosed = false;

  private constructor(private readonly socket: Socket) {
    socket.on('data', (chunk) => this.onData(chunk));
    socket.on('error', () => socket.destroy());
    socket.on('close', () => this.rejectAll());
  }

  /** Throws BROKER_UNREACHABLE. */
  static async connect(address: string, token: string): Promise<SharedBrokerClient> {
    const client = new SharedBrokerClient(await openSocket(address));
    try {
      await client.call('hello', token, PROTOCOL_VERSION);
    } catch (error) {
      await client.close();
      throw error;
    }
    return client;
  }

  async createTopics(topics: readonly TopicSpec[]): Promise<void> {
    await this.call('createTopics', topics);
  }

  partitionCount(topic: string): Promise<number> {
    return this.call('partitionCount', topic);
  }

  async writtenEnd({ topic, partition }: TopicPartition): Promise<number> {
    return (await this.ranges(topic))[partition]!.end;
  }

  ranges(topic: string): Promise<readonly PartitionRange[]> {
    return this.call('ranges', topic);
  }

  fetch(positions: readonly Position[], options: FetchOptions): Promise<readonly FetchedBatch[]> {
    return this.call('fetch', positions, options);
  }

  committed(groupId: string, partitions: readonly TopicPartition[]): Promise<readonly Position[]> {
    return this.call('committed', groupId, partitions);
  }

  async writer(): Promise<Writer> {
    this.assertOpen();
    return new SlicingWriter((records) => this.call('append', records));
  }

  async takeOver(transactionalId: string, groupId: string): Promise<TransactionalWriter> {
    const id = await this.call('takeOver', transactionalId, groupId);
    let isClosed = false;
    return {
      commit: async (step: AtomicStep) => {
        if (isClosed) throw closedError('transactional writer');
        return this.call('commit', id, step);
      },
      close: async () => {
        if (!isClosed && !this.isClosed) await this.call('closeWriter', id);
        isClosed = true;
      },
    };
  }

  async join(): Promise<Membership> {
    this.assertOpen();
    throw new SegueError(
      'BROKER_NOT_OWNER',
      'expected to run slots in the process that has the directory open; stop that process first, or use Kafka for several',
    );
  }

  async close(): Promise<void> {
    if (this.isClosed) return;
    this.isClosed = true;
    this.socket.destroy();
    this.rejectAll();
  }

  private assertOpen(): void {
    if (this.isClosed) throw closedError('broker');
  }

  private async call<Name extends CallName>(
    call: Name,
    ...args: Parameters<SharedCalls[Name]>
  ): Promise<ReturnType<SharedCalls[Name]>> {
    this.assertOpen();
    if (this.socket.destroyed) throw goneError('BROKER_UNREACHABLE');
    const id = ++this.callsEver;
    const frame = encodeFrame({ id, call, args });
    return new Promise((resolve, reject) => {
      this.waiting.set(id, { call, resolve: resolve as (answer: unknown) => void, reject });
      this.socket.write(frame);
    });
  }

  private onData(chunk: Buffer): void {
    try {
      for (const frame of this.frames.take(chunk)) this.onAnswer(frame as AnswerFrame);
    } catch {
      this.socket.destroy();
    }
  }

  private onAnswer({ id, answer, error }: AnswerFrame): void {
    const waiting = this.waiting.get(id);
    if (waiting === undefined) return;
    this.waiting.delete(id);
    if (error === undefined) waiting.resolve(answer);
    else waiting.reject(new SegueError(error.code, error.message, { retriable: error.retriable }));
  }

  private rejectAll(): void {
    for (const { call, reject } of this.waiting.values()) {
      if (this.isClosed) reject(closedError('broker'));
      // The step may have been written before the answer was lost.
      else reject(goneError(call === 'commit' ? 'BROKER_COMMIT_IN_DOUBT' : 'BROKER_UNREACHABLE'));
    }
    this.waiting.clear();
  }
}

function openSocket(address: string): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect(address);
    socket.once('connect', () => {
      socket.off('error', onError);
      resolve(socket);
    });
    const onError = (cause: Error): void => reject(goneError('BROKER_UNREACHABLE', cause));
    socket.once('error', onError);
  });
}

function goneError(
  code: 'BROKER_UNREACHABLE' | 'BROKER_COMMIT_IN_DOUBT',
  cause?: Error,
): SegueError {
  return new SegueError(
    code,
    'expected the process that runs the directory to answer, but it is gone; run the command again',
    { cause, retriable: true },
  );
}
