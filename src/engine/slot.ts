/**
 * A slot's life: take over, restore, run steps, let go. Partition k of every partitioned topic is slot k: one
 * database, one transactional writer, one sequence of steps. What is in memory only (overlays, processors' own
 * variables) is thrown away whenever a step fails, since the take-over that follows builds it anew.
 */
import type { FetchedBatch, Position } from '../broker/broker';
import { yieldToEventLoop } from '../clock';
import { hasCode } from '../errors';
import type { SlotDatabase } from '../store/slot-database';
import { admit, asInput, refuse } from './admission';
import { BackgroundCommit } from './background-commit';
import { Backoff } from './backoff';
import { commitStep, type FrozenStep, freezeStep, markClean } from './commit';
import { Pace } from './pace';
import type { InputRecord } from './processor';
import type { SlotWork } from './processor-context';
import { Signal } from './signal';
import type { QueuedRecord } from './slot-input';
import { SlotMetrics, type TakeOverCause } from './slot-metrics';
import type { SlotState } from './slot-state';
import type { SlotOptions, SlotStatus, SlotTenure } from './slot-tenure';
import { isFinal, takeOver } from './take-over';

const BACKOFF = { firstMs: 50, factor: 2, maxMs: 5000 } as const;
/** Records are handled in runs of about this long, so that heartbeats and fetches get their turn. */
const RUN_MS = 8;

export class Slot {
  status: SlotStatus = 'taking over';
  /** Why the slot failed, once it has. */
  failure: unknown;
  #tenure: SlotTenure | undefined;
  #database: SlotDatabase | undefined;
  #stopping = false;
  #opensAnew = false;
  #moreToDo = false;
  #isDoubted = false;
  readonly #backoff = new Backoff(BACKOFF);
  readonly #pace: Pace;
  readonly #news: Signal;
  readonly #commit = new BackgroundCommit(() => this.#news.notify());
  readonly #metrics: SlotMetrics;

  constructor(private readonly options: SlotOptions) {
    this.#news = new Signal(options.clock);
    this.#pace = new Pace(options.settings, options.clock);
    this.#metrics = new SlotMetrics(options.slot, options.meter, options.clock);
  }

  get slot(): number {
    return this.options.slot;
  }

  /** Where to fetch next; nothing unless running. */
  wanted(): Position[] {
    return this.status === 'running' ? this.#tenure!.input.wanted() : [];
  }

  enqueue(batch: FetchedBatch, askedOffset: number): void {
    if (this.status !== 'running') return;
    this.#tenure!.input.enqueue(batch, askedOffset);
    this.#news.notify();
  }

  /** Nothing waits, nothing is being committed, no processor has more to do. */
  isIdle(): boolean {
    const tenure = this.#tenure;
    if (this.status !== 'running' || tenure === undefined) return this.status === 'failed';
    return tenure.input.isEmpty() && !this.#moreToDo && !this.#commit.isRunning && !this.#hasWork();
  }

  position(topic: string): number {
    return this.#tenure?.input.position(topic) ?? 0;
  }

  /** How far its tables are in the database. */
  get positions(): Readonly<Record<string, number>> | undefined {
    return this.#tenure?.changelogs;
  }

  /** The state, for reading from outside; undefined unless running. */
  get state(): SlotState | undefined {
    return this.status === 'running' ? this.#tenure?.state : undefined;
  }

  get work(): SlotWork | undefined {
    return this.status === 'running' ? this.#tenure?.work : undefined;
  }

  /** Tells processors' end-of-step work that something outside changed, such as the model. */
  nudge(): void {
    this.#moreToDo = true;
    this.#news.notify();
  }

  /**
   * It was open for a moment whose the slot is. Somebody else may have had it and lost it again, so that the state here
   * is outdated; a commit that begins later tells, since this writer is then fenced.
   */
  proveOwnership(): void {
    this.#isDoubted = true;
    this.#news.notify();
  }

