/**
 * What people want to know of the recommendations: freshness, live quality, the catalogue, the model.
 *
 * Figures of the whole application (catalogue, model) are read from its topics by every process and so
 * exported by each: aggregate them with `max`, all others with `sum`.
 */
import { bounds, counter, gauge, histogram } from './series-kinds';

/** 10 ms to 60 s; finest where the objective lies, so that a p99 read off it is within a tenth or two. */
const FRESHNESS_SECONDS = [
  0.01, 0.02, 0.03, 0.04, 0.05, 0.06, 0.08, 0.1, 0.125, 0.15, 0.175, 0.2, 0.25, 0.3, 0.35, 0.4, 0.5,
  0.6, 0.8, 1, 1.25, 1.5, 2, 2.5, 3, 4, 5, 7.5, 10, 15, 20, 30, 45, 60,
];
const WORK_SECONDS = bounds(0.00001, 1, [1, 2, 5]);
const RETRAIN_SECONDS = bounds(0.1, 10_000, [1, 3]);

export const RECOMMENDATION_SERIES = {
  segue_freshness_seconds: histogram(
    'From a listen being produced to the list that knows it being committed.',
    [],
    'seconds',
    FRESHNESS_SECONDS,
  ),
  segue_freshness_stage_seconds: histogram(
    'The parts of freshness, in order; their sum is freshness. commit includes waiting for the step to close.',
    ['stage'],
    'seconds',
    [0.0001, 0.0005, 0.001, 0.002, 0.005, ...FRESHNESS_SECONDS],
  ),
  segue_generation_freshness_seconds: histogram(
    'The same, by the generation of the list: the promoted one and a challenger side by side.',
    ['generation'],
    'seconds',
    FRESHNESS_SECONDS,
  ),
  segue_refreshes_waiting: gauge('Users marked for a refresh that has not been done yet.', [
    'partition',
  ]),
  segue_refreshes_total: counter('Users refreshed, by the kind of list they got.', ['list']),
  segue_lists_published_total: counter('Lists published because they changed.', ['list']),
  segue_users_by_list: gauge('Users by the kind of list they have now.', ['list']),
  segue_fold_in_duration_seconds: histogram(
    'Time to fold one user in.',
    [],
    'seconds',
    WORK_SECONDS,
  ),
  segue_ranking_duration_seconds: histogram(
    'Time to find the exact best of the catalogue for one user.',
    [],
    'seconds',
    WORK_SECONDS,
  ),
  segue_ranking_scanned_ratio: histogram(
    'Share of the catalogue that had to be scored for one exact list.',
    [],
    'ratio',
    [0.001, 0.003, 0.01, 0.02, 0.05, 0.1, 0.2, 0.3, 0.5, 0.7, 1],
  ),

  segue_prediction_trials_total: counter(
    'First listens of a track by a user who had a list: was it foretold? By generation of the list.',
    ['judged', 'generation'],
  ),
  segue_prediction_hits_total: counter('Trials whose track stood among the first of the list.', [
    'judged',
    'generation',
    'at',
  ]),
  segue_prediction_reciprocal_ranks_total: counter(
    'Sum of 1/rank over trials, 0 for a miss; divided by trials: mean reciprocal rank.',
    ['judged', 'generation'],
  ),

  segue_listens: gauge('Listens counted, duplicates and deleted ones not included.', []),
  segue_duplicate_listens: gauge('Listens that had been seen before.', []),
  segue_deleted_listens: gauge('Listens deleted.', []),
  segue_pairs: gauge('Different (user, track) pairs.', []),
  segue_users: gauge('Users with at least one listen.', []),
  segue_users_in: gauge('Users with enough tracks that are in.', []),
  segue_tracks: gauge('Tracks with at least one listener.', []),
  segue_tracks_in: gauge('Tracks whose unique listeners reach the threshold.', []),
  segue_unique_listeners_max: gauge('Unique listeners of the most listened-to track.', []),
  segue_threshold_listeners: gauge('Unique listeners that a track needs to be in.', []),
  segue_threshold_crossings: gauge('Tracks that came in or went out since the beginning.', [
    'direction',
  ]),
  segue_catalogue_coverage_ratio: gauge(
    'Share of the tracks with factors that this process has put on some list of the serving generation.',
    [],
    'ratio',
  ),
  segue_table1_tracks: gauge('Table 1: tracks by unique listeners (from-to, to excluded).', [
    'unique_listeners',
  ]),
  segue_table2_users: gauge('Table 2: users by unique tracks (from-to, to excluded).', [
    'unique_tracks',
  ]),

  segue_count_checks_total: counter('Comparisons of counts with a recount of the stores.', [
    'check',
  ]),
  segue_count_check_failures_total: counter(
    'Comparisons that found a difference. Must stay 0: counts are promised to be exact.',
    ['check'],
  ),

  segue_model_generation: gauge('Generation that serves.', []),
  segue_model_trained_timestamp_seconds: gauge(
    'When the serving generation was trained, since 1970; its age is time() minus this.',
    [],
    'seconds',
  ),
  segue_model_interactions: gauge('(User, track) pairs the serving generation was trained on.', []),
  segue_model_listens: gauge(
    'Listens counted when the serving generation was trained; segue_listens beyond it: growth since.',
    [],
  ),
  segue_model_items: gauge('Tracks that have factors.', []),
  segue_model_users: gauge('Users the serving generation was trained on.', []),
  segue_model_holdout_quality: gauge('Quality on held-out listens before promotion.', ['measure']),
  segue_candidate_quality: gauge(
    'Quality on held-out listens of the last generation that was judged, promoted or not, and of its rivals.',
    ['measure'],
  ),
  segue_candidate_passed: gauge(
    '1 where the last generation that was judged passed, 0 where not.',
    [],
  ),
  segue_model_churn_ratio: gauge(
    'What the last retrain changed in the best 20 of a sample of users: entries, and users with any change.',
    ['of'],
    'ratio',
  ),
  segue_model_gramian_top_ratio: gauge(
    'Share of the Gramian that lies in its largest eigenvalue; near 1: the factors have collapsed.',
    [],
    'ratio',
  ),
  segue_model_additions: gauge(
    'Tracks that came in after the training and have got factors since.',
    [],
  ),
  segue_new_tracks_total: counter(
    'Tracks that came in between retrains and were given factors by their listeners, or found none who had any.',
    ['factors'],
  ),
  segue_model_listens_total: counter('Listens of tracks with and without factors.', ['factors']),

  segue_retrain_state: gauge('1 for the state the retraining is in, 0 for the others.', ['state']),
  segue_retrains_total: counter('Retrains that ended, by outcome.', ['outcome']),
  segue_retrain_duration_seconds: histogram(
    'Duration of a retrain, by phase.',
    ['phase'],
    'seconds',
    RETRAIN_SECONDS,
  ),
  segue_retrain_progress_ratio: gauge(
    'Share of the running phase of a retrain that is done, as far as its trainer knows; then as it ended.',
    ['phase'],
    'ratio',
  ),
  segue_hand_overs_total: counter('Generations that this process switched to.', []),
  segue_hand_over_waiting_users: gauge(
    'Users whose list may still be of an earlier generation, at most; 0: the hand-over is complete.',
    ['partition'],
  ),
  segue_hand_over_duration_seconds: histogram(
    'From the switch until everybody of a slot has a list of the new generation.',
    [],
    'seconds',
    RETRAIN_SECONDS,
  ),
} as const;
