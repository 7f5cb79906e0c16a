/** What a dashboard is made of, as plain data; build-dashboard.ts turns it into what Grafana reads. */
import {
  BytesIEC,
  BytesPerSecondIEC,
  PercentUnit,
  Seconds,
  Short,
} from '@grafana/grafana-foundation-sdk/units';

export const UNITS = {
  seconds: Seconds,
  share: PercentUnit,
  bytes: BytesIEC,
  'bytes a second': BytesPerSecondIEC,
  number: Short,
  'a second': 'cps',
  text: 'none',
} as const;

export interface Query {
  /** PromQL. */
  readonly expr: string;
  /** Grafana's legend format; names each line. */
  readonly legend: string;
}

/** From where on a value is doubtful, and from where on it is bad. */
export type Limits =
  | { readonly above: readonly [doubtful: number, bad: number] }
  | { readonly below: readonly [doubtful: number, bad: number] };

export interface PanelSpec {
  readonly kind: 'stat' | 'lines' | 'stack' | 'heatmap' | 'bars' | 'table';
  readonly title: string;
  /** What it shows, and what to do when it looks bad. */
  readonly description: string;
  readonly unit: keyof typeof UNITS;
  readonly queries: readonly Query[];
  readonly limits?: Limits;
  /** Of 24 columns; by default 4 for a stat, else 8. */
  readonly width?: number;
  readonly height?: number;
  readonly max?: number;
}

export interface RowSpec {
  readonly title: string;
  readonly panels: readonly PanelSpec[];
}

export interface DashboardSpec {
  /** Also the name of its file. */
  readonly uid: string;
  readonly title: string;
  readonly description: string;
  readonly rows: readonly RowSpec[];
}

/** Label matchers of the variables. */
export const ON_INSTANCE = 'instance=~"$instance"';
export const ON_PARTITION = 'instance=~"$instance", partition=~"$partition"';
/** Of every rate: follows the zoom, and never falls below four scrapes. */
export const RATE = '[$__rate_interval]';
/** Of live quality, whose events are few. */
export const WINDOW = '[$window]';

/** Quantiles of a histogram over all selected instances. */
export function quantiles(
  histogram: string,
  qs: readonly number[],
  matchers = ON_INSTANCE,
): Query[] {
  return qs.map((q) => ({
    expr: `histogram_quantile(${q}, sum by (le) (rate(${histogram}_bucket{${matchers}}${RATE})))`,
    legend: `p${q * 100}`,
  }));
}

export function one(expr: string, legend: string): readonly Query[] {
  return [{ expr, legend }];
}
