/**
 * The port through which everything is measured. The engine and the streams know this, never prom-client.
 *
 * In hot paths ask once for a handle (`meter.counter(name, labels)`) and keep it: `add`, `set` and `observe`
 * on a handle cost a few nanoseconds. The short forms look the handle up on each call.
 */
import type { CounterName, GaugeName, HistogramName, SeriesLabels, SeriesName } from './series';

export interface Counter {
  /** `by` >= 0; 1 where absent. */
  add(by?: number): void;
}

export interface Gauge {
  set(value: number): void;
}

export interface Histogram {
  observe(value: number): void;
}

export interface Meter {
  counter<N extends CounterName>(name: N, labels: SeriesLabels<N>): Counter;
  gauge<N extends GaugeName>(name: N, labels: SeriesLabels<N>): Gauge;
  histogram<N extends HistogramName>(name: N, labels: SeriesLabels<N>): Histogram;

  count<N extends CounterName>(name: N, labels: SeriesLabels<N>, by?: number): void;
  set<N extends GaugeName>(name: N, labels: SeriesLabels<N>, value: number): void;
  observe<N extends HistogramName>(name: N, labels: SeriesLabels<N>, value: number): void;

  /**
   * Stops exporting one label combination: a slot given away, a generation long gone. Handles to it
   * stay usable and are ignored; asking for it again starts at zero.
   */
  remove<N extends SeriesName>(name: N, labels: SeriesLabels<N>): void;
}

const nothing = { add() {}, set() {}, observe() {} } as const;

/** Measures nothing; for tests and tools. */
export const noMeter: Meter = {
  counter: () => nothing,
  gauge: () => nothing,
  histogram: () => nothing,
  count() {},
  set() {},
  observe() {},
  remove() {},
};
