/** All counts as one object: from the slots' own sums, and – for users in – from the tables themselves. */
import type { Model, TableRow } from '../schemas/records';
import type { ProgressValue } from '../src/engine/topology';
import { LIVE } from './by-user/score-prediction';
import { addUp, type Totals } from './control/set-threshold';
import {
  atLeast,
  binned,
  largest,
  TABLE_1_BINS,
  TABLE_2_BINS,
  type ThresholdRule,
  threshold,
  total,
} from './control/threshold';

export interface Statistics {
  readonly listens: number;
  readonly duplicates: number;
  readonly deletions: number;
  /** By reason. */
  readonly deadLetters: Record<string, number>;
  readonly users: number;
  readonly tracks: number;
  readonly pairs: number;
  readonly maxUniqueListeners: number;
  readonly threshold: number;
  readonly thresholdRule: string;
  readonly tracksIn: number;
  readonly usersIn: number;
  readonly table1: readonly TableRow[];
  readonly table2: readonly TableRow[];
  /** null: no model yet. */
  readonly generation: number | null;
  /** First listens by users with a list: were they foretold, by the personal and by the popular list? */
  readonly prediction: {
    readonly personal: HitRates;
    readonly popular: HitRates;
    readonly popularOnly: HitRates;
  };
  readonly positions: readonly {
    readonly topic: string;
    readonly partition: number;
    readonly offset: number;
  }[];
}

export interface HitRates {
  readonly trials: number;
  readonly hitRate10: number;
  readonly hitRate20: number;
  readonly hitRate100: number;
}

export interface StatisticsInput {
  readonly progress: readonly ProgressValue[];
  readonly rule: ThresholdRule;
  readonly usersIn: number;
  readonly promoted: Model | undefined;
}

export function statistics({ progress, rule, usersIn, promoted }: StatisticsInput): Statistics {
  const totals = addUp(progress);
  const { sums, listenersPerTrack, tracksPerUser } = totals;
  const set = threshold(listenersPerTrack, rule);
  return {
    listens: sums['listens'] ?? 0,
    duplicates: sums['duplicates'] ?? 0,
    deletions: sums['deletions'] ?? 0,
    deadLetters: withPrefix(sums, 'deadLetters.'),
    users: total(tracksPerUser),
    tracks: total(listenersPerTrack),
    pairs: sums['pairs'] ?? 0,
    maxUniqueListeners: largest(listenersPerTrack),
    threshold: set.value,
    thresholdRule: set.rule,
    tracksIn: atLeast(listenersPerTrack, set.value),
    usersIn,
    table1: binned(listenersPerTrack, TABLE_1_BINS),
    table2: binned(tracksPerUser, TABLE_2_BINS),
    generation: promoted?.generation ?? null,
    prediction: {
      personal: hitRates(totals, 'personalList'),
      popular: hitRates(totals, 'popularBeside'),
      popularOnly: hitRates(totals, 'popularList'),
    },
    positions: progress.flatMap(({ positions }) => positions).sort(byPlace),
  };
}

function hitRates({ sums }: Totals, list: string): HitRates {
  const trials = sums[`${LIVE}${list}.trials`] ?? 0;
  const rate = (depth: number) =>
    trials === 0 ? 0 : (sums[`${LIVE}${list}.hits${depth}`] ?? 0) / trials;
  return { trials, hitRate10: rate(10), hitRate20: rate(20), hitRate100: rate(100) };
}

function withPrefix(sums: Record<string, number>, prefix: string): Record<string, number> {
  const found = Object.entries(sums).filter(([name]) => name.startsWith(prefix));
  return Object.fromEntries(found.map(([name, value]) => [name.slice(prefix.length), value]));
}

type Place = { readonly topic: string; readonly partition: number };

function byPlace(a: Place, b: Place): number {
  return a.topic < b.topic ? -1 : a.topic > b.topic ? 1 : a.partition - b.partition;
}
