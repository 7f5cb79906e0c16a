/** What a study came to, in sentences; each from its figures, so that none can be out of date. */
import type { Contender, EvaluatedModel, Evaluation } from '../../study/evaluate-study';
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

/** So many metrics are told with their figures. */
const TOLD_MAX = 4;

/** By which models are compared at every cut-off. */
const COMPARED = ['meanAveragePrecisionAt', 'Recall', 'Precision', 'NDCG', 'MRR'] as const;
export const COMPARED_METRICS: readonly string[] = COMPARED.flatMap((name) =>
  CUT_OFFS.map((k) => (name === 'meanAveragePrecisionAt' ? `${name}(${k})` : `${name}@${k}`)),
);

export function findings(split: SplitReport): string[] {
  const { evaluation } = split;
  return [
    ...bestSentence(evaluation.models),
    ...againstPopularity(evaluation, 'popularity'),
    ...againstPopularity(evaluation, 'recent'),
    ...sideBySide(evaluation),
    ...aucSentence(evaluation),
    ...studyAucSentence(split),
    ...edgeSentences(split),
  ];
}

export function bestOf(
  { models, best }: Evaluation,
  contender: Contender,
): EvaluatedModel | undefined {
  return models.find(({ id }) => id === best[contender]);
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

const RIVALS = {
  popularity: "the best popularity list of the study's kind",
  recent: 'the list of what is popular of late',
} as const;

/** Where ALS wins, by how much, and each metric where the margin is small, with its figures. */
function againstPopularity(evaluation: Evaluation, rival: 'popularity' | 'recent'): string[] {
  const als = bestOf(evaluation, 'als');
  const popular = bestOf(evaluation, rival);
  const compared = evaluation.comparisons.find((one) => one.of === 'als' && one.against === rival);
  if (als === undefined || popular === undefined || compared === undefined) return [];
  const differenceOf = (metric: string) => compared.metrics[metric]!;
  const higher = COMPARED_METRICS.filter((metric) => differenceOf(metric).difference > 0);
  const close = higher.filter((metric) => {
    const { difference, standardError } = differenceOf(metric);
    return difference <= ERRORS_MIN * standardError;
  });
  const figures = (metrics: readonly string[]) => {
    if (metrics.length > TOLD_MAX) return `${metrics.join(', ')} (figures in the table)`;
    return metrics
      .map((metric) => {
        const { difference, standardError } = differenceOf(metric);
        const pair = `${shown(warmMean(als, metric))} against ${shown(warmMean(popular, metric))}`;
        return `${metric} (${pair}, difference ${shown(difference)} ± ${shown(standardError)})`;
      })
      .join(', ');
  };
  const all = COMPARED_METRICS.length;
  const where =
    higher.length === all ? 'every metric at every cut-off' : `${higher.length} of ${all} metrics`;
  const times = (warmMean(als, HEADLINE) / warmMean(popular, HEADLINE)).toFixed(1);
  const others = COMPARED_METRICS.filter((metric) => !higher.includes(metric));
  return [
    `ALS beats ${RIVALS[rival]} (${popular.name}) by ${where} (${COMPARED.join(', ')} at ${CUT_OFFS.join(', ')}), ` +
      `${times} times by ${HEADLINE}. By more than ${ERRORS_MIN} standard errors of the paired difference: ` +
      `${higher.length - close.length} of ${all}.` +
      (close.length > 0 ? ` By less: ${figures(close)}.` : '') +
      (others.length > 0 ? ` Not by ${figures(others)}.` : ''),
  ];
}

function sideBySide(evaluation: Evaluation): string[] {
  const als = bestOf(evaluation, 'als');
  const lightFm = bestOf(evaluation, 'lightfm');
  if (als === undefined || lightFm === undefined) return [];
  const compared = evaluation.comparisons.find((one) => one.against === 'lightfm');
  const pair = (metric: string) => {
    const difference = compared?.metrics[metric];
    const figures = `${metric} ${shown(warmMean(als, metric))} against ${shown(warmMean(lightFm, metric))}`;
    if (difference === undefined) return figures;
    return `${figures} (difference ${shown(difference.difference)} ± ${shown(difference.standardError)})`;
  };
  const metrics = [HEADLINE, 'Recall@20', 'NDCG@20', 'Precision@100', 'AUC'];
  return [
    `Under the same metrics, ${als.name} against ${lightFm.name}: ${metrics.map(pair).join(', ')}. ` +
      `(The study set LightFM's Precision@100 beside the ${HEADLINE} of ALS.)`,
  ];
}

function aucSentence({ models }: Evaluation): string[] {
  const byAuc = models
    .filter(({ family }) => family === 'lightfm')
    .sort((a, b) => warmMean(a, 'AUC') - warmMean(b, 'AUC'));
  const [lowest] = byAuc;
  const highest = byAuc.at(-1);
  if (lowest === undefined || highest === undefined) return [];
  return [
    `LightFM's AUC on held-out tracks lies between ${shown(warmMean(lowest, 'AUC'))} (${lowest.name}) and ` +
      `${shown(warmMean(highest, 'AUC'))} (${highest.name}); chance is 0.5.`,
  ];
}

function studyAucSentence({ aucCauses }: SplitReport): string[] {
  if (aucCauses === undefined) return [];
  const heldOut = aucCauses.right[1]!.auc;
  const [, , orderTraining, orderHeldOut] = aucCauses.mistakes.map(({ auc }) => auc);
  return [
    `The study's LightFM had an AUC of 0.47 and 0.41 on held-out tracks, below chance. Its setting, rightly split and judged, has ` +
      `${shown(heldOut)} here. Split in one order of tracks for everybody, as the study's unordered rows may have been, it has ` +
      `${shown(orderTraining!)} in training and ${shown(orderHeldOut!)} on held-out tracks: the study's picture (more below).`,
  ];
}

function edgeSentences({ als }: SplitReport): string[] {
  if (als === undefined) return [];
  if (als.edges.length === 0) return ['The best point of the grid of ALS lies inside of it.'];
  const edges = als.edges.map(({ parameter, value, side }) => `${parameter} ${value} (${side})`);
  return [
    `The best point of the grid of ALS lies at its edge: ${edges.join(', ')}. Wider values may be better still.`,
  ];
}
