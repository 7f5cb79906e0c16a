/** Reads a process's own figures from its /metrics, as Prometheus would. */
import type { HistogramSnapshot } from '../../src/telemetry/histogram-snapshot';

export class Scrape {
  private constructor(private readonly lines: readonly string[]) {}

  static async of(url: string): Promise<Scrape> {
    const response = await fetch(`${url}/metrics`);
    return new Scrape((await response.text()).split('\n'));
  }

  /** Sum of all series of this name whose labels hold `label`. */
  sum(name: string, label = ''): number {
    return this.#matching(name, label).reduce(
      (sum, line) => sum + Number(line.slice(line.lastIndexOf(' '))),
      0,
    );
  }

  /** How many series of this name there are. */
  count(name: string): number {
    return this.#matching(name, '').length;
  }

  histogram(name: string): HistogramSnapshot {
    const buckets = this.#matching(`${name}_bucket`, 'le="').map((line) => ({
      bound: Number(/le="([^"]+)"/.exec(line)![1]!.replace('+Inf', 'Infinity')),
      count: Number(line.slice(line.lastIndexOf(' '))),
    }));
    // Prometheus' buckets are cumulative.
    const counts = buckets.map(({ count }, place) => count - (buckets[place - 1]?.count ?? 0));
    const bounds = buckets.map(({ bound }) => bound).filter(Number.isFinite);
    return { bounds, counts, count: this.sum(`${name}_count`), sum: this.sum(`${name}_sum`) };
  }

  #matching(name: string, label: string): string[] {
    return this.lines.filter(
      (line) =>
        (line.startsWith(`${name}{`) || line.startsWith(`${name} `)) && line.includes(label),
    );
  }
}
