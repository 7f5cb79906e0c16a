/**
 * The one writer of a slot, on a Kafka transaction. It lives until the first commit that did not clearly succeed:
 * fenced (somebody has taken over), or in doubt (only a take-over can tell). A record that is too large is the
 * exception: the transaction is aborted and the writer stays.
 */
import { SegueError } from '../../errors';
import type { FaultPoint } from '../../fault-points';
import type { AtomicStep, Position, TransactionalWriter } from '../broker';
import type { KafkaCluster } from './kafka-cluster';
import { isFenced, isTooLarge, isTransient, toSegueError } from './kafka-failures';
import { KafkaTransaction, type TransactionOptions } from './kafka-transaction';
import type { PartitionBatches } from './produce-sender';

export interface WriterOptions extends TransactionOptions {
  /** After this long without a clear answer a commit is in doubt. */
  readonly commitMsMax: number;
  readonly faultPoint: FaultPoint;
}

interface StepProgress {
  readonly partitions: readonly PartitionBatches[];
  readonly positions: readonly Position[];
  readonly deadlineMs: number;
}

export class KafkaTransactionalWriter implements TransactionalWriter {
  readonly #transaction: KafkaTransaction;
  readonly #cluster: KafkaCluster;
  #death: Error | undefined;
  #isBusy = false;

  private constructor(private readonly options: WriterOptions) {
    this.#transaction = new KafkaTransaction(options);
    this.#cluster = options.cluster;
  }

  static async open(options: WriterOptions): Promise<KafkaTransactionalWriter> {
    const { clock, settings } = options.cluster;
    const writer = new KafkaTransactionalWriter(options);
    const deadlineMs = clock.monotonicMs() + settings.operationMsMax;
    try {
      await writer.#transaction.initialise(deadlineMs);
      await writer.#forgetLatePositions(deadlineMs);
      return writer;
    } catch (error) {
      writer.#transaction.close();
      throw toSegueError(error, `Taking over ${options.transactionalId}`);
    }
  }

  /**
   * Positions of the old owner that reached the group after their transaction had been ended (a broker that stood
   * still does that) stay open for ever, and with them whoever reads the positions waits. They were never committed:
   * a commit is sent only when they are acknowledged. The abort of an empty transaction of the same producer clears
   * them.
   */
  async #forgetLatePositions(deadlineMs: number): Promise<void> {
    await this.#transaction.addOffsets(deadlineMs);
    await this.#transaction.end(false, deadlineMs);
  }

  async commit({ records, positions }: AtomicStep): Promise<readonly Position[]> {
    this.#checkUsable();
    if (records.length === 0 && positions.length === 0) return [];
    this.#isBusy = true;
    try {
      // Nothing is sent yet: what fails here leaves the writer as it was.
      const partitions = await this.#transaction.encode(records).catch((error) => {
        throw toSegueError(error, `A step of ${this.options.transactionalId}`);
      });
      const deadlineMs = this.#cluster.clock.monotonicMs() + this.options.commitMsMax;
      return await this.#run({ partitions, positions, deadlineMs });
    } finally {
      this.#isBusy = false;
    }
  }

  async #run(step: StepProgress): Promise<readonly Position[]> {
    try {
      const offsets = await this.#write(step);
      this.options.faultPoint('before-commit');
      await this.#transaction.end(true, step.deadlineMs);
      this.options.faultPoint('after-commit');
      return step.partitions.map(({ topic, partition }, index) => ({
        topic,
        partition,
        offset: offsets[index]!,
      }));
    } catch (error) {
      throw await this.#failure(error, step);
    }
  }

  /** Everything but the end. All parts have settled when this returns or throws. */
  async #write(step: StepProgress): Promise<readonly number[]> {
    const { deadlineMs, partitions, positions } = step;
    const transaction = this.#transaction;
    let offsets: readonly (number | undefined)[] = [];
    const writeRecords = async () => {
      if (partitions.length === 0) return;
      await transaction.addPartitions(partitions, deadlineMs);
      offsets = await transaction.sendRecords(partitions, deadlineMs);
      this.options.faultPoint('after-records');
    };
    const writeOffsets = async () => {
      if (positions.length === 0) return;
      await transaction.addOffsets(deadlineMs);
      await transaction.sendOffsets(positions, deadlineMs);
    };
    const stopOthers = (error: Error) => {
      if (!isTooLarge(error)) transaction.stop(error);
      throw error;
    };
    const outcomes = await Promise.allSettled([
      writeRecords().catch(stopOthers),
      writeOffsets().catch(stopOthers),
    ]);
    const failures = outcomes.flatMap((one) => (one.status === 'rejected' ? [one.reason] : []));
    // Fenced is an answer; a lost connection beside it is not.
    if (failures.length > 0) throw failures.find((error) => !isTransient(error)) ?? failures[0];
    if (offsets.includes(undefined)) throw new Error('the broker did not say where records went');
    return offsets as readonly number[];
  }

  async #failure(error: unknown, step: StepProgress): Promise<Error> {
    const what = `A step of ${this.options.transactionalId}`;
    if (isTooLarge(error) && (await this.#abort(step))) return toSegueError(error, what);
    this.#death = toDeath(error, what);
    this.#transaction.stop(this.#death);
    return this.#death;
  }

  /** True when the broker has confirmed that nothing of the step remains. */
  async #abort({ deadlineMs }: StepProgress): Promise<boolean> {
    try {
      await this.#transaction.end(false, deadlineMs);
      return true;
    } catch {
      return false;
    }
  }

  #checkUsable(): void {
    if (this.#death) throw this.#death;
    this.#cluster.checkOpen();
    if (this.#isBusy)
      throw new Error(`${this.options.transactionalId}: one step at a time, please`);
  }

  async close(): Promise<void> {
    this.#death ??= new SegueError('BROKER_CLOSED', 'The slot writer was used after close().');
    this.#transaction.close();
  }
}

/** Fenced is final, also at the end itself: the next owner reads whether the step is in. All else needs a take-over. */
function toDeath(error: unknown, what: string): Error {
  if (isFenced(error)) return toSegueError(error, what);
  const reason = error instanceof Error ? error.message : String(error);
  return new SegueError(
    'BROKER_COMMIT_IN_DOUBT',
    `${what} has no clear answer: ${reason}; take the slot over again and read its positions.`,
    { cause: error, retriable: true },
  );
}
