/**
 * A slot's life: take over, restore, run steps, let go. Partition k of every partitioned topic is slot k: one
 * database, one transactional writer, one sequence of steps. What is in memory only (overlays, processors' own
 * variables) is thrown away whenever a step fails, since the take-over that follows builds it anew.
 */
import type { FetchedBatch, Position } from '../broker/broker';
import { yieldToEventLoop } from '../clock';
import { hasCode } from '../errors';
import type { SlotDatabase } from '../store/slot-database';
import { admit, asInput } from './admission';
import { commitStep, type FrozenStep, freezeStep } from './commit';
import type { InputRecord } from './processor';
import type { SlotWork } from './processor-context';
import { Signal } from './signal';
import type { QueuedRecord } from './slot-input';
import { SlotMetrics, type TakeOverCause } from './slot-metrics';
import type { SlotState } from './slot-state';
import type { SlotOptions, SlotStatus, SlotTenure } from './slot-tenure';
import { isFinal, takeOver } from './take-over';

const BACKOFF_MS = { first: 50, factor: 2, max: 5000 } as const;
/** Records are handled in runs of about this long, so that heartbeats and fetches get their turn. */
const RUN_MS = 8;

export class Slot {
  status: SlotStatus = 'taking over';
  /** Why the slot failed, once it has. */
  failure: unknown;
  #tenure: SlotTenure | undefined;
  #database: SlotDatabase | undefined;
  #stopping = false;
  #commit: Promise<void> | undefined;
  #commitError: unknown;
  #moreToDo = false;
  #lastStepAtMs = 0;
  readonly #news: Signal;
  readonly #metrics: SlotMetrics;

  constructor(private readonly options: SlotOptions) {
    this.#news = new Signal(options.clock);
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
    return (
      tenure.input.isEmpty() && !this.#moreToDo && this.#commit === undefined && !this.#hasWork()
    );
  }

  position(topic: string): number {
    return this.#tenure?.input.position(topic) ?? 0;
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

  /** Runs until stopped, fenced for good or failed for good; never throws. */
  async run(): Promise<void> {
    let backoffMs: number = BACKOFF_MS.first;
    let cause: TakeOverCause = 'assigned';
    while (!this.#stopping) {
      try {
        await this.#beginTenure(cause);
        backoffMs = BACKOFF_MS.first;
        await this.#runSteps();
      } catch (error) {
        if (this.#endsHere(error)) return;
        cause = hasCode(error, 'BROKER_FENCED') ? 'fenced' : 'in-doubt';
        await this.#letGo();
        const waitMs = cause === 'fenced' ? this.options.settings.fencedRetryMs : backoffMs;
        backoffMs = Math.min(backoffMs * BACKOFF_MS.factor, BACKOFF_MS.max);
        await this.#news.wait(waitMs);
        if (!this.options.isAssigned()) break;
      }
    }
    await this.#close();
  }

  /** Commits what is under way, closes cleanly. Resolves when `run` may be awaited without delay. */
  stop(): void {
    this.#stopping = true;
    this.#news.notify();
  }

  async #beginTenure(cause: TakeOverCause): Promise<void> {
    const startedMs = this.options.clock.monotonicMs();
    this.status = 'taking over';
    this.#database ??= await this.options.openDatabase(this.slot);
    this.#tenure = await takeOver(this.options, this.#database);
    this.status = 'running';
    this.#moreToDo = true;
    this.#metrics.tookOver(cause, this.options.clock.monotonicMs() - startedMs);
  }

  async #runSteps(): Promise<void> {
    while (!this.#stopping) {
      await this.#fill();
      if (this.#commitError !== undefined) throw this.#commitError;
      const timersRan = this.#tenure!.work.runTimers();
      if (!timersRan && !this.#hasWork() && !this.#moreToDo) continue;
      await this.#endStep();
      await this.#startCommit();
    }
    await this.#startCommit();
    await this.#awaitCommit();
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
      if (this.#commitError !== undefined) return;
      runStartedMs = this.options.clock.monotonicMs();
    }
  }

  /** Steps come at most every interval; after a pause the first record waits only a moment for company. */
  #dueInMs(): number {
    if (!this.#hasWork() && !this.#moreToDo) return Number.POSITIVE_INFINITY;
    const { stepIntervalMs, stepLingerMs } = this.options.settings;
    const dueMs = Math.max(
      this.#lastStepAtMs + stepIntervalMs,
      this.#tenure!.work.step.startedAtMs + stepLingerMs,
    );
    return dueMs - this.options.clock.now();
  }

  #hasWork(): boolean {
    const { work, state } = this.#tenure!;
    return work.step.movesPositions || work.step.outputs.length > 0 || state.isDirty();
  }

  #process(queued: QueuedRecord): void {
    const { work, tasks } = this.#tenure!;
    const { topic } = queued.source;
    const { record, partition } = queued;
    if (work.step.inputRecords === 0) work.step.restart(this.options.clock.now());
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
    if ('reason' in admitted)
      work.reject(asInput(queued, undefined), admitted.reason, admitted.detail);
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
    await this.#awaitCommit();
    this.#lastStepAtMs = this.options.clock.now();
    if (!this.#hasWork()) return;
    const frozen = freezeStep(this.#tenure!, this.options);
    this.#commit = this.#commitAndCount(frozen).then((error) => {
      this.#commitError = error;
      this.#commit = undefined;
      this.#news.notify();
    });
  }

