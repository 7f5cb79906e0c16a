/** The bridge from cells to prom-client: the registry asks these when it writes the text format. */
import {
  Counter as ClientCounter,
  Gauge as ClientGauge,
  Histogram as ClientHistogram,
  type Registry,
} from 'prom-client';
import { type Cell, type CellLabels, HistogramCell } from './cells';
import { SERIES, type SeriesName } from './series';
import type { Series } from './series-kinds';

type Cells = ReadonlyMap<string, Cell>;

/** Makes `cells` the values of the series `name` in `registry`, read at each scrape. */
export function exportCells(registry: Registry, name: SeriesName, cells: Cells): void {
  const series: Series = SERIES[name];
  const common = { name, help: series.help, labelNames: series.labels, registers: [registry] };
  if (series.type === 'histogram') {
    new CellsHistogram(common, cells as ReadonlyMap<string, HistogramCell>);
    return;
  }
  const fill = (set: (labels: CellLabels, value: number) => void): void => {
    for (const cell of cells.values())
      if (!(cell instanceof HistogramCell) && cell.value !== undefined)
        set(cell.labels, cell.value);
  };
  if (series.type === 'counter')
    new ClientCounter({
      ...common,
      collect() {
        this.reset();
        fill((labels, value) => this.inc(labels, value));
      },
    });
  else
    new ClientGauge({
      ...common,
      collect() {
        this.reset();
        // prom-client gives a gauge without labels the value 0 before anybody has set one.
        if (series.labels.length === 0) this.remove();
        fill((labels, value) => this.set(labels, value));
      },
    });
}

interface HistogramDescription {
  readonly name: SeriesName;
  readonly help: string;
  readonly registers: Registry[];
}

interface HistogramLine {
  readonly metricName: string;
  readonly labels: CellLabels;
  readonly value: number;
}

/** A prom-client histogram can only be filled observation by observation; this one answers from cells. */
class CellsHistogram extends ClientHistogram {
  private readonly described: HistogramDescription;

  constructor(
    described: HistogramDescription,
    private readonly filled: ReadonlyMap<string, HistogramCell>,
  ) {
    super(described);
    this.described = described;
  }

  override async get(): ReturnType<ClientHistogram['get']> {
    const { name, help } = this.described;
    const values = [...this.filled.values()].flatMap((cell) => linesOf(name, cell));
    return { name, help, type: 'histogram', values, aggregator: 'sum', collect: () => {} } as never;
  }

  /** What the registry asks for first, where it is there. */
  getForPromString(): ReturnType<ClientHistogram['get']> {
    return this.get();
  }
}

function linesOf(name: string, cell: HistogramCell): readonly HistogramLine[] {
  const { labels, bounds, counts, sum } = cell;
  let cumulated = 0;
  const lines: HistogramLine[] = Array.from(counts, (count, bucket) => {
    cumulated += count;
    const le = bounds[bucket] ?? '+Inf';
    return { metricName: `${name}_bucket`, labels: { ...labels, le }, value: cumulated };
  });
  lines.push({ metricName: `${name}_sum`, labels, value: sum });
  lines.push({ metricName: `${name}_count`, labels, value: cumulated });
  return lines;
}
