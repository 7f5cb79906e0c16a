/** A meter that remembers, by the name of a series and, gauges apart, whatever its labels. */
import type { Counter, Gauge, Histogram, Meter } from '../../src/telemetry/meter';

export class ObservingMeter implements Meter {
  readonly #counts = new Map<string, number>();
  readonly #last = new Map<string, number>();
  readonly #values = new Map<string, number[]>();

  counted(name: string): number {
    return this.#counts.get(name) ?? 0;
  }

  /** Everything observed, or set, in order. */
  observed(name: string): readonly number[] {
    return this.#values.get(name) ?? [];
  }

  counter(name: string): Counter {
    return { add: (by = 1) => this.#add(name, by) };
  }

  gauge(name: string): Gauge {
    return { set: (value) => this.#keep(name, value) };
  }

  histogram(name: string): Histogram {
    return { observe: (value) => this.#keep(name, value) };
  }

  count(name: string, _labels: unknown, by = 1): void {
    this.#add(name, by);
  }

  set(name: string, labels: Readonly<Record<string, unknown>>, value: number): void {
    this.#keep(name, value);
    this.#last.set([name, ...Object.values(labels)].join(' '), value);
  }

  /** A gauge's value now, by its labels' values. */
  value(name: string, ...labels: readonly string[]): number | undefined {
    return this.#last.get([name, ...labels].join(' '));
  }

  observe(name: string, _labels: unknown, value: number): void {
    this.#keep(name, value);
  }

  remove(): void {}

  #add(name: string, by: number): void {
    this.#counts.set(name, this.counted(name) + by);
  }

  #keep(name: string, value: number): void {
    this.#values.set(name, [...this.observed(name), value]);
  }
}
