/** What a product owner looks at: how fresh lists are, how good, how many get one of their own, and the model behind. */
import { hitRate, hits, trials } from './hit-rates';
import { MODEL } from './model';
import {
  type DashboardSpec,
  ON_INSTANCE,
  ON_PARTITION,
  one,
  type PanelSpec,
  quantiles,
  RATE,
  WINDOW,
} from './spec';

const NOW: readonly PanelSpec[] = [
  {
    kind: 'stat',
    title: 'Freshness, p99',
    description:
      'From a listen being produced to the list that knows it being committed; 99 of 100 are faster. Above a second: look at the stages below, then at lag and steps in the Stream dashboard.',
    unit: 'seconds',
    queries: quantiles('segue_freshness_seconds', [0.99]),
    limits: { above: [0.5, 1] },
  },
  {
    kind: 'stat',
    title: 'Lists within a second',
    description:
      'Share of changed lists committed within a second of the listen. The objective is 99 %; below it the alert SegueFreshness goes off, see the runbook.',
    unit: 'share',
    queries: one(
      `sum(rate(segue_freshness_seconds_bucket{le="1", ${ON_INSTANCE}}${RATE})) / sum(rate(segue_freshness_seconds_count{${ON_INSTANCE}}${RATE}))`,
      'within 1 s',
    ),
    limits: { below: [0.99, 0.95] },
  },
  {
    kind: 'stat',
    title: 'Personal against popular',
    description:
      'Hits at 100 of personal lists, divided by what the popular list would have hit on the same trials. Below 1 the model does not earn its keep: retrain, or roll back to the generation before.',
    unit: 'number',
    queries: one(
      `${hits('personal', 100)} / ${hits('popular-beside', 100)}`,
      'times the popular list',
    ),
    limits: { below: [1.2, 1] },
  },
  {
    kind: 'stat',
    title: 'Users with a list of their own',
    description:
      'Share of users whose list is personal; the others have too few tracks with factors and get the popular list. Falling: the threshold may be too high, or the model too old.',
    unit: 'share',
    queries: one(
      'max(segue_users_by_list{list="personal"}) / (max(segue_users_by_list{list="personal"}) + max(segue_users_by_list{list="popular"}))',
      'personal',
    ),
  },
  {
    kind: 'stat',
    title: 'Generation',
    description:
      'The generation of the model that serves. Its history is marked in all graphs. Two numbers in the graph below for more than a moment: a process cannot load the new one; read its log.',
    unit: 'text',
    queries: one('max(segue_model_generation)', 'generation'),
  },
  {
    kind: 'stat',
    title: 'Age of the model',
    description:
      'Time since the serving generation was trained. Above two days: retrains are refused or fail; look at the outcome of retrains below and at `segue models`.',
    unit: 'seconds',
    queries: one('time() - max(segue_model_trained_timestamp_seconds)', 'age'),
    limits: { above: [90_000, 172_800] },
  },
];

const FRESHNESS: readonly PanelSpec[] = [
  {
    kind: 'lines',
    title: 'Freshness',
    description:
      'Quantiles of the time from a listen to the committed list. It must stay flat through a retrain and a hand-over (the marks); if it does not, give steps more budget or the trainer fewer threads.',
    unit: 'seconds',
    queries: quantiles('segue_freshness_seconds', [0.5, 0.9, 0.99]),
    limits: { above: [0.5, 1] },
  },
  {
    kind: 'stack',
    title: 'Where the time goes',
    description:
      'Mean seconds of each stage; together they are freshness. Waiting: the input queue and the broker. Counting: the rest of the step. Commit: the transaction, and waiting for it. The largest is where to look.',
    unit: 'seconds',
    queries: one(
      `sum by (stage) (rate(segue_freshness_stage_seconds_sum{${ON_INSTANCE}}${RATE})) / sum by (stage) (rate(segue_freshness_stage_seconds_count{${ON_INSTANCE}}${RATE}))`,
      '{{stage}}',
    ),
  },
  {
    kind: 'heatmap',
    title: 'Freshness, all of it',
    description:
      'How many lists took how long. A second band far above the first is a part of the users that waits for something else: a slot being taken over, or a sweep after a hand-over.',
    unit: 'seconds',
    queries: one(
      `sum by (le) (increase(segue_freshness_seconds_bucket{${ON_INSTANCE}}${RATE}))`,
      '{{le}}',
    ),
  },
  {
    kind: 'lines',
    title: 'Users waiting for a refresh',
    description:
      'Users whose list does not know all their listens yet. Growing for minutes: the refresh budget of a step is too small for the load; add processes, or raise refresh-budget-ms.',
    unit: 'number',
    queries: one(
      `sum by (partition) (segue_refreshes_waiting{${ON_PARTITION}})`,
      'partition {{partition}}',
    ),
  },
  {
    kind: 'lines',
    title: 'Refreshes and lists',
    description:
      'Users refreshed, and lists that changed and went out, a second. Refreshes without lists are normal: the list stayed the same. No refreshes while listens come: the stream is far behind and only counts.',
    unit: 'a second',
    queries: [
      {
        expr: `sum by (list) (rate(segue_refreshes_total{${ON_INSTANCE}}${RATE}))`,
        legend: 'refreshed, {{list}}',
      },
      {
        expr: `sum by (list) (rate(segue_lists_published_total{${ON_INSTANCE}}${RATE}))`,
        legend: 'published, {{list}}',
      },
    ],
  },
  {
    kind: 'lines',
    title: 'Computing a list',
    description:
      'Time to fold a user in and to find the exact best of the catalogue. Rising with the catalogue is normal; a jump means that the processor is shared with something else, such as a training.',
    unit: 'seconds',
    queries: [
      ...quantiles('segue_fold_in_duration_seconds', [0.99]).map((query) => ({
        ...query,
        legend: 'fold-in, p99',
      })),
      ...quantiles('segue_ranking_duration_seconds', [0.99]).map((query) => ({
        ...query,
        legend: 'ranking, p99',
      })),
    ],
  },
];

