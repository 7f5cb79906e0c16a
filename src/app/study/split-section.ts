/** The part of a report about one split: its models, under every metric, in tables and charts. */
import type { EvaluatedModel } from '../../study/evaluate-study';
import { type Bar, bars, heatMaps, lines } from '../../study/report/chart-specs';
import { type Block, heading, paragraph, shown, table } from '../../study/report/document';
import { drawChart } from '../../study/report/draw-chart';
import { CUT_OFFS, HEADLINE } from '../../study/study-metrics';
import { bestOf, SPLIT_TITLES, warmMean } from './findings';
import type { SplitReport } from './report-data';

const DESCRIPTIONS = {
  pairs:
    "The study's kind of split: of each user's distinct tracks, 80 % at random are learnt from. A pair is never on both " +
    'sides. The filter is learnt on the training part only; users with the fewest listens are kept apart as new. A random ' +
    'split inside sessions rewards what is heard together, so its level says nothing about other splits.',
  time:
    'What was heard before a moment is learnt from; held out is what is new to the user after it. Nothing of the ' +
    'future is known: this is what a live system meets. New users are those with too little before that moment.',
  'study-order':
    'As the study did it: the filter is learnt on everything before the split, so that it has seen what is held out. ' +
    'For comparison only.',
} as const;

export async function splitSection(split: SplitReport): Promise<Block[]> {
  const { test } = split;
  const { models } = split.evaluation;
  const splitTime =
    test.splitTime === undefined
      ? ''
      : ` Held out from ${new Date(test.splitTime * 1000).toISOString()} on.`;
  return [
    heading(2, SPLIT_TITLES[split.name]),
    paragraph(DESCRIPTIONS[split.name] + splitTime),
    paragraph(
      `Learnt from: ${shown(test.after.users)} users, ${shown(test.after.items)} tracks. Judged by ${shown(test.warmUsers)} users with ` +
        `${shown(test.warmTargets)} held-out tracks, and ${shown(test.coldUsers)} new users with ${shown(test.coldTargets)}; ` +
        `${shown(test.unreachableTargets)} held-out pairs are of tracks that did not pass the filter and count for nobody.`,
    ),
    await barChart(split),
    qualityTable('Warm users, known tracks left out', models, 'warm.masked'),
    catalogueTable(models),
    qualityTable(
      'Warm users, known tracks not left out (as the study measured: each known track in a list is a sure miss)',
      models,
      'warm.open',
    ),
    ...(test.coldUsers > 0
      ? [
          qualityTable(
            'New users, from their own history where a model can use it (LightFM cannot, and falls back on what is liked in general)',
            models,
            'cold.masked',
          ),
        ]
      : []),
    ...(await gridCharts(split)),
    ...baselineBlocks(split),
    ...(await curveChart(split)),
    await activityChart(split),
    ...split.leftOut.map((text) => paragraph(`Left out: ${text}.`)),
  ];
}

type Judged = keyof EvaluatedModel['figures'];

const COLUMNS: readonly (readonly [string, string])[] = [
  ['MAP At(100)', HEADLINE],
  ['MAP', 'meanAveragePrecision'],
  ...CUT_OFFS.map((k) => [`Recall@${k}`, `Recall@${k}`] as const),
  ...CUT_OFFS.map((k) => [`Precision@${k}`, `Precision@${k}`] as const),
  ...CUT_OFFS.map((k) => [`NDCG@${k}`, `NDCG@${k}`] as const),
  ['MRR@100', 'MRR@100'],
  ['AUC', 'AUC'],
];

function qualityTable(caption: string, models: readonly EvaluatedModel[], judged: Judged): Block {
  return table(
    `${caption}. MAP At(100): Spark's meanAveragePrecisionAt(100), with its 95 % interval; MAP: Spark's meanAveragePrecision`,
    ['model', ...COLUMNS.map(([title]) => title), '95 % of MAP At(100)'],
    models.map((model) => {
      const metrics = model.figures[judged]?.metrics ?? {};
      const { low = Number.NaN, high = Number.NaN } = metrics[HEADLINE] ?? {};
      return [
        model.name,
        ...COLUMNS.map(([, metric]) => metrics[metric]?.mean ?? Number.NaN),
        `${shown(low)} – ${shown(high)}`,
      ];
    }),
  );
}

