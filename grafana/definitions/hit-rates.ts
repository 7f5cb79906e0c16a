/** Live quality in PromQL: how often what users came to hear was among the first of a list. */
import { ON_INSTANCE, WINDOW } from './spec';

/** Of the window's trials; `by`: labels to tell apart. */
export function hitRate(judged: string, at: number, by = ''): string {
  const share = `${hits(judged, at, by)} / ${trials(judged, by)}`;
  // Prometheus extrapolates each rate by itself, so that with few trials there may seem to be more hits than trials.
  return `clamp_max(${share}, 1)`;
}

export function hits(judged: string, at: number, by = ''): string {
  return `sum${by} (increase(segue_prediction_hits_total{judged="${judged}", at="${at}", ${ON_INSTANCE}}${WINDOW}))`;
}

export function trials(judged: string, by = ''): string {
  return `sum${by} (increase(segue_prediction_trials_total{judged="${judged}", ${ON_INSTANCE}}${WINDOW}))`;
}
