/** The model behind the lists, the last row of the Recommendations dashboard. */
import { hitRate } from './hit-rates';
import { ON_INSTANCE, ON_PARTITION, one, type PanelSpec, quantiles, RATE, WINDOW } from './spec';

export const MODEL: readonly PanelSpec[] = [
  {
    kind: 'lines',
    title: 'Generations side by side',
    description:
      'Hits at 20 of personal lists by the generation that made them, while a challenger serves a share of the users. Better for long enough: `segue promote`; worse: `segue rollback`.',
    unit: 'share',
    queries: one(hitRate('personal', 20, ' by (generation)'), 'generation {{generation}}'),
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
