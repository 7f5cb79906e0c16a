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

  /** All series of this name whose labels hold `label`, together. */
  histogram(name: string, label = ''): HistogramSnapshot {
    const cumulated = new Map<number, number>();
    for (const line of this.#matching(`${name}_bucket`, label)) {
      const bound = Number(/le="([^"]+)"/.exec(line)![1]!.replace('+Inf', 'Infinity'));
      const count = Number(line.slice(line.lastIndexOf(' ')));
      cumulated.set(bound, (cumulated.get(bound) ?? 0) + count);
    }
    const bounds = [...cumulated.keys()].sort((a, b) => a - b);
    const counts = bounds.map(
      (bound, place) => cumulated.get(bound)! - (cumulated.get(bounds[place - 1]!) ?? 0),
    );
    return {
      bounds: bounds.filter(Number.isFinite),
      counts,
      count: this.sum(`${name}_count`, label),
      sum: this.sum(`${name}_sum`, label),
    };
  }

  #matching(name: string, label: string): string[] {
    return this.lines.filter(
      (line) =>
        (line.startsWith(`${name}{`) || line.startsWith(`${name} `)) && line.includes(label),
    );
  }
}

/** Upper bound of the highest bucket that holds anything. */
export function largestBound({ bounds, counts }: HistogramSnapshot): number {
  const last = counts.findLastIndex((count) => count > 0);
  return bounds[last] ?? Number.POSITIVE_INFINITY;
}
