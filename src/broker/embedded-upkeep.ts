/** Retention and compaction of the embedded broker, one partition after the other, in the background. */
import type { Clock, Timer } from '../clock';
import type { Logger } from '../logger';
import type { Level } from '../store/level';
import type { EmbeddedCatalogue } from './embedded-catalogue';
import { EmbeddedCleaner } from './embedded-cleaner';
import { RAW } from './embedded-commits';
import { batchKey, encodeOffsets, KIND_START, lastOffsetOf, partitionKey } from './embedded-keys';
import type { EmbeddedPartition, EmbeddedTopic } from './embedded-partition';
import type { EmbeddedReader } from './embedded-reader';
import { timesOf } from './embedded-record-batch';

export interface EmbeddedUpkeepOptions {
  readonly database: Level;
  readonly catalogue: EmbeddedCatalogue;
  readonly reader: EmbeddedReader;
  readonly clock: Clock;
  readonly upkeepIntervalMs: number;
  readonly logger: Logger;
}

export class EmbeddedUpkeep {
  private timer: Timer | undefined;
  private running: Promise<void> | undefined;
  private isStopped = false;
  private readonly cleaner: EmbeddedCleaner;

  constructor(private readonly options: EmbeddedUpkeepOptions) {
    const isStopped = (): boolean => this.isStopped;
    this.cleaner = new EmbeddedCleaner({ ...options, isStopped });
  }

  start(): void {
    this.timer = this.options.clock.schedule(this.options.upkeepIntervalMs, () => {
      // Tried again at the next; meanwhile the log only grows.
      void this.run()
        .catch((error) => this.options.logger.warn('retention and compaction failed', { error }))
        .finally(() => {
          if (!this.isStopped) this.start();
        });
    });
  }

  async stop(): Promise<void> {
    this.isStopped = true;
    this.timer?.cancel();
    await this.running?.catch(() => undefined);
  }

  /** One round over everything; a second caller waits for a round of its own. */
  async run(): Promise<void> {
    // Several may wait for the same round to end; one of them is first with the next.
    while (this.running !== undefined) await this.running.catch(() => undefined);
    if (this.isStopped) return;
    const round = this.runOnce().finally(() => {
      if (this.running === round) this.running = undefined;
    });
    this.running = round;
    await round;
  }

  /** Moves the start up to `offset`, at most to the end. */
  async moveStart(partition: EmbeddedPartition, offset: number): Promise<void> {
    const start = Math.min(offset, partition.end);
    if (start <= partition.start) return;
    partition.start = start;
    partition.cleanedTo = Math.max(partition.cleanedTo, start);
    // The new start first: after a crash in between, batches below it are out of reach and go next time.
    await this.options.database.put(
      partitionKey(KIND_START, partition),
      encodeStart(partition),
      RAW,
    );
    const range = { gte: batchKey(partition, 0), lt: batchKey(partition, start) };
    await this.options.database.clear({ keyEncoding: 'buffer', ...range });
  }

  private async runOnce(): Promise<void> {
    for (const topic of this.options.catalogue.all())
      for (const partition of topic.partitions) {
        if (this.isStopped) return;
        if (topic.spec.cleanup === 'compact') await this.clean(topic, partition);
        else await this.retain(topic, partition);
      }
  }

  /** By the time of appending, not the records' own: a file of old listens is not deleted on arrival. */
  private async retain({ spec }: EmbeddedTopic, partition: EmbeddedPartition): Promise<void> {
    if (spec.retentionMs === undefined || partition.start === partition.end) return;
    const before = this.options.clock.now() - spec.retentionMs;
    await this.moveStart(partition, await this.endOfOlder(partition, before));
  }

  private async clean({ spec }: EmbeddedTopic, partition: EmbeddedPartition): Promise<void> {
    if (partition.cleanedTo >= partition.end) return;
    const before = this.options.clock.now() - (spec.compactionLagMs ?? 0);
    const cleanableEnd = await this.endOfOlder(partition, before);
    if (!(await this.cleaner.clean(spec, partition, cleanableEnd))) return;
    await this.options.database.put(
      partitionKey(KIND_START, partition),
      encodeStart(partition),
      RAW,
    );
  }

  /**
   * The offset behind the last batch appended at or before a time, by halving: batches lie in order of
   * time. The newest batch never counts, so that neither retention nor cleaning takes it.
   */
  private async endOfOlder(partition: EmbeddedPartition, timeMs: number): Promise<number> {
    let from = partition.start;
    let to = partition.end;
    while (from < to) {
      const middle = Math.floor((from + to) / 2);
      const found = await this.batchAt(partition, middle);
      if (found === undefined || found.isNewest || found.appendedAtMs > timeMs) to = middle;
      else from = found.lastOffset + 1;
    }
    return from;
  }

  /** The batch that holds an offset, or the next one. */
  private async batchAt(partition: EmbeddedPartition, offset: number) {
    const { reader } = this.options;
    for await (const entries of reader.batches(partition, offset, partition.end, 1)) {
      const [key, batch] = entries[0]!;
      const lastOffset = lastOffsetOf(key);
      const isNewest = lastOffset >= partition.newestBatchAt;
      return { lastOffset, appendedAtMs: timesOf(batch).appendedAtMs, isNewest };
    }
    return undefined;
  }
}

function encodeStart(partition: EmbeddedPartition): Buffer {
  const { start, cleanedTo, appendedBytesCleaned, cleanBytes } = partition;
  return encodeOffsets(start, cleanedTo, appendedBytesCleaned, cleanBytes);
}