  /** Runs until stopped, fenced for good or failed for good; never throws. */
  async run(): Promise<void> {
    let cause: TakeOverCause = 'assigned';
    while (!this.#stopping) {
      try {
        await this.#beginTenure(cause);
        await this.#runSteps();
      } catch (error) {
        cause = this.#noteFailure(error);
        await this.#letGo();
        this.#opensAnew = hasCode(error, 'STORE_CORRUPT');
        // LevelDB takes no further write after one that failed.
        if (this.#opensAnew || hasCode(error, 'STORE_UNWRITABLE')) await this.#closeDatabase();
        const { fencedRetryMs } = this.options.settings;
        // News must not cut it short, or one that was fenced would fence the rightful owner at once; but the group's may.
        const waitMs = cause === 'fenced' ? fencedRetryMs : this.#backoff.next();
        await this.#news.pause(waitMs, () => this.#stopping || this.#isDoubted);
        if (!this.options.isKept()) break;
      }
    }
    await this.#close();
  }

  /** Commits what is under way, closes cleanly; `run` ends soon. */
  stop(): void {
    this.#stopping = true;
    this.#news.notify();
  }

  async #beginTenure(cause: TakeOverCause): Promise<void> {
    const startedMs = this.options.clock.monotonicMs();
    this.status = 'taking over';
    // Before all that may fail, or a doubt that nobody answers would leave no pause between the attempts.
    this.#isDoubted = false;
    this.#database ??= await this.options.openDatabase(this.slot, this.#opensAnew);
    this.#tenure = await takeOver(this.options, this.#database);
    // One that has failed for good meanwhile, or was told to stop, ends with what it has.
    if (this.status === 'taking over') this.status = 'running';
    this.#moreToDo = true;
    const tookMs = this.options.clock.monotonicMs() - startedMs;
    this.#metrics.tookOver(cause, tookMs);
    this.options.logger.info(`slot ${this.slot}: taken over in ${tookMs.toFixed(0)} ms (${cause})`);
  }

