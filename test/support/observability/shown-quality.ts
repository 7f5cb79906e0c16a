/** Live quality as Prometheus has it: the counters of all processes, added up. */
import type { PrometheusApi } from './prometheus-api';
import { type Quality, rounded } from './replay-quality';

const COUNTERS = {
  trials: (judged: string) => `segue_prediction_trials_total{${judged}}`,
  hits10: (judged: string) => `segue_prediction_hits_total{${judged}, at="10"}`,
  hits20: (judged: string) => `segue_prediction_hits_total{${judged}, at="20"}`,
  hits100: (judged: string) => `segue_prediction_hits_total{${judged}, at="100"}`,
  reciprocal: (judged: string) => `segue_prediction_reciprocal_ranks_total{${judged}}`,
} as const;

/** `judged`: what to show, as a pattern. */
export async function shownQuality(api: PrometheusApi, judged: string): Promise<Quality> {
  const quality: Record<string, Quality[string]> = {};
  for (const [name, counter] of Object.entries(COUNTERS)) {
    const series = counter(`judged=~"${judged}"`);
    for (const { labels, samples } of await api.now(`sum by (judged, generation) (${series})`)) {
      const key = `${labels['judged']}/${labels['generation']}`;
      quality[key] ??= { trials: 0, hits10: 0, hits20: 0, hits100: 0, reciprocal: 0 };
      quality[key][name as keyof Quality[string]] = samples[0]!.value;
    }
  }
  const tried = Object.entries(quality).filter(([, { trials }]) => trials > 0);
  return rounded(Object.fromEntries(tried));
}