const QUALITY: readonly PanelSpec[] = [
  {
    kind: 'lines',
    title: 'Live hit rate at 100',
    description:
      "How often a user's first listen of a track was foretold by the list they had, and by the popular list of that moment. Personal below popular: the alert SegueQualityBelowPopular; retrain or roll back.",
    unit: 'share',
    queries: [
      { expr: hitRate('personal', 100), legend: 'personal' },
      { expr: hitRate('popular-beside', 100), legend: 'popular, same trials' },
      { expr: hitRate('popular-alone', 100), legend: 'popular, users without a list of their own' },
    ],
  },
  {
    kind: 'lines',
    title: 'Live hit rate of personal lists, by depth',
    description:
      'Hits among the first 10, 20 and 100. If 100 stays and 10 falls, the right tracks are found but ranked badly: compare the settings alpha and lambda.',
    unit: 'share',
    queries: [10, 20, 100].map((at) => ({ expr: hitRate('personal', at), legend: `at ${at}` })),
  },
  {
    kind: 'lines',
    title: 'Live hit rate at 100, by generation',
    description:
      'Personal lists by the generation that made them. A new one clearly below the one before: `segue rollback`, then find out why the gate let it pass.',
    unit: 'share',
    queries: one(hitRate('personal', 100, ' by (generation)'), 'generation {{generation}}'),
  },
  {
    kind: 'lines',
    title: 'Mean reciprocal rank',
    description:
      'Mean of 1/rank of the foretold track, 0 where it was not on the list. Moves with the hit rate at 10; when they disagree, trust the one with more trials.',
    unit: 'number',
    queries: ['personal', 'popular-beside'].map((judged) => ({
      expr: `sum(increase(segue_prediction_reciprocal_ranks_total{judged="${judged}", ${ON_INSTANCE}}${WINDOW})) / ${trials(judged)}`,
      legend: judged,
    })),
  },
  {
    kind: 'lines',
    title: 'Trials',
    description:
      'First listens of a track by users who had a list, over the chosen time. Below a thousand the rates beside mean little: choose a longer time.',
    unit: 'number',
    queries: one(
      `sum by (judged) (increase(segue_prediction_trials_total{${ON_INSTANCE}}${WINDOW}))`,
      '{{judged}}',
    ),
  },
  {
    kind: 'lines',
    title: 'Coverage',
    description:
      'Users whose list is their own, and tracks with factors that are on some list of the serving generation. Few tracks after hours: lists are all alike, see the Gramian below. Few users: the threshold is too high.',
    unit: 'share',
    max: 1,
    queries: [
      {
        expr: 'max(segue_users_by_list{list="personal"}) / (max(segue_users_by_list{list="personal"}) + max(segue_users_by_list{list="popular"}))',
        legend: 'users',
      },
      { expr: `max(segue_catalogue_coverage_ratio{${ON_INSTANCE}})`, legend: 'tracks' },
    ],
  },
  {
    kind: 'lines',
    title: 'Quality before promotion',
    description:
      'The serving generation on held-out listens, beside the popular list. Live quality far below it: the world has moved on since the training; retrain more often.',
    unit: 'number',
    queries: one('max by (measure) (segue_model_holdout_quality)', '{{measure}}'),
  },
];

export const RECOMMENDATIONS: DashboardSpec = {
  uid: 'segue-recommendations',
  title: 'Recommendations',
  description: 'How fresh and how good the lists are, and the model behind them.',
  rows: [
    { title: 'Now', panels: NOW },
    { title: 'Freshness', panels: FRESHNESS },
    { title: 'Live quality', panels: QUALITY },
    { title: 'Model', panels: MODEL },
  ],
};
