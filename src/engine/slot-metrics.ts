import type { Clock } from '../clock';
import { hasCode } from '../errors';
import type { Counter, Meter } from '../telemetry/meter';
import { SLOT_GAUGES } from '../telemetry/series';
import type { CommitTiming, FrozenStep } from './commit';
import type { SlotInput } from './slot-input';
import type { SlotState } from './slot-state';

export type TakeOverCause = 'assigned' | 'fenced' | 'in-doubt';

/** What a slot tells the meter; handles are kept, since some of it happens for every record. */
export class SlotMetrics {
  readonly #labels: { readonly partition: string };
  readonly #lookups = new Map<string, { readonly hits: number; readonly misses: number }>();
  readonly #records = new Map<string, { readonly records: Counter; readonly bytes: Counter }>();

  /** Topics that a lag was told of, also where nothing was ever read from them. */
  readonly #lagging = new Map<string, { readonly topic: string; readonly partition: string }>();

  constructor(
    slot: number,
    private readonly meter: Meter,
    private readonly clock: Clock,
  ) {
    this.#labels = { partition: String(slot) };
  }

  read(topic: string, partition: number, bytes: number): void {
    let handles = this.#records.get(topic);
    if (handles === undefined) {
      const labels = { topic, partition: String(partition) };
      handles = {
        records: this.meter.counter('segue_input_records_total', labels),
        bytes: this.meter.counter('segue_input_bytes_total', labels),
      };
      this.#records.set(topic, handles);
    }
    handles.records.add(1);
    handles.bytes.add(bytes);
  }

  lags(lags: ReturnType<SlotInput['lags']>): void {
    for (const { topic, partition, records, oldestMs } of lags) {
      const labels = { topic, partition: String(partition) };
      this.#lagging.set(topic, labels);
      const ageMs = oldestMs === undefined ? 0 : Math.max(0, this.clock.now() - oldestMs);
      this.meter.set('segue_lag_records', labels, records);
      this.meter.set('segue_lag_seconds', labels, ageMs / 1000);
    }
  }

  /** Stream time, and how the caches did since the last time. */
  state(streamTimeMs: number, state: SlotState): void {
    this.meter.set('segue_stream_time_seconds', this.#labels, streamTimeMs / 1000);
    let cacheBytes = 0;
    for (const store of state.all()) {
      const now = store.cacheStatistics;
      cacheBytes += now.bytes;
      const before = this.#lookups.get(store.name) ?? { hits: 0, misses: 0 };
      // A take-over begins with new caches.
      const added = (name: 'hits' | 'misses') =>
        Math.max(0, now[name] >= before[name] ? now[name] - before[name] : now[name]);
      this.meter.count(
        'segue_cache_lookups_total',
        { store: store.name, result: 'hit' },
        added('hits'),
      );
      this.meter.count(
        'segue_cache_lookups_total',
        { store: store.name, result: 'miss' },
        added('misses'),
      );
      this.#lookups.set(store.name, now);
    }
    this.meter.set('segue_cache_size_bytes', this.#labels, cacheBytes);
  }

  committed({ step, records }: FrozenStep, { transactionMs, totalMs }: CommitTiming): void {
    const bytes = records.reduce((sum, record) => sum + (record.value?.length ?? 0), 0);
    this.meter.count('segue_steps_total', this.#labels);
    this.meter.observe('segue_step_records', this.#labels, step.inputRecords);
    this.meter.observe('segue_step_bytes', this.#labels, bytes);
    this.meter.observe('segue_commit_duration_seconds', this.#labels, transactionMs / 1000);
    this.meter.observe('segue_step_duration_seconds', this.#labels, totalMs / 1000);
    this.meter.set('segue_last_commit_timestamp_seconds', this.#labels, this.clock.now() / 1000);
  }

  commitFailed(error: unknown): void {
    this.meter.count('segue_commit_failures_total', { failure: failureOf(error) });
  }

  tookOver(cause: TakeOverCause, durationMs: number): void {
    this.meter.count('segue_take_overs_total', { cause });
    this.meter.set('segue_slot_failed', this.#labels, 0);
    this.meter.observe('segue_take_over_duration_seconds', {}, durationMs / 1000);
  }

  /** The slot is another process's business now, or nobody's: its gauges must not linger here. */
  gone(hasFailed: boolean): void {
    for (const name of SLOT_GAUGES) this.meter.remove(name, this.#labels);
    for (const labels of this.#lagging.values()) {
      this.meter.remove('segue_lag_records', labels);
      this.meter.remove('segue_lag_seconds', labels);
    }
    if (hasFailed) this.meter.set('segue_slot_failed', this.#labels, 1);
  }
}

function failureOf(error: unknown): 'fenced' | 'in-doubt' | 'refused' {
  if (hasCode(error, 'BROKER_FENCED')) return 'fenced';
  return hasCode(error, 'BROKER_COMMIT_IN_DOUBT') ? 'in-doubt' : 'refused';
}
