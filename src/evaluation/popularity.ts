/**
 * The same ranking of items for everybody, by how popular they are in training: the floor that a
 * model has to beat. Ties go to the lower item.
 */
import type { EvaluationSet } from './evaluation-set';

export type PopularityRule =
  /** Sum of plays. */
  | { readonly by: 'plays' }
  /** Distinct users. */
  | { readonly by: 'users' }
  /** plays / (users + beta): the study's damping. */
  | { readonly by: 'damped'; readonly beta: number }
  /** Distinct users in the last `days` before `until` (unix seconds). */
  | { readonly by: 'recent-users'; readonly days: number; readonly until: number };

const SECONDS_PER_DAY = 86_400;

/** One score an item, to be compared as float32. */
export function popularityScores(set: EvaluationSet, rule: PopularityRule): Float32Array {
  const items = set.plays.columns;
  if (rule.by === 'recent-users') return recentUsers(set, rule.until - rule.days * SECONDS_PER_DAY);
  const plays = new Float64Array(items);
  const users = new Float64Array(items);
  set.plays.indices.forEach((item, at) => {
    plays[item]! += set.plays.values[at]!;
    users[item]! += 1;
  });
  if (rule.by === 'plays') return Float32Array.from(plays);
  if (rule.by === 'users') return Float32Array.from(users);
  return Float32Array.from(plays, (count, item) => count / (users[item]! + rule.beta));
}

function recentUsers({ events, plays }: EvaluationSet, since: number): Float32Array {
  const usersOf = Array.from({ length: plays.columns }, () => new Set<number>());
  events.items.forEach((item, e) => {
    if (events.times[e]! >= since) usersOf[item]!.add(events.users[e]!);
  });
  return Float32Array.from(usersOf, (users) => users.size);
}

/** All items, best first. */
export function rankByScore(scores: Float32Array): Int32Array {
  return Int32Array.from(scores.keys()).sort((a, b) => scores[b]! - scores[a]! || a - b);
}
