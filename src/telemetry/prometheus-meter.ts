/**
 * The meter behind /metrics: one prom-client registry per instance, filled from cells at each scrape.
 *
 * Series whose labels are all closed exist from the start at 0, so that `rate` sees the first event. No series
 * may have more than `childrenMax` label combinations; what goes beyond is measured for nobody and counted.
 */
import { collectDefaultMetrics, Registry } from 'prom-client';
import { type Cell, type CellLabels, CounterCell, GaugeCell, HistogramCell } from './cells';
import { exportCells } from './export-cells';
import type { HistogramSnapshot } from './histogram-snapshot';
import type { Counter, Gauge, Histogram, Meter } from './meter';
import {
  type CounterName,
  closedValues,
  type GaugeName,
  type HistogramName,
  SERIES,
  type SeriesLabels,
  type SeriesName,
} from './series';
import type { LabelName, Series } from './series-kinds';

const CHILDREN_MAX = 1000;
/** prom-client's gauges that are named as only counters may be; each has a sibling by kind that says more. */
const MISNAMED = [
  'nodejs_active_handles_total',
  'nodejs_active_requests_total',
  'nodejs_active_resources_total',
] as const;
const NAMES = Object.keys(SERIES) as SeriesName[];

export interface PrometheusMeterOptions {
  /** Label combinations per series; 1,000 where absent. */
  readonly childrenMax?: number;
  /** Also export Node's own series (process_*, nodejs_*: CPU, memory, event-loop delay, GC). Default true. */
  readonly processSeries?: boolean;
}

export class PrometheusMeter implements Meter {
  private readonly registry = new Registry();
  private readonly cells = new Map(NAMES.map((name) => [name, new Map<string, Cell>()]));
  private readonly childrenMax: number;

  constructor(options: PrometheusMeterOptions = {}) {
    this.childrenMax = options.childrenMax ?? CHILDREN_MAX;
    for (const [name, cells] of this.cells) exportCells(this.registry, name, cells);
    for (const name of NAMES)
      if (SERIES[name].type !== 'gauge')
        for (const labels of closedCombinations(SERIES[name].labels)) this.cell(name, labels);
    if (options.processSeries ?? true) {
      collectDefaultMetrics({ register: this.registry });
      for (const name of MISNAMED) this.registry.removeSingleMetric(name);
    }
  }

  counter<N extends CounterName>(name: N, labels: SeriesLabels<N>): Counter {
    return this.cell(name, labels) as CounterCell;
  }

  gauge<N extends GaugeName>(name: N, labels: SeriesLabels<N>): Gauge {
    return this.cell(name, labels) as GaugeCell;
  }

  histogram<N extends HistogramName>(name: N, labels: SeriesLabels<N>): Histogram {
    return this.cell(name, labels) as HistogramCell;
  }

  count<N extends CounterName>(name: N, labels: SeriesLabels<N>, by = 1): void {
    this.counter(name, labels).add(by);
  }

  set<N extends GaugeName>(name: N, labels: SeriesLabels<N>, value: number): void {
    this.gauge(name, labels).set(value);
  }

  observe<N extends HistogramName>(name: N, labels: SeriesLabels<N>, value: number): void {
    this.histogram(name, labels).observe(value);
  }

  remove<N extends SeriesName>(name: N, labels: SeriesLabels<N>): void {
    this.cells.get(name)?.delete(keyOf(SERIES[name].labels, labels));
  }

  /** Sum of a counter's or gauge's values that carry `labels`; all of them where absent. */
  read(name: CounterName | GaugeName, labels: CellLabels = {}): number {
    let sum = 0;
    for (const cell of this.matching(name, labels))
      if (!(cell instanceof HistogramCell)) sum += cell.value ?? 0;
    return sum;
  }

  /** A histogram, summed over all label combinations that carry `labels`. */
  snapshot(name: HistogramName, labels: CellLabels = {}): HistogramSnapshot {
    const all = new HistogramCell({}, SERIES[name].buckets);
    for (const cell of this.matching(name, labels)) {
      if (!(cell instanceof HistogramCell)) continue;
      all.sum += cell.sum;
      for (const [bucket, count] of cell.counts.entries())
        all.counts[bucket] = (all.counts[bucket] ?? 0) + count;
    }
    return all.snapshot();
  }

  /** The Prometheus text format, for `contentType`. */
  text(): Promise<string> {
    return this.registry.metrics();
  }

  get contentType(): string {
    return this.registry.contentType;
  }

  private *matching(name: SeriesName, labels: CellLabels): Iterable<Cell> {
    const wanted = Object.entries(labels);
    for (const cell of this.cells.get(name)?.values() ?? [])
      if (wanted.every(([label, value]) => cell.labels[label] === value)) yield cell;
  }

  private cell(name: SeriesName, labels: CellLabels): Cell {
    const cells = this.cells.get(name) as Map<string, Cell>;
    const key = keyOf(SERIES[name].labels, labels);
    const known = cells.get(key);
    if (known !== undefined) return known;
    const cell = newCell(SERIES[name], { ...labels });
    if (cells.size < this.childrenMax) cells.set(key, cell);
    else this.count('segue_series_refused_total', {});
    return cell;
  }
}

/** NUL cannot come from a label value that the exposition format could tell apart. */
function keyOf(names: readonly LabelName[], labels: CellLabels): string {
  let key = '';
  for (const name of names) key += `${labels[name]}\0`;
  return key;
}

function newCell(series: Series, labels: CellLabels): Cell {
  if (series.type === 'counter') return new CounterCell(labels);
  if (series.type === 'gauge') return new GaugeCell(labels);
  return new HistogramCell(labels, series.buckets ?? []);
}

/** Every combination of values where all labels are closed, else none. */
function closedCombinations(labels: readonly LabelName[]): readonly CellLabels[] {
  let combinations: CellLabels[] = [{}];
  for (const label of labels) {
    const values = closedValues(label);
    if (values === undefined) return [];
    combinations = combinations.flatMap((one) =>
      values.map((value) => ({ ...one, [label]: value })),
    );
  }
  return combinations;
}
