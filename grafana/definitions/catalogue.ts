/** The study's figures, live: how much was listened to, what is in and out, and how long the tail is. */
import { type DashboardSpec, ON_INSTANCE, one, type PanelSpec, RATE } from './spec';

const stat = (
  title: string,
  description: string,
  expr: string,
  unit: PanelSpec['unit'] = 'number',
): PanelSpec => ({
  kind: 'stat',
  title,
  description,
  unit,
  queries: one(expr, title.toLowerCase()),
});

const NOW: readonly PanelSpec[] = [
  stat(
    'Listens',
    'Listens counted, without duplicates and deleted ones. Level: nothing new comes, see the Stream dashboard.',
    'max(segue_listens)',
  ),
  stat(
    'Users',
    'Users with at least one listen. Falls only when listens are deleted.',
    'max(segue_users)',
  ),
  stat(
    'Tracks',
    'Tracks with at least one listener. A jump: a producer sends ids of another kind.',
    'max(segue_tracks)',
  ),
  stat(
    'Pairs',
    'Different (user, track) pairs: the size of what is learnt from, and of the histories.',
    'max(segue_pairs)',
  ),
  stat(
    'Threshold',
    'Unique listeners that a track needs to be in. Jumps when the filter settings change; see filter-rule, top-share, listeners-min.',
    'max(segue_threshold_listeners)',
  ),
  stat(
    'Most listeners of a track',
    'Unique listeners of the most listened-to track. Near the number of users: a default or test track; exclude it where it is produced.',
    'max(segue_unique_listeners_max)',
  ),
];

const FILTER: readonly PanelSpec[] = [
  {
    kind: 'lines',
    title: 'Tracks in',
    description:
      'Tracks whose unique listeners reach the threshold, beside those that have factors. Factors far below: the model is older than the growth; a retrain is due.',
    unit: 'number',
    queries: [
      { expr: 'max(segue_tracks_in)', legend: 'in' },
      { expr: 'max(segue_model_items)', legend: 'with factors' },
    ],
  },
  {
    kind: 'lines',
    title: 'Share of tracks in',
    description:
      'With rule share it stays at or just under top-share. Far below: many tracks tie at the border, and a class of equal counts is in or out as a whole.',
    unit: 'share',
    queries: one('max(segue_tracks_in) / max(segue_tracks)', 'in'),
  },
  {
    kind: 'lines',
    title: 'Users in',
    description:
      'Users with enough tracks that are in, as of the last training, beside those it was trained on. Few of all users: lower tracks-min or the threshold.',
    unit: 'number',
    queries: [
      { expr: 'max(segue_users_in)', legend: 'in' },
      { expr: 'max(segue_model_users)', legend: 'trained on' },
      { expr: 'max(segue_users)', legend: 'all' },
    ],
  },
  {
    kind: 'lines',
    title: 'Threshold over time',
    description:
      'Unique listeners that a track needs to be in. It rises with the number of users. Going up and down: the border lies between two large classes; harmless.',
    unit: 'number',
    queries: one('max(segue_threshold_listeners)', 'unique listeners'),
  },
  {
    kind: 'lines',
    title: 'Tracks crossing the threshold',
    description:
      'Tracks that came in and went out, an hour, net of each update. Many both ways: the threshold flutters; take min-listeners as the rule.',
    unit: 'number',
    queries: one('max by (direction) (increase(segue_threshold_crossings[1h]))', '{{direction}}'),
  },
  {
    kind: 'lines',
    title: 'Pairs trained on',
    description:
      '(User, track) pairs of the serving generation, beside all pairs: what the filters keep. Below a tenth the model sees little of what is listened to.',
    unit: 'number',
    queries: [
      { expr: 'max(segue_model_interactions)', legend: 'trained on' },
      { expr: 'max(segue_pairs)', legend: 'all' },
    ],
  },
];

const TABLES: readonly PanelSpec[] = [
  {
    kind: 'bars',
    title: 'Table 1: tracks by unique listeners',
    description:
      "The study's first table, live: how many tracks have how many listeners. The first bar is the long tail that no collaborative model can learn.",
    unit: 'number',
    width: 12,
    queries: one('max by (unique_listeners) (segue_table1_tracks)', '{{unique_listeners}}'),
  },
  {
    kind: 'bars',
    title: 'Table 2: users by unique tracks',
    description:
      "The study's second table, live: how many users know how many tracks. The first bar are users who get the popular list until they have listened more.",
    unit: 'number',
    width: 12,
    queries: one('max by (unique_tracks) (segue_table2_users)', '{{unique_tracks}}'),
  },
];

const TAIL: readonly PanelSpec[] = [
  {
    kind: 'lines',
    title: 'Long tail',
    description:
      'Share of tracks with fewer than five unique listeners. Rising together with new tracks is normal; rising alone, ids are being split up: look at recording_msid against recording_mbid.',
    unit: 'share',
    max: 1,
    queries: one(
      'max(segue_table1_tracks{unique_listeners="0-5"}) / max(segue_tracks)',
      'fewer than 5 listeners',
    ),
  },
  {
    kind: 'lines',
    title: 'New tracks and users',
    description:
      'First seen, an hour. Tracks far faster than users: new ids for known tracks; look at what the producer sends.',
    unit: 'number',
    queries: [
      { expr: 'max(delta(segue_tracks[1h]))', legend: 'tracks' },
      { expr: 'max(delta(segue_users[1h]))', legend: 'users' },
    ],
  },
  {
    kind: 'lines',
    title: 'Catalogue on lists',
    description:
      'Share of the tracks with factors that a process has put on some list of the serving generation; starts anew with each. Low after hours: lists are all alike, see the Gramian in Recommendations.',
    unit: 'share',
    max: 1,
    queries: one(`segue_catalogue_coverage_ratio{${ON_INSTANCE}}`, '{{instance}}'),
  },
  {
    kind: 'lines',
    title: 'First listens on tracks with and without factors',
    description:
      'First listens of a track by a user. Those without factors cannot be foretold by any personal list; many of them ask for a retrain.',
    unit: 'a second',
    queries: one(
      `sum by (factors) (rate(segue_model_listens_total{${ON_INSTANCE}}${RATE}))`,
      '{{factors}}',
    ),
  },
  {
    kind: 'lines',
    title: 'Duplicates and deletions',
    description:
      'Listens that had been seen before, and deleted ones, since the beginning. A steep rise of duplicates is a producer that sends its past again; counts stay exact.',
    unit: 'number',
    queries: [
      { expr: 'max(segue_duplicate_listens)', legend: 'duplicates' },
      { expr: 'max(segue_deleted_listens)', legend: 'deleted' },
    ],
  },
  {
    kind: 'lines',
    title: 'Lists by kind',
    description:
      'Users by the list they have now. Popular lists growing faster than personal ones: many new users, or a threshold that is too high.',
    unit: 'number',
    queries: one('max by (list) (segue_users_by_list)', '{{list}}'),
  },
];

export const CATALOGUE: DashboardSpec = {
  uid: 'segue-catalogue',
  title: 'Catalogue',
  description: "The study's tables live: filters, threshold, long tail, new tracks.",
  rows: [
    { title: 'Now', panels: NOW },
    { title: 'Filter', panels: FILTER },
    { title: "The study's tables", panels: TABLES },
    { title: 'Tail and growth', panels: TAIL },
  ],
};
