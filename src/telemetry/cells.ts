/**
 * Where measured values live between scrapes: plain fields, so that measuring costs nanoseconds (prom-client
 * hashes and validates labels on each call) and every scrape copies them into the text.
 */

import type { HistogramSnapshot } from './histogram-snapshot';
import type { Counter, Gauge, Histogram } from './meter';

export type CellLabels = Readonly<Record<string, string | number>>;

export class CounterCell implements Counter {
  value = 0;

  constructor(readonly labels: CellLabels) {}

  add(by = 1): void {
    if (by > 0) this.value += by;
  }
}

export class GaugeCell implements Gauge {
  /** undefined: never set, and not exported. */
  value: number | undefined;

  constructor(readonly labels: CellLabels) {}

  set(value: number): void {
    this.value = value;
  }
}

export class HistogramCell implements Histogram {
  readonly counts: Float64Array;
  sum = 0;

  constructor(
    readonly labels: CellLabels,
    readonly bounds: readonly number[],
  ) {
    this.counts = new Float64Array(bounds.length + 1);
  }

  /** Ignores what is not a finite number: a lost measurement must not stop the work. */
  observe(value: number): void {
    if (!Number.isFinite(value)) return;
    const { bounds } = this;
    let low = 0;
    let high = bounds.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (value <= (bounds[middle] as number)) high = middle;
      else low = middle + 1;
    }
    this.counts[low] = (this.counts[low] as number) + 1;
    this.sum += value;
  }

  snapshot(): HistogramSnapshot {
    const counts = Array.from(this.counts);
    const count = counts.reduce((total, one) => total + one, 0);
    return { bounds: this.bounds, counts, count, sum: this.sum };
  }
}

export type Cell = CounterCell | GaugeCell | HistogramCell;
