/**
 * Running totals of a slot, exact because they are committed with the step they belong to: named counters, and named
 * histograms that say how many things have exactly a value (value 0 is not kept: things that do not exist).
 */
export class Sums {
  readonly #counters = new Map<string, number>();
  readonly #histograms = new Map<string, Map<number, number>>();

  add(name: string, by = 1): void {
    this.#counters.set(name, (this.#counters.get(name) ?? 0) + by);
  }

  get(name: string): number {
    return this.#counters.get(name) ?? 0;
  }

  /** Forgets the counters whose name `drop` answers true for. */
  forget(drop: (name: string) => boolean): void {
    for (const name of [...this.#counters.keys()]) if (drop(name)) this.#counters.delete(name);
  }

  /** One thing's value changed. */
  move(histogram: string, from: number, to: number): void {
    if (from === to) return;
    const bins = this.#bins(histogram);
    if (from !== 0) change(bins, from, -1);
    if (to !== 0) change(bins, to, 1);
  }

  histogram(name: string): ReadonlyMap<number, number> {
    return this.#histograms.get(name) ?? new Map();
  }

  toRecord(): SumsRecord {
    return {
      sums: Object.fromEntries([...this.#counters].sort(byName)),
      histograms: Object.fromEntries(
        [...this.#histograms].sort(byName).map(([name, bins]) => [name, toBins(bins)]),
      ),
    };
  }

  static fromRecord(record: SumsRecord): Sums {
    const sums = new Sums();
    for (const [name, value] of Object.entries(record.sums)) sums.#counters.set(name, value);
    for (const [name, bins] of Object.entries(record.histograms)) {
      sums.#histograms.set(name, new Map(bins.map(({ value, count }) => [value, count])));
    }
    return sums;
  }

  #bins(name: string): Map<number, number> {
    let bins = this.#histograms.get(name);
    if (bins === undefined) {
      bins = new Map();
      this.#histograms.set(name, bins);
    }
    return bins;
  }
}

export interface SumsRecord {
  readonly sums: Record<string, number>;
  readonly histograms: Record<string, { readonly value: number; readonly count: number }[]>;
}

function change(bins: Map<number, number>, value: number, by: number): void {
  const count = (bins.get(value) ?? 0) + by;
  if (count === 0) bins.delete(value);
  else bins.set(value, count);
}

function toBins(bins: Map<number, number>): { value: number; count: number }[] {
  return [...bins].sort((a, b) => a[0] - b[0]).map(([value, count]) => ({ value, count }));
}

function byName(a: readonly [string, unknown], b: readonly [string, unknown]): number {
  return a[0] < b[0] ? -1 : 1;
}
