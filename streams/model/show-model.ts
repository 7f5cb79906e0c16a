/** What people see of the generation that serves. */
import type { Model } from '../../schemas/records';
import { topEigenvalueShare } from '../../src/als/top-eigenvalue';
import type { Meter } from '../../src/telemetry/meter';
import { CLOSED_LABELS } from '../../src/telemetry/series-kinds';
import type { ServingModel } from './serving-model';

/** Measures of a manifest's quality that are shown. */
const HOLDOUT_MEASURES = ['ndcg20', 'recall20', 'recall100', 'popular_ndcg20'] as const;

/** Generations whose live quality stays exported; lists of older ones are long replaced. */
const GENERATIONS_SHOWN = 5;

export function showModel(
  meter: Meter,
  { generation, tracks, als }: ServingModel,
  manifest: Model | undefined,
): void {
  const topShare = topEigenvalueShare(als.itemGramian, als.rule.factorCount);
  meter.set('segue_model_generation', {}, generation);
  meter.set('segue_model_items', {}, tracks.length);
  meter.set('segue_model_gramian_top_ratio', {}, topShare);
  beginQuality(meter, String(generation), CLOSED_LABELS.judged);
  forgetQuality(meter, generation - GENERATIONS_SHOWN);
  if (manifest === undefined) return;
  const { quality } = manifest;
  meter.set('segue_model_trained_timestamp_seconds', {}, manifest.trained_at / 1000);
  meter.set('segue_model_interactions', {}, manifest.interactions);
  meter.set('segue_model_users', {}, manifest.users);
  meter.set('segue_model_listens', {}, quality['total_listens'] ?? 0);
  meter.set('segue_users_in', {}, quality['users_in'] ?? 0);
  for (const measure of HOLDOUT_MEASURES)
    meter.set('segue_model_holdout_quality', { measure }, quality[measure] ?? 0);
}

/** Measures of a judged candidate and its rivals. */
const CANDIDATE_MEASURES = ['ndcg20', 'recall20', 'popular_ndcg20', 'reigning_ndcg20'] as const;

/** The newest generation that was compared with anything, whatever became of it. */
export function showCandidate(meter: Meter, manifests: readonly Model[]): void {
  const judged = manifests.filter(({ quality }) => quality['holdout_users'] !== undefined).at(-1);
  if (judged === undefined) return;
  const { quality, state } = judged;
  for (const measure of CANDIDATE_MEASURES)
    meter.set('segue_candidate_quality', { measure }, quality[measure] ?? 0);
  meter.set('segue_candidate_passed', {}, state === 'REJECTED' ? 0 : 1);
  if (quality['churn_compared_users'] === undefined) return;
  meter.set('segue_model_churn_ratio', { of: 'entries' }, quality['churn_entries20'] ?? 0);
  meter.set('segue_model_churn_ratio', { of: 'users' }, quality['churn_users20'] ?? 0);
}

/** A series that is born with a value loses it to every `increase`; so hits might seem more than trials. */
export function beginQuality(
  meter: Meter,
  generation: string,
  everyJudged: readonly (typeof CLOSED_LABELS.judged)[number][],
): void {
  for (const judged of everyJudged) {
    meter.count('segue_prediction_trials_total', { judged, generation }, 0);
    meter.count('segue_prediction_reciprocal_ranks_total', { judged, generation }, 0);
    for (const at of CLOSED_LABELS.at)
      meter.count('segue_prediction_hits_total', { judged, generation, at }, 0);
  }
}

function forgetQuality(meter: Meter, old: number): void {
  if (old < 0) return;
  const generation = String(old);
  meter.remove('segue_generation_freshness_seconds', { generation });
  for (const judged of CLOSED_LABELS.judged) {
    meter.remove('segue_prediction_trials_total', { judged, generation });
    meter.remove('segue_prediction_reciprocal_ranks_total', { judged, generation });
    for (const at of CLOSED_LABELS.at)
      meter.remove('segue_prediction_hits_total', { judged, generation, at });
  }
}
