/**
 * The three protocols on public data sets: how events are split and filtered, for the test and, inside
 * the training part, for tuning. Everything is deterministic, so that figures repeat to the last digit.
 */
import { join } from 'node:path';
import { buildEvaluationSet, type EvaluationSet } from './evaluation-set';
import { type Events, pairKey, selectEvents } from './events';
import { filterOnce } from './filter-once';
import type { MetricName } from './list-quality';
import type { PopularityRule } from './popularity';
import { readAdjacency, readTimedEvents } from './protocol-files';
import { splitByTime, splitGiven, splitPairs, timeAtShare } from './splits';

export const PROTOCOL_NAMES = ['30music-time', 'gowalla', '30music-pairs'] as const;
export type ProtocolName = (typeof PROTOCOL_NAMES)[number];

export interface Protocol {
  readonly name: ProtocolName;
  /** Metrics that are reported first; the first of them is what settings are tuned on. */
  readonly headline: readonly MetricName[];
  readonly popularity: Readonly<Record<string, PopularityRule>>;
  /** `data`: the folder that holds the data sets' folders. */
  load(data: string): EvaluationSet;
  /** The same rule inside the training part: the only set that settings may be tuned on. */
  loadValidation(data: string): EvaluationSet;
}

const LIMITS = { itemUsersMin: 10, userItemsMin: 10 };
/** 80 % of the events of the data set are before. */
const TEST_TIME = 1419963769;
const FOLDER_30MUSIC = '30music-sample10';
const FOLDER_GOWALLA = 'gowalla-lightgcn';

const DAMPED: Record<string, PopularityRule> = Object.fromEntries(
  [0, 1, 100, 1000, 5000, 1e6].map((beta) => [`damped β = ${beta}`, { by: 'damped', beta }]),
);

const POPULARITY: Record<string, PopularityRule> = {
  plays: { by: 'plays' },
  users: { by: 'users' },
  ...DAMPED,
};

/** A. Global split by time; the filter is learnt on the training part. */
const byTime: Protocol = {
  name: '30music-time',
  headline: ['Recall@20 (min)', 'NDCG@20', 'MAP@100', 'Recall@100 (n)'],
  popularity: {
    ...POPULARITY,
    'users of the last 30 days': { by: 'recent-users', days: 30, until: TEST_TIME },
  },
  load: (data) => splitAndFilter(readTimedEvents(join(data, FOLDER_30MUSIC)), TEST_TIME),
  loadValidation(data) {
    const events = readTimedEvents(join(data, FOLDER_30MUSIC));
    const { train } = splitByTime(events, TEST_TIME);
    return splitAndFilter(train, timeAtShare(train, 0.8));
  },
};

function splitAndFilter(events: Events, time: number): EvaluationSet {
  const { train, test } = splitByTime(events, time);
  return buildEvaluationSet({ train: filterOnce(train, LIMITS), test });
}

/** B. The split of the LightGCN papers, as given. */
const given: Protocol = {
  name: 'gowalla',
  headline: ['Recall@20 (n)', 'NDCG@20'],
  popularity: { plays: { by: 'plays' } },
  load(data) {
    const folder = join(data, FOLDER_GOWALLA);
    return buildEvaluationSet({
      train: readAdjacency(folder, 'train.txt.gz'),
      test: readAdjacency(folder, 'test.txt.gz'),
    });
  },
  loadValidation(data) {
    const folder = join(data, FOLDER_GOWALLA);
    const train = readAdjacency(folder, 'train.txt.gz');
    return buildEvaluationSet(splitGiven(train, readAdjacency(folder, 'valid.txt.gz')));
  },
};

/** C. The study's kind of split: random distinct pairs, filtered before the split. */
const byPairs: Protocol = {
  name: '30music-pairs',
  headline: ['MAP@100', 'Recall@20 (min)', 'NDCG@20'],
  popularity: POPULARITY,
  load: (data) => buildEvaluationSet(splitPairs(filteredPairs(data), 5)),
  loadValidation: (data) =>
    buildEvaluationSet(splitPairs(splitPairs(filteredPairs(data), 5).train, 5, 'v:')),
};

function filteredPairs(data: string): Events {
  return filterOnce(readTimedEvents(join(data, FOLDER_30MUSIC)), LIMITS);
}

/** Distinct pairs only: every play counts once. */
export function distinctPairs(events: Events): Events {
  const seen = new Set<number>();
  return selectEvents(events, (e) => {
    const key = pairKey(events.users[e]!, events.items[e]!);
    if (seen.has(key)) return false;
    seen.add(key);
    return true;
  });
}

export const PROTOCOLS: Readonly<Record<ProtocolName, Protocol>> = {
  '30music-time': byTime,
  gowalla: given,
  '30music-pairs': byPairs,
};
