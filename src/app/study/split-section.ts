/** The part of a report about one split: its models, under every metric, in tables and charts. */
import type { EvaluatedModel } from '../../study/evaluate-study';
import { type Bar, bars, heatMaps, lines, type Series } from '../../study/report/chart-specs';
import { type Block, heading, paragraph, shown, table } from '../../study/report/document';
import { drawChart } from '../../study/report/draw-chart';
import { CUT_OFFS, HEADLINE } from '../../study/study-metrics';
import { pairedTable } from './comparison-sections';
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
    ...pairedTable(split),
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
    ['model', 'MAP At(100)', '95 % interval', ...COLUMNS.map(([title]) => title)],
    models.map((model) => {
      const metrics = model.figures[judged]?.metrics ?? {};
      const { low = Number.NaN, high = Number.NaN } = metrics[HEADLINE] ?? {};
      return [
        shortName(model.name),
        metrics[HEADLINE]?.mean ?? Number.NaN,
        `${shown(low)} – ${shown(high)}`,
        ...COLUMNS.map(([, metric]) => metrics[metric]?.mean ?? Number.NaN),
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
        shortName(name),
        ...CUT_OFFS.map((k) => judged?.coverage[k] ?? Number.NaN),
        ...CUT_OFFS.map((k) => judged?.novelty[k] ?? Number.NaN),
        fitSeconds.toFixed(2),
        bytes === undefined ? '' : (bytes / 1e6).toFixed(1),
        Object.entries(settings)
          .map(([key, value]) => `${key} ${value}`)
          .join(', '),
      ];
    }),
  );
}

/** Where there is little room: without the settings, which stand in a table. */
function shortName(name: string): string {
  return name.replace(/ \(.*\)$/, '').replace(/, \d+ components$/, '');
}

const FAMILIES = {
  popularity: 'popularity',
  als: 'ALS',
  lightfm: 'LightFM',
  yardstick: 'item models',
} as const;

function barChart({ name, evaluation }: SplitReport): Promise<Block> {
  const rows: Bar[] = [...evaluation.models]
    .filter(({ id }) => !id.startsWith('popular-damped'))
    .sort((a, b) => warmMean(b, HEADLINE) - warmMean(a, HEADLINE))
    .map((model) => {
      const { mean = 0, low = 0, high = 0 } = model.figures['warm.masked']?.metrics[HEADLINE] ?? {};
      return {
        label: shortName(model.name),
        group: FAMILIES[model.family],
        value: mean,
        low,
        high,
      };
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
  const bestOfAlpha = new Map<string, Series>();
  for (const { factors: x, alpha, quality: y } of als.results) {
    const known = bestOfAlpha.get(`${x} ${alpha}`);
    if (known === undefined || y > known.y)
      bestOfAlpha.set(`${x} ${alpha}`, { series: `α ${alpha}, its best λ`, x, y });
  }
  const factors = [...new Set(als.results.map((one) => one.factors))];
  return [
    await drawChart(
      `grid-${name}`,
      `The grid of ALS on the validation part: ${HEADLINE} by α and λ, a map for each number of factors. Each point is taken ` +
        'after its best epoch, and within a map starts from the items of the one before it (α upwards, λ downwards).',
      heatMaps(cells, { x: 'λ', y: 'α', value: 'MAP At(100)' }),
    ),
    await drawChart(
      `factors-${name}`,
      'ALS by its number of factors on the validation part.',
      lines([...bestOfAlpha.values()], {
        x: { title: 'factors', values: factors },
        y: { title: HEADLINE },
      }),
    ),
    table(
      'The best points of the grid, fitted again from starts of their own, as the chosen one is on the whole training part',
      ['factors', 'α', 'λ', 'epochs', `${HEADLINE} on the validation part`],
      als.finalists.map(({ factors: count, alpha, lambda, epochs, quality }) => [
        count,
        String(alpha),
        String(lambda),
        epochs,
        quality,
      ]),
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

async function curveChart({ name, als, lightfm, evaluation }: SplitReport): Promise<Block[]> {
  const nameOf = (id: string) => evaluation.models.find((model) => model.id === id)?.name ?? id;
  const curves = [
    ...(als ? [{ series: 'ALS, best of the grid', curve: als.curve }] : []),
    ...Object.entries(lightfm ?? {}).map(([id, { curve }]) => ({
      series: shortName(nameOf(id)),
      curve,
    })),
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
  const kinds = ['popularity', 'recent', 'als', 'lightfm', 'yardstick'] as const;
  const chosen = kinds
    .map((kind) => bestOf(evaluation, kind))
    .filter((model) => model !== undefined);
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
