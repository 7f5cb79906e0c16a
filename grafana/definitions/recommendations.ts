/** What a product owner looks at: how fresh lists are, how good, how many get one of their own, and the model behind. */
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

const hits = (judged: string, at: number, by = '') =>
  `sum${by} (increase(segue_prediction_hits_total{judged="${judged}", at="${at}", ${ON_INSTANCE}}${WINDOW}))`;
const trials = (judged: string, by = '') =>
  `sum${by} (increase(segue_prediction_trials_total{judged="${judged}", ${ON_INSTANCE}}${WINDOW}))`;
/** Prometheus extrapolates each rate by itself, so that with few trials there may seem to be more hits than trials. */
const atMostAll = (share: string) => `clamp_max(${share}, 1)`;
const hitRate = (judged: string, at: number) =>
  atMostAll(`${hits(judged, at)} / ${trials(judged)}`);

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
    queries: one(
      atMostAll(
        `${hits('personal', 100, ' by (generation)')} / ${trials('personal', ' by (generation)')}`,
      ),
      'generation {{generation}}',
    ),
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

const MODEL: readonly PanelSpec[] = [
  {
    kind: 'lines',
    title: 'Generations side by side',
    description:
      'Hits at 20 of personal lists by the generation that made them, while a challenger serves a share of the users. Better for long enough: `segue promote`; worse: `segue rollback`.',
    unit: 'share',
    queries: one(
      `sum by (generation) (increase(segue_prediction_hits_total{judged="personal", at="20", ${ON_INSTANCE}}${WINDOW})) / sum by (generation) (increase(segue_prediction_trials_total{judged="personal", ${ON_INSTANCE}}${WINDOW}))`,
      'generation {{generation}}',
    ),
  },
  {
    kind: 'lines',
    title: 'Freshness by generation',
    description:
      'From a listen to the committed list, 99 of 100 are faster, by generation. One above the other: its model is larger, or its users listen more.',
    unit: 'seconds',
    queries: one(
      `histogram_quantile(0.99, sum by (le, generation) (rate(segue_generation_freshness_seconds_bucket{${ON_INSTANCE}}${RATE})))`,
      'generation {{generation}}',
    ),
  },
  {
    kind: 'lines',
    title: 'The last candidate and its rivals',
    description:
      'NDCG@20 and recall@20 on held-out listens of the last generation that was judged, of the popular list, and of the model that served. Passed 0: it was refused; `segue models` says why.',
    unit: 'number',
    queries: [
      { expr: 'max by (measure) (segue_candidate_quality)', legend: '{{measure}}' },
      { expr: 'max(segue_candidate_passed)', legend: 'passed' },
    ],
  },
  {
    kind: 'lines',
    title: 'Churn of the last retrain',
    description:
      'Of the best 20 of a sample of users, folded into the model before and after the last retrain: the share of entries that changed, and of users with any change. Far above what it was while the data grew little: the start was not warm (other factors, another trainer).',
    unit: 'share',
    queries: one('max by (of) (segue_model_churn_ratio)', '{{of}}'),
  },
  {
    kind: 'lines',
    title: 'New tracks',
    description:
      'Tracks that came in after the training and have got factors from their listeners since; a retrain takes them in and the line falls to 0. Flat at 0 while tracks come in: listeners are not kept (new-track-listeners-max), or the generation has no Gramian of its users.',
    unit: 'number',
    queries: [
      { expr: 'max(segue_model_additions)', legend: 'in the serving generation' },
      {
        expr: `sum by (factors) (increase(segue_new_tracks_total{${ON_INSTANCE}}${WINDOW}))`,
        legend: 'answered, {{factors}} factors',
      },
    ],
  },
  {
    kind: 'lines',
    title: 'Generation by process',
    description:
      'All processes switch within a moment of each other. One that stays behind serves old lists: read its log, restart it.',
    unit: 'text',
    queries: one(`segue_model_generation{${ON_INSTANCE}}`, '{{instance}}'),
  },
  {
    kind: 'lines',
    title: 'Hand-over',
    description:
      'Users whose list may still be of an earlier generation. Falls to 0 within minutes after a switch; if it stays, the processes have no time left beside the input: add some.',
    unit: 'number',
    queries: one(
      `sum by (partition) (segue_hand_over_waiting_users{${ON_PARTITION}})`,
      'partition {{partition}}',
    ),
  },
  {
    kind: 'lines',
    title: 'Duration of a hand-over',
    description:
      'From the switch until everybody of a slot has a list of the new generation, nine of ten slots, over the chosen time. Longer than the time between retrains: it never ends; add processes.',
    unit: 'seconds',
    queries: one(
      `histogram_quantile(0.9, sum by (le) (increase(segue_hand_over_duration_seconds_bucket{${ON_INSTANCE}}${WINDOW})))`,
      'p90',
    ),
  },
  {
    kind: 'lines',
    title: 'Switches',
    description:
      'Generations that each process has switched to since its start, rollbacks included. Processes that started together and differ: one could not load a generation; read its log.',
    unit: 'number',
    queries: one(`segue_hand_overs_total{${ON_INSTANCE}}`, '{{instance}}'),
  },
  {
    kind: 'lines',
    title: 'Retraining',
    description:
      'What goes on about training: requested, running. No line: no process trains. Requested for long: a hand-over is not complete. Running for hours: see the phases beside.',
    unit: 'number',
    max: 1,
    queries: one('max by (state) (segue_retrain_state{state!="idle"})', '{{state}}'),
  },
  {
    kind: 'lines',
    title: 'Progress of a retrain, by phase',
    description:
      'How much of each phase is done, as far as the trainer knows; Spark counts the tasks of the job in hand, several in a phase. The same for long while it runs: the cluster has no room, look at its log.',
    unit: 'share',
    max: 1,
    queries: one('max by (phase) (segue_retrain_progress_ratio)', '{{phase}}'),
  },
  {
    kind: 'lines',
    title: 'Duration of a retrain, by phase',
    description:
      'Mean over the chosen time. The search grows with search-candidates, the refit with listens and factors; the snapshot with the size of the tables.',
    unit: 'seconds',
    queries: one(
      `sum by (phase) (increase(segue_retrain_duration_seconds_sum{${ON_INSTANCE}}${WINDOW})) / (sum by (phase) (increase(segue_retrain_duration_seconds_count{${ON_INSTANCE}}${WINDOW})) > 0)`,
      '{{phase}}',
    ),
  },
  {
    kind: 'lines',
    title: 'Retrains, by outcome',
    description:
      'Retrains that ended. Rejected: the gate found the candidate worse, `segue models` says by how much. Failed: `segue models` and the log of the trainer say why.',
    unit: 'number',
    queries: one('sum by (outcome) (segue_retrains_total)', '{{outcome}}'),
  },
  {
    kind: 'lines',
    title: 'Growth since the training',
    description:
      'Listens beyond those that the model knows, in proportion; at retrain-growth-share a retrain is asked for. Above it for long: retrains do not come through.',
    unit: 'share',
    queries: one(
      // A training may have seen listens that the totals do not hold yet.
      'clamp_min(max(segue_listens) / (max(segue_model_listens) > 0) - 1, 0)',
      'growth',
    ),
  },
  {
    kind: 'lines',
    title: 'Listens of tracks without factors',
    description:
      'Share of first listens that fall on tracks the model does not know: how far the catalogue has drifted away from the model. At retrain-unknown-share a retrain is asked for.',
    unit: 'share',
    queries: one(
      `sum(rate(segue_model_listens_total{factors="without", ${ON_INSTANCE}}${RATE})) / sum(rate(segue_model_listens_total{${ON_INSTANCE}}${RATE}))`,
      'without factors',
    ),
  },
  {
    kind: 'lines',
    title: "Largest eigenvalue's share of the Gramian",
    description:
      'Near 1 all tracks point the same way and lists are all alike: the factors have collapsed. Raise lambda or alpha, and look at live quality.',
    unit: 'share',
    max: 1,
    queries: one('max(segue_model_gramian_top_ratio)', 'share'),
  },
  {
    kind: 'lines',
    title: 'Share of the catalogue scored for a list',
    description:
      'Exact ranking leaves out what cannot be among the best. Near 1 for most users: the bound does not help with these factors, and ranking takes longer.',
    unit: 'share',
    max: 1,
    queries: quantiles('segue_ranking_scanned_ratio', [0.5, 0.9]),
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
