/**
 * Adds up the slots' histograms and publishes the threshold, the totals and the study's two tables. It needs no track
 * and no user: how many tracks have how many unique listeners is enough.
 */
import type { Filter } from '../../schemas/records';
import type {
  InputRecord,
  Processor,
  ProcessorContext,
  ProcessorDefinition,
  StepBudget,
} from '../../src/engine/processor';
import type { ProgressValue, TableDefinition } from '../../src/engine/topology';
import type { StateStore } from '../../src/store/state-store';
import type { StreamSettings } from '../stream-settings';
import {
  atLeast,
  binned,
  largest,
  mergeHistograms,
  TABLE_1_BINS,
  TABLE_2_BINS,
  type ThresholdRule,
  threshold,
  total,
} from './threshold';

/** All slots' sums, added up. */
export interface Totals {
  readonly sums: Record<string, number>;
  readonly listenersPerTrack: Map<number, number>;
  readonly tracksPerUser: Map<number, number>;
}

export const FILTER_KEY = 'current';

export function setThreshold(
  filter: TableDefinition<Filter>,
  settings: Pick<StreamSettings, 'threshold' | 'filterIntervalMs'>,
): ProcessorDefinition<InputRecord<ProgressValue>, Totals> {
  return {
    name: 'set-threshold',
    stores: [filter],
    build: (context) => new SetThreshold(context, context.store(filter), settings),
  };
}

class SetThreshold implements Processor<InputRecord<ProgressValue>> {
  readonly #bySlot = new Map<number, ProgressValue>();
  #isChanged = false;
  #lastSetMs = Number.NEGATIVE_INFINITY;

  constructor(
    private readonly context: ProcessorContext<Totals>,
    private readonly filter: StateStore<Filter>,
    private readonly settings: Pick<StreamSettings, 'threshold' | 'filterIntervalMs'>,
  ) {}

  process({ value }: InputRecord<ProgressValue>): void {
    const before = this.#bySlot.get(value.slot);
    this.#bySlot.set(value.slot, value);
    if (before === undefined || !isSameContent(before, value)) this.#isChanged = true;
  }

  async endStep(budget: StepBudget): Promise<boolean> {
    const now = this.context.now();
    if (
      !this.#isChanged ||
      (!budget.idle && now - this.#lastSetMs < this.settings.filterIntervalMs)
    )
      return this.#isChanged;
    this.#isChanged = false;
    this.#lastSetMs = now;
    const totals = addUp([...this.#bySlot.values()]);
    const before = this.filter.get(FILTER_KEY);
    const next = filterOf(totals, this.settings.threshold, before);
    if (JSON.stringify(before) !== JSON.stringify(next)) this.filter.put(FILTER_KEY, next);
    this.context.forward(totals);
    return false;
  }
}

/** The control task's own steps move positions only; they must not make it publish for ever. */
function isSameContent(a: ProgressValue, b: ProgressValue): boolean {
  return JSON.stringify([a.sums, a.histograms]) === JSON.stringify([b.sums, b.histograms]);
}

export function addUp(progress: readonly ProgressValue[]): Totals {
  const sums: Record<string, number> = {};
  for (const one of progress) {
    for (const [name, value] of Object.entries(one.sums)) sums[name] = (sums[name] ?? 0) + value;
  }
  const merged = (name: string) =>
    mergeHistograms(
      progress.map(({ histograms }) =>
        (histograms[name] ?? []).map(({ value, count }) => [value, count] as const),
      ),
    );
  return {
    sums,
    listenersPerTrack: merged('listenersPerTrack'),
    tracksPerUser: merged('tracksPerUser'),
  };
}

export function filterOf(totals: Totals, rule: ThresholdRule, before: Filter | undefined): Filter {
  const { listenersPerTrack, tracksPerUser, sums } = totals;
  const set = threshold(listenersPerTrack, rule);
  const tracksIn = atLeast(listenersPerTrack, set.value);
  const change = tracksIn - (before?.tracks_in ?? 0);
  return {
    threshold: set.value,
    rule: set.rule,
    tracks: total(listenersPerTrack),
    tracks_in: tracksIn,
    users: total(tracksPerUser),
    max_unique_listeners: largest(listenersPerTrack),
    crossings_in: (before?.crossings_in ?? 0) + Math.max(0, change),
    crossings_out: (before?.crossings_out ?? 0) + Math.max(0, -change),
    sums,
    table1: binned(listenersPerTrack, TABLE_1_BINS),
    table2: binned(tracksPerUser, TABLE_2_BINS),
  };
}
