/**
 * What the process that runs an embedded broker and those that share it say to each other: frames of
 * four bytes length and a value in V8's own serialization, which takes Buffers as they are.
 * Only processes of one user on one machine talk, by the token that lies in the broker's directory.
 */
import { deserialize, serialize } from 'node:v8';
import { type ErrorCode, SegueError } from '../errors';
import type {
  AtomicStep,
  FetchedBatch,
  FetchOptions,
  OutputRecord,
  PartitionRange,
  Position,
  TopicPartition,
  TopicSpec,
} from './broker';

export const PROTOCOL_VERSION = 1;

/** A longer frame is refused, whoever sends it. */
export const FRAME_BYTES_MAX = 64 * 1024 * 1024;

/** The calls: arguments in, answer out. */
export interface SharedCalls {
  hello: (token: string, version: number) => undefined;
  createTopics: (topics: readonly TopicSpec[]) => undefined;
  partitionCount: (topic: string) => number;
  ranges: (topic: string) => readonly PartitionRange[];
  fetch: (positions: readonly Position[], options: FetchOptions) => readonly FetchedBatch[];
  committed: (groupId: string, partitions: readonly TopicPartition[]) => readonly Position[];
  append: (records: readonly OutputRecord[]) => undefined;
  takeOver: (transactionalId: string, groupId: string) => number;
  commit: (writer: number, step: AtomicStep) => readonly Position[];
  closeWriter: (writer: number) => undefined;
}

export type CallName = keyof SharedCalls;

export interface CallFrame {
  readonly id: number;
  readonly call: CallName;
  readonly args: readonly unknown[];
}

export interface AnswerFrame {
  readonly id: number;
  readonly answer?: unknown;
  readonly error?: {
    readonly code: ErrorCode;
    readonly message: string;
    readonly retriable: boolean;
  };
}

/** Throws BROKER_RECORD_TOO_LARGE where the frame would be too long. */
export function encodeFrame(frame: CallFrame | AnswerFrame): Buffer {
  const body = serialize(frame);
  if (body.length > FRAME_BYTES_MAX)
    throw new SegueError(
      'BROKER_RECORD_TOO_LARGE',
      `expected at most ${FRAME_BYTES_MAX} bytes between processes, but got ${body.length}; send or fetch less at once`,
    );
  const bytes = Buffer.allocUnsafe(4 + body.length);
  bytes.writeUInt32BE(body.length, 0);
  bytes.set(body, 4);
  return bytes;
}

/** Puts frames together from what a socket brings. */
export class FrameReader {
  private chunks: Buffer[] = [];
  private bytes = 0;

  /** The frames that are complete now. Throws where one is too long or not a frame. */
  take(chunk: Buffer): readonly unknown[] {
    this.chunks.push(chunk);
    this.bytes += chunk.length;
    const frames: unknown[] = [];
    for (;;) {
      const frame = this.takeOne();
      if (frame === undefined) return frames;
      frames.push(frame);
    }
  }

  private takeOne(): unknown {
    if (this.bytes < 4) return undefined;
    if (this.chunks[0]!.length < 4) this.chunks = [Buffer.concat(this.chunks)];
    const length = this.chunks[0]!.readUInt32BE(0);
    if (length > FRAME_BYTES_MAX) throw new Error(`a frame of ${length} bytes is too long`);
    if (this.bytes < 4 + length) return undefined;
    const all = this.chunks.length === 1 ? this.chunks[0]! : Buffer.concat(this.chunks);
    this.chunks = all.length === 4 + length ? [] : [all.subarray(4 + length)];
    this.bytes -= 4 + length;
    return deserialize(all.subarray(4, 4 + length));
  }
}

/** An error as it goes over; what is no operating error keeps only its message. */
export function toErrorFrame(error: unknown): NonNullable<AnswerFrame['error']> {
  if (error instanceof SegueError)
    return { code: error.code, message: error.message, retriable: error.retriable };
  return {
    code: 'BROKER_UNREACHABLE',
    message: `expected the process that runs the broker to answer, but it failed: ${String(error)}`,
    retriable: false,
  };
}