  /** Waits for the commit under way, if any, and throws what it failed with. */
  async #awaitCommit(): Promise<void> {
    await this.#commit;
    if (this.#commitError !== undefined) throw this.#commitError;
  }

  /** Answers the error instead of throwing it: it surfaces where the commit is awaited. */
  async #commitAndCount(frozen: FrozenStep): Promise<unknown> {
    try {
      const timing = await commitStep(this.#tenure!, this.#database!, frozen, this.options);
      this.#metrics.committed(frozen, timing);
      return undefined;
    } catch (error) {
      this.#metrics.commitFailed(error);
      return error ?? new Error('a commit failed without a reason');
    }
  }

  /** True where trying again is wrong: the slot stays failed, or is no longer ours. */
  #endsHere(error: unknown): boolean {
    const { logger } = this.options;
    const lost = hasCode(error, 'BROKER_FENCED');
    if (lost) {
      this.status = 'fenced';
      logger.warn(`slot ${this.slot}: another process took it over`);
      return false;
    }
    if (isFinal(error)) {
      this.fail(error);
      void this.#close();
      return true;
    }
    logger.warn(`slot ${this.slot}: a step failed, taking over again: ${(error as Error).message}`);
    return false;
  }

  /** Stops for good with a reason that readiness shows. */
  fail(error: unknown): void {
    this.failure = error;
    this.status = 'failed';
    this.options.logger.error(`slot ${this.slot} stops: ${(error as Error).message}`, { error });
    this.stop();
  }

  async #letGo(): Promise<void> {
    if (this.status !== 'fenced') this.status = 'taking over';
    await this.#commit;
    this.#commitError = undefined;
    await this.#tenure?.writer.close().catch(() => undefined);
    this.#tenure = undefined;
  }

  async #close(): Promise<void> {
    const tenure = this.#tenure;
    const isClean =
      tenure !== undefined && this.status === 'running' && this.#commitError === undefined;
    await this.#letGo();
    if (isClean) await this.#markClean(tenure);
    await this.#database?.close().catch(() => undefined);
    this.#database = undefined;
    if (this.status !== 'failed') this.status = 'stopped';
    this.#metrics.gone();
  }

  async #markClean(tenure: SlotTenure): Promise<void> {
    const { bootId, clock } = this.options;
    const mark = { changelogs: tenure.changelogs, bootId, clean: true, writtenAtMs: clock.now() };
    await this.#database?.apply([], mark, undefined, true);
  }
}