function catalogueTable(models: readonly EvaluatedModel[]): Block {
  return table(
    'Warm users, known tracks left out: share of the catalogue that is on some list, novelty in bits, and what the fit took',
    [
      'model',
      ...CUT_OFFS.map((k) => `coverage@${k}`),
      ...CUT_OFFS.map((k) => `novelty@${k}`),
      'fit, s',
      'memory, MB',
      'settings',
    ],
    models.map(({ name, figures, fitSeconds, bytes, settings }) => {
      const judged = figures['warm.masked'];
      return [
        name,
        ...CUT_OFFS.map((k) => judged?.coverage[k] ?? Number.NaN),
        ...CUT_OFFS.map((k) => judged?.novelty[k] ?? Number.NaN),
        Math.round(fitSeconds * 100) / 100,
        bytes === undefined ? '' : Math.round(bytes / 1e5) / 10,
        Object.entries(settings)
          .map(([key, value]) => `${key} ${value}`)
          .join(', '),
      ];
    }),
  );
}

/** For charts, where there is little room: without the settings. */
function shortName(name: string): string {
  return name.replace(/ \(.*\)$/, '');
}

function barChart({ name, evaluation }: SplitReport): Promise<Block> {
  const rows: Bar[] = [...evaluation.models]
    .filter(({ id }) => !id.startsWith('popular-damped'))
    .sort((a, b) => warmMean(b, HEADLINE) - warmMean(a, HEADLINE))
    .map((model) => {
      const { mean = 0, low = 0, high = 0 } = model.figures['warm.masked']?.metrics[HEADLINE] ?? {};
      return { label: shortName(model.name), group: model.family, value: mean, low, high };
    });
  return drawChart(
    `models-${name}`,
    `${HEADLINE} of each model, with its 95 % interval over users.`,
    bars(rows, HEADLINE),
  );
}

async function gridCharts({ name, als }: SplitReport): Promise<Block[]> {
  if (als === undefined) return [];
  const cells = als.results.map(({ factors, alpha, lambda, quality }) => {
    return { facet: `${factors} factors`, x: lambda, y: alpha, value: quality };
  });
  const factors = [...new Set(als.results.map((one) => one.factors))];
  const best = factors.map((count) =>
    Math.max(...als.results.filter((one) => one.factors === count).map(({ quality }) => quality)),
  );
  return [
    await drawChart(
      `grid-${name}`,
      `The grid of ALS on the validation part: ${HEADLINE} by α and λ, a map for each number of factors.`,
      heatMaps(cells, { x: 'λ', y: 'α', value: 'MAP At(100)' }),
    ),
    await drawChart(
      `factors-${name}`,
      'The best of each number of factors on the validation part.',
      lines(
        factors.map((x, at) => ({ series: 'ALS, best α and λ', x, y: best[at]! })),
        { x: { title: 'factors' }, y: { title: HEADLINE } },
      ),
    ),
  ];
}

function baselineBlocks({ baseline }: SplitReport): Block[] {
  if (baseline === undefined) return [];
  return [
    table(
      `Popularity on the validation part, known tracks left out. With β growing, listens / (listeners + β) becomes the ranking by raw listens`,
      ['rule', HEADLINE],
      baseline.grid.map(({ name, quality }) => [name, quality]),
    ),
  ];
}

async function curveChart({ name, als, lightfm }: SplitReport): Promise<Block[]> {
  const curves = [
    ...(als ? [{ series: 'ALS, best of the grid', curve: als.curve }] : []),
    ...Object.entries(lightfm ?? {}).map(([series, { curve }]) => ({ series, curve })),
  ];
  if (curves.length === 0) return [];
  const rows = curves.flatMap(({ series, curve }) => curve.map(([x, y]) => ({ series, x, y })));
  return [
    await drawChart(
      `epochs-${name}`,
      'Quality on the validation part by epoch; fits stop when it has not grown twice in a row.',
      lines(rows, { x: { title: 'epoch' }, y: { title: HEADLINE } }),
    ),
  ];
}

function activityChart({ name, evaluation }: SplitReport): Promise<Block> {
  const { models, bestPopularity } = evaluation;
  const chosen = [
    models.find(({ id }) => id === bestPopularity),
    bestOf(models, 'als'),
    bestOf(models, 'lightfm'),
    bestOf(models, 'yardstick'),
  ].filter((model) => model !== undefined);
  const rows = chosen.flatMap(({ name: model, byActivity }) =>
    byActivity.map(({ from, to, quality }) => ({
      series: shortName(model),
      x: (from + to) / 2,
      y: quality,
    })),
  );
  return drawChart(
    `activity-${name}`,
    'Quality by how many tracks a user has in training: eight groups of equal size, best model of each family.',
    lines(rows, {
      x: { title: 'tracks in training (middle of the group)', scale: 'log' },
      y: { title: HEADLINE },
    }),
  );
}
