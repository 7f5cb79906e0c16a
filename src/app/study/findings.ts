/** What a study came to, in sentences; each from its figures, so that none can be out of date. */
import type { EvaluatedModel } from '../../study/evaluate-study';
import type { ModelRecord } from '../../study/judged-model';
import { shown } from '../../study/report/document';
import { CUT_OFFS, HEADLINE } from '../../study/study-metrics';
import type { SplitReport } from './report-data';

export const SPLIT_TITLES = {
  pairs: 'Pairs of each user at random',
  time: 'Everybody at the same time',
  'study-order': "Pairs at random, filtered before the split (the study's order)",
} as const;

/** A difference of so many standard errors is called one. */
const ERRORS_MIN = 2;

export function findings(split: SplitReport): string[] {
  const { models } = split.evaluation;
  const popular = models.find(({ id }) => id === split.evaluation.bestPopularity);
  const als = bestOf(models, 'als');
  const lightFm = bestOf(models, 'lightfm');
  return [
    ...bestSentence(models),
    ...(als && popular ? [againstPopularity(als, popular)] : []),
    ...(als && lightFm ? [sideBySide(als, lightFm)] : []),
    ...(lightFm ? [aucSentence(models)] : []),
    ...edgeSentences(split),
  ];
}

export function bestOf(
  models: readonly EvaluatedModel[],
  family: ModelRecord['family'],
): EvaluatedModel | undefined {
  return models
    .filter((model) => model.family === family)
    .sort((a, b) => warmMean(b, HEADLINE) - warmMean(a, HEADLINE))[0];
}

/** Of warm users with known tracks left out. */
export function warmMean(model: EvaluatedModel, metric: string): number {
  return model.figures['warm.masked']?.metrics[metric]?.mean ?? Number.NaN;
}

function bestSentence(models: readonly EvaluatedModel[]): string[] {
  const best = [...models].sort((a, b) => warmMean(b, HEADLINE) - warmMean(a, HEADLINE))[0];
  if (best === undefined) return [];
  return [`Best by ${HEADLINE}: ${best.name}, ${shown(warmMean(best, HEADLINE))}.`];
}

function againstPopularity(als: EvaluatedModel, popular: EvaluatedModel): string {
  const metrics = ['meanAveragePrecisionAt', 'Recall', 'Precision', 'NDCG'].flatMap((name) =>
    CUT_OFFS.map((k) => (name === 'meanAveragePrecisionAt' ? `${name}(${k})` : `${name}@${k}`)),
  );
  const beaten = metrics.filter((metric) => {
    const { difference, standardError } = als.againstPopularity[metric]!;
    return difference > ERRORS_MIN * standardError;
  });
  const times = warmMean(als, HEADLINE) / warmMean(popular, HEADLINE);
  const where =
    beaten.length === metrics.length
      ? 'by every metric at every cut-off (10, 20, 100)'
      : `by ${beaten.length} of ${metrics.length} metrics and cut-offs`;
  return (
    `ALS beats the best popularity list (${popular.name}) ${where}, by more than ${ERRORS_MIN} standard errors ` +
    `of the paired difference; ${shown(times)} times its ${HEADLINE}.`
  );
}

function sideBySide(als: EvaluatedModel, lightFm: EvaluatedModel): string {
  const pair = (metric: string) =>
    `${metric} ${shown(warmMean(als, metric))} against ${shown(warmMean(lightFm, metric))}`;
  return `Under the same metrics, ALS (${als.name}) against LightFM (${lightFm.name}): ${['meanAveragePrecisionAt(100)', 'Recall@20', 'NDCG@20', 'AUC'].map(pair).join(', ')}.`;
}

function aucSentence(models: readonly EvaluatedModel[]): string {
  const aucs = models
    .filter(({ family }) => family === 'lightfm')
    .map((model) => warmMean(model, 'AUC'));
  return `LightFM's AUC on held-out tracks lies between ${shown(Math.min(...aucs))} and ${shown(Math.max(...aucs))}; chance is 0.5.`;
}

function edgeSentences({ als }: SplitReport): string[] {
  if (als === undefined) return [];
  if (als.edges.length === 0) return ['The best point of the grid of ALS lies inside of it.'];
  const edges = als.edges.map(({ parameter, value, side }) => `${parameter} ${value} (${side})`);
  return [
    `The best point of the grid of ALS lies at its edge: ${edges.join(', ')}. Wider values may be better still.`,
  ];
}
