/**
 * The plain writer of the embedded broker and of those who share it. It appends slice by slice, so that
 * sends of any size are bounded work at a time, and many small sends go together.
 */
import { hasCode, SegueError } from '../errors';
import type { OutputRecord, Writer } from './broker';

/** Appends all or nothing, in order per partition. */
export type AppendRecords = (records: readonly OutputRecord[]) => Promise<unknown>;

/** One slice: encoding it holds the event loop for a few milliseconds. */
const SLICE_RECORDS_MAX = 2000;
const SLICE_BYTES_MAX = 1 << 20;

interface Send {
  readonly records: readonly OutputRecord[];
  /** Records already in a slice. */
  taken: number;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

/** What one slice holds of one send. */
interface Part {
  readonly send: Send;
  readonly records: readonly OutputRecord[];
}

export class SlicingWriter implements Writer {
  private queue: Send[] = [];
  private draining: Promise<void> | undefined;
  private isClosed = false;

  constructor(private readonly append: AppendRecords) {}

  /** A refused record fails its whole send, of which earlier slices may be written. */
  send(records: readonly OutputRecord[]): Promise<void> {
    if (this.isClosed) return Promise.reject(closedError('writer'));
    if (records.length === 0) return Promise.resolve();
    return new Promise((resolve, reject) => {
      this.queue.push({ records, taken: 0, resolve, reject });
      this.draining ??= this.drain();
    });
  }

  /** Resolves when all that was sent is decided. */
  async close(): Promise<void> {
    this.isClosed = true;
    await this.draining;
  }

  private async drain(): Promise<void> {
    // What is sent in the same turn of the event loop goes together.
    await Promise.resolve();
    while (this.queue.length > 0) await this.write(this.takeSlice());
    this.draining = undefined;
  }

  private takeSlice(): Part[] {
    const parts: Part[] = [];
    let recordsLeft = SLICE_RECORDS_MAX;
    let bytesLeft = SLICE_BYTES_MAX;
    for (const send of this.queue) {
      const from = send.taken;
      while (send.taken < send.records.length && recordsLeft > 0 && bytesLeft > 0) {
        const { key, value } = send.records[send.taken++]!;
        recordsLeft -= 1;
        bytesLeft -= (key?.length ?? 0) + (value?.length ?? 0);
      }
      if (send.taken === from) break;
      parts.push({ send, records: send.records.slice(from, send.taken) });
    }
    return parts;
  }

  private async write(parts: readonly Part[]): Promise<void> {
    try {
      await this.append(parts.flatMap(({ records }) => records));
    } catch (error) {
      if (parts.length > 1 && isRefusal(error)) for (const part of parts) await this.write([part]);
      else for (const { send } of parts) this.end(send, () => send.reject(error));
      return;
    }
    for (const { send } of parts)
      if (send.taken === send.records.length) this.end(send, send.resolve);
  }

  private end(send: Send, tell: () => void): void {
    this.queue = this.queue.filter((other) => other !== send);
    tell();
  }
}

/** Nothing was written: one bad send must not fail those it shares a slice with. */
function isRefusal(error: unknown): boolean {
  return hasCode(error, 'BROKER_RECORD_TOO_LARGE') || hasCode(error, 'TOPIC_MISSING');
}

export function closedError(what: string): SegueError {
  return new SegueError('BROKER_CLOSED', `expected an open ${what}, but it was closed before`);
}