  async #runSteps(): Promise<void> {
    while (!this.#stopping) {
      await this.#fill();
      if (this.#commit.error !== undefined) throw this.#commit.error;
      const timersRan = this.#tenure!.work.runTimers();
      if (!timersRan && !this.#hasWork() && !this.#moreToDo) continue;
      await this.#endStep();
      await this.#startCommit();
    }
    await this.#startCommit();
    await this.#commit.settled();
  }

  /** Processes records until the step is due: full, or old enough. */
  async #fill(): Promise<void> {
    const { input, work } = this.#tenure!;
    let runStartedMs = this.options.clock.monotonicMs();
    for (;;) {
      if (this.#stopping || work.step.isFull(this.options.settings)) return;
      const queued = input.next();
      if (queued !== undefined) {
        this.#process(queued);
        if (this.options.clock.monotonicMs() - runStartedMs < RUN_MS) continue;
        await yieldToEventLoop();
        runStartedMs = this.options.clock.monotonicMs();
        if (this.#dueInMs() <= 0) return;
        continue;
      }
      const waitMs = Math.min(this.#dueInMs(), work.nextTimerInMs());
      if (waitMs <= 0) return;
      await this.#news.wait(waitMs);
      if (this.#commit.error !== undefined) return;
      runStartedMs = this.options.clock.monotonicMs();
    }
  }

  #dueInMs(): number {
    if (!this.#hasWork() && !this.#moreToDo) return Number.POSITIVE_INFINITY;
    return this.#pace.dueInMs(this.#tenure!.work.step.startedAtMs);
  }

  #hasWork(): boolean {
    const { work, state } = this.#tenure!;
    const { movesPositions, outputs } = work.step;
    return this.#isDoubted || movesPositions || outputs.length > 0 || state.isDirty();
  }

  #process(queued: QueuedRecord): void {
    const { work, tasks } = this.#tenure!;
    const { topic } = queued.source;
    const { record, partition } = queued;
    work.step.begin(this.options.clock.monotonicMs());
    const bytes = (record.value?.length ?? 0) + (record.key?.length ?? 0);
    if (queued.source.replayed) {
      // Needs no commit by itself, or progress records would beget progress records; and so it must not fill the step.
      this.#moreToDo = true;
    } else {
      work.step.movesPositions = true;
      work.step.inputRecords += 1;
      work.step.inputBytes += bytes;
    }
    work.streamTimeMs = Math.max(work.streamTimeMs, record.timestampMs);
    this.#metrics.read(topic.name, partition, bytes);
    const admitted = admit(queued, this.options);
    if ('reason' in admitted) refuse(queued, admitted, work, this.options);
    else tasks.get(topic.name)!.process(asInput(queued, admitted.value) as InputRecord<unknown>);
  }

  async #endStep(): Promise<void> {
    const { tasks, input } = this.#tenure!;
    const waiting = input.lags().reduce((total, { records }) => total + records, 0);
    const endsMs = this.options.clock.monotonicMs() + this.options.budgetMs();
    const budget = {
      spent: () => this.options.clock.monotonicMs() >= endsMs,
      farBehind: waiting > this.options.settings.farBehindRecords,
      idle: waiting === 0,
    };
    // A nudge that comes while the tasks are at it must not be forgotten.
    this.#moreToDo = false;
    for (const task of new Set(tasks.values())) {
      if (await task.endStep(budget)) this.#moreToDo = true;
    }
    this.#metrics.lags(input.lags());
    this.#metrics.state(this.#tenure!.work.streamTimeMs, this.#tenure!.state);
  }

  /** Freezes the step and commits it behind the back of the next one; one commit at a time. */
  async #startCommit(): Promise<void> {
    await this.#commit.settled();
    this.#pace.stepEnds();
    if (!this.#hasWork()) return;
    this.#isDoubted = false;
    const frozen = freezeStep(this.#tenure!, this.options);
    this.#commit.start(() => this.#commitAndCount(frozen));
  }

  async #commitAndCount(frozen: FrozenStep): Promise<void> {
    try {
      const timing = await commitStep(this.#tenure!, this.#database!, frozen, this.options);
      this.#metrics.committed(frozen, timing);
      this.#backoff.reset();
    } catch (error) {
      this.#metrics.commitFailed(error);
      throw error;
    }
  }

  /** Says what happened, and stops where trying again is wrong. Answers what a further take-over would come of. */
  #noteFailure(error: unknown): TakeOverCause {
    const { logger } = this.options;
    const { message } = error as Error;
    if (hasCode(error, 'BROKER_FENCED')) {
      if (this.status !== 'failed') this.status = 'fenced';
      logger.warn(`slot ${this.slot}: ${message}`);
      return 'fenced';
    }
    if (isFinal(error)) this.fail(error);
    else logger.warn(`slot ${this.slot}: a step failed, taking over again: ${message}`);
    return 'in-doubt';
  }

  /** Stops for good with a reason that readiness shows. */
  fail(error: unknown): void {
    this.failure = error;
    this.status = 'failed';
    this.options.logger.error(`slot ${this.slot} stops: ${(error as Error).message}`, { error });
    this.stop();
  }

  async #letGo(): Promise<void> {
    if (this.status === 'running') this.status = 'taking over';
    await this.#commit.forget();
    await this.#tenure?.writer.close().catch(() => undefined);
    this.#tenure = undefined;
  }

  async #close(): Promise<void> {
    const tenure = this.#tenure;
    const isClean =
      tenure !== undefined && this.status === 'running' && this.#commit.error === undefined;
    await this.#letGo();
    if (isClean) await markClean(tenure, this.#database!, this.options);
    await this.#closeDatabase();
    this.#metrics.gone(this.status === 'failed');
    if (this.status !== 'failed') this.status = 'stopped';
  }

  async #closeDatabase(): Promise<void> {
    await this.#database?.close().catch(() => undefined);
    this.#database = undefined;
  }
}
