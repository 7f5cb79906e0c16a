/** The one writer of a slot on the embedded broker. It may commit as long as the log knows it as the owner of its id. */
import { hasCode, SegueError } from '../errors';
import type { AtomicStep, Position, TransactionalWriter } from './broker';
import type { EmbeddedLog } from './embedded-log';
import { closedError } from './slicing-writer';

/** For simulation: what may go wrong with a commit. Each may wait, and may throw. */
export interface EmbeddedFaults {
  /** Before a step is written; when it throws, nothing of the step is ever seen. */
  readonly beforeCommit?: (transactionalId: string, step: AtomicStep) => void | Promise<void>;
  /** After a step is durable and visible; when it throws, only the answer is lost. */
  readonly afterCommit?: (transactionalId: string, step: AtomicStep) => void | Promise<void>;
}

export interface TransactionalWriterOptions {
  readonly transactionalId: string;
  readonly groupId: string;
  readonly faults: EmbeddedFaults;
  readonly isClosed: () => boolean;
}

export class EmbeddedTransactionalWriter implements TransactionalWriter {
  private isClosed = false;
  private isDead = false;

  constructor(
    private readonly log: EmbeddedLog,
    private readonly options: TransactionalWriterOptions,
  ) {}

  async commit(step: AtomicStep): Promise<readonly Position[]> {
    const { transactionalId, groupId, faults } = this.options;
    this.assertOwner();
    try {
      if (faults.beforeCommit !== undefined) await this.beforeCommit(step);
      const behind = await this.log.appendStep(step, groupId);
      await faults.afterCommit?.(transactionalId, step);
      return behind;
    } catch (error) {
      this.isDead ||= hasCode(error, 'BROKER_COMMIT_IN_DOUBT');
      throw error;
    }
  }

  async close(): Promise<void> {
    this.isClosed = true;
    const { owners } = this.log;
    if (owners.get(this.options.transactionalId) === this)
      owners.delete(this.options.transactionalId);
  }

  private async beforeCommit(step: AtomicStep): Promise<void> {
    const { transactionalId, groupId, faults } = this.options;
    try {
      await faults.beforeCommit?.(transactionalId, step);
      this.assertOwner();
    } catch (error) {
      // As an aborted transaction leaves a gap in the offsets, so does a dropped step.
      if (!this.log.isClosed) await this.log.appendStep(step, groupId, true);
      throw error;
    }
  }

  private assertOwner(): void {
    const { transactionalId, isClosed } = this.options;
    if (this.isClosed || isClosed() || this.log.isClosed) throw closedError('transactional writer');
    if (this.isDead || this.log.owners.get(transactionalId) !== this)
      throw new SegueError(
        'BROKER_FENCED',
        `expected to be the writer of ${transactionalId}, but ${this.isDead ? 'an earlier commit is in doubt; take over again' : 'another one has taken over'}`,
      );
  }
}
