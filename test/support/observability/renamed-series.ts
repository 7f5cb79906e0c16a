/** A test of the test: what would be found if a series had another name than dashboards and rules think. */
import { SERIES, type SeriesName } from '../../../src/telemetry/series';
import type { GivenQuery } from '../grafana/queries';
import { type Exceptions, faultsOf } from './evaluate-queries';
import type { PrometheusApi, Span } from './prometheus-api';

/** Series whose renaming would go unnoticed; empty when each is missed by some query. */
export async function unnoticedRenamings(
  queries: readonly GivenQuery[],
  api: PrometheusApi,
  span: Span,
  exceptions: Exceptions,
): Promise<string[]> {
  const unnoticed: string[] = [];
  for (const name of Object.keys(SERIES) as SeriesName[]) {
    const pattern = new RegExp(`\\b${name}(?=(_bucket|_sum|_count)?\\b)`, 'g');
    const renamed = queries
      .filter(({ expr }) => expr.search(pattern) >= 0)
      .map((query) => ({ ...query, expr: query.expr.replaceAll(pattern, `${name}_renamed`) }));
    if (renamed.length === 0) continue;
    if ((await faultsOf(renamed, api, span, exceptions)).length === 0) unnoticed.push(name);
  }
  return unnoticed;
}
