/**
 * Puts batches into the database one after the other. What is submitted while one is being written goes
 * together into the next (a group commit), so many small writers cost hardly more than one.
 */
import { type ErrorCode, SegueError } from '../errors';
import type { Level } from '../store/level';

export type DatabaseWrite =
  | { readonly type: 'put'; readonly key: Buffer; readonly value: Buffer }
  | { readonly type: 'del'; readonly key: Buffer };

export interface Submission {
  readonly writes: readonly DatabaseWrite[];
  /** Called synchronously, in the order of submission, as soon as the writes are durable. */
  readonly onDurable: () => void;
}

interface Waiting extends Submission {
  readonly resolve: () => void;
  readonly reject: (error: Error) => void;
}

/** Submissions in one database batch; more wait for the next. */
const GROUP_MAX = 64;

export const RAW = { keyEncoding: 'buffer', valueEncoding: 'buffer' } as const;

export class EmbeddedCommits {
  private queue: Waiting[] = [];
  private writing: Promise<void> | undefined;
  private failure: SegueError | undefined;

  constructor(
    private readonly database: Level,
    private readonly syncEachCommit: boolean,
  ) {}

  /**
   * Resolves when durable. Throws BROKER_COMMIT_IN_DOUBT where the database failed meanwhile,
   * BROKER_UNREACHABLE where it had failed before: it stays failed, and nothing was written.
   */
  submit(submission: Submission): Promise<void> {
    if (this.failure !== undefined) return Promise.reject(this.failure);
    return new Promise((resolve, reject) => {
      this.queue.push({ ...submission, resolve, reject });
      this.writing ??= this.writeAll();
    });
  }

  /** Resolves when all that was submitted so far is decided, whatever is submitted meanwhile. */
  settled(): Promise<void> {
    return this.submit({ writes: [], onDurable: () => undefined });
  }

  /** Resolves when nothing is left to write; for the end, when nothing new comes. */
  async idle(): Promise<void> {
    while (this.writing !== undefined) await this.writing;
  }

  private async writeAll(): Promise<void> {
    // The caller's synchronous work goes on first, so what it submits next joins this group.
    await Promise.resolve();
    while (this.queue.length > 0) {
      const group = this.queue.slice(0, GROUP_MAX);
      this.queue = this.queue.slice(GROUP_MAX);
      await this.writeGroup(group);
    }
    this.writing = undefined;
  }

  private async writeGroup(group: readonly Waiting[]): Promise<void> {
    if (this.failure !== undefined) {
      for (const one of group) one.reject(this.failure);
      return;
    }
    try {
      const writes = group.flatMap((one) => one.writes);
      if (writes.length > 0)
        await this.database.batch(writes, { ...RAW, sync: this.syncEachCommit } as typeof RAW);
    } catch (error) {
      // LevelDB refuses every write after a failed one; whether that one is in its log is not known.
      this.failure = databaseFailure('BROKER_UNREACHABLE', error);
      for (const one of group) one.reject(databaseFailure('BROKER_COMMIT_IN_DOUBT', error));
      return;
    }
    for (const one of group) one.onDurable();
    for (const one of group) one.resolve();
  }
}

function databaseFailure(code: ErrorCode, cause: unknown): SegueError {
  return new SegueError(
    code,
    `expected the database to take a batch, but it failed: ${String(cause)}; see to the disk, then restart the process`,
    { cause },
  );
}
