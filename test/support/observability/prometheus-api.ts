/** Asks a running Prometheus, as Grafana does. */
import { setTimeout as pause } from 'node:timers/promises';

export interface Sample {
  readonly atMs: number;
  readonly value: number;
}

export interface SampledSeries {
  readonly labels: Readonly<Record<string, string>>;
  readonly samples: readonly Sample[];
}

export interface Span {
  readonly fromMs: number;
  readonly toMs: number;
  readonly stepSeconds: number;
}

interface Matrix {
  readonly result: readonly {
    readonly metric: Readonly<Record<string, string>>;
    readonly values?: readonly (readonly [number, string])[];
    readonly value?: readonly [number, string];
  }[];
}

/** From then until now, to the last sample: a step behind now sees it as well. As fine as scrapes are in tests. */
export function spanSince(fromMs: number): Span {
  const stepSeconds = 1;
  return { fromMs, toMs: Date.now() + 1000 * stepSeconds, stepSeconds };
}

const PATIENCE_MS = 180_000;

export class PrometheusApi {
  constructor(private readonly address: string) {}

  /** Every series of the answer over the span. Throws with Prometheus' own words where the query is wrong. */
  async range(query: string, { fromMs, toMs, stepSeconds }: Span): Promise<SampledSeries[]> {
    return seriesOf(
      await this.#get<Matrix>('query_range', {
        query,
        start: String(fromMs / 1000),
        end: String(toMs / 1000),
        step: String(stepSeconds),
      }),
    );
  }

  async now(query: string): Promise<SampledSeries[]> {
    return seriesOf(await this.#get<Matrix>('query', { query }));
  }

  /** The one value of an answer without labels; undefined where there is none. */
  async value(query: string): Promise<number | undefined> {
    return (await this.now(query))[0]?.samples[0]?.value;
  }

  labelValues(label: string, match: string): Promise<readonly string[]> {
    return this.#get<readonly string[]>(`label/${label}/values`, { 'match[]': match });
  }

  /** Waits until a condition in PromQL holds: until it answers with anything that is neither 0 nor NaN. */
  async until(condition: string): Promise<void> {
    const deadline = Date.now() + PATIENCE_MS;
    for (;;) {
      const found = await this.now(condition);
      if (found.some(({ samples }) => samples.some(({ value }) => Math.abs(value) > 0))) return;
      if (Date.now() > deadline) throw new Error(`never true: ${condition}`);
      await pause(250);
    }
  }

  async #get<T>(path: string, parameters: Readonly<Record<string, string>>): Promise<T> {
    const answer = await fetch(
      `http://${this.address}/api/v1/${path}?${new URLSearchParams(parameters)}`,
    );
    const body = (await answer.json()) as { status: string; error?: string; data: T };
    if (body.status !== 'success') throw new Error(body.error);
    return body.data;
  }
}

function seriesOf({ result }: Matrix): SampledSeries[] {
  return result.map(({ metric, values, value }) => ({
    labels: metric,
    samples: (values ?? (value === undefined ? [] : [value])).map(([seconds, text]) => ({
      atMs: seconds * 1000,
      value: Number(text.replace('Inf', 'Infinity')),
    })),
  }));
}
