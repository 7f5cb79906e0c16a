/** May a candidate replace what serves? Decided by a ranking metric on held-out items, never by an error. */
import type { HoldoutQuality } from './holdout-quality';

export interface GateInput {
  readonly candidate: HoldoutQuality;
  readonly popular: HoldoutQuality;
  readonly reigning?: RivalQuality;
  /**
   * True where the reigning model learnt from (part of) the held-out items. On them it would be flattered, so `reigning`
   * is what it reached itself as a candidate, on what was held out then; absent where that is not comparable.
   */
  readonly reigningHasSeen: boolean;
}

export type RivalQuality = Pick<HoldoutQuality, 'ndcg20' | 'ndcg20Error' | 'recall20' | 'users'>;

export interface GateLimits {
  /** A candidate may be worse than its rival by this share. */
  readonly tolerance: number;
  /** With fewer evaluated users the figures mean nothing, and everything passes. */
  readonly usersMin: number;
}

export interface GateDecision {
  readonly passed: boolean;
  /** The reason with its figures, for people. */
  readonly note: string;
}

/** Other held-out items are other luck: so many standard errors of the difference are allowed for it. */
const CHANCE_ERRORS = 2;

/** NDCG@20 decides. */
export function decide(input: GateInput, limits: GateLimits): GateDecision {
  const { candidate, popular } = input;
  const figures = describe(input);
  if (candidate.users < limits.usersMin) {
    return {
      passed: true,
      note: `only ${candidate.users} users to compare, not judged; ${figures}`,
    };
  }
  if (candidate.ndcg20 < popular.ndcg20 * (1 - limits.tolerance)) {
    return { passed: false, note: `worse than the popular list; ${figures}` };
  }
  if (candidate.ndcg20 < leastBeside(input, limits)) {
    return { passed: false, note: `worse than the reigning generation; ${figures}` };
  }
  return { passed: true, note: figures };
}

function leastBeside(
  { candidate, reigning, reigningHasSeen }: GateInput,
  { tolerance, usersMin }: GateLimits,
): number {
  if (reigning === undefined || reigning.users < usersMin) return 0;
  const least = reigning.ndcg20 * (1 - tolerance);
  if (!reigningHasSeen) return least;
  return least - CHANCE_ERRORS * Math.hypot(candidate.ndcg20Error, reigning.ndcg20Error);
}

function describe(input: GateInput): string {
  const { candidate, popular } = input;
  return `NDCG@20 on held-out first plays of ${candidate.users} users: candidate ${candidate.ndcg20.toFixed(4)}, popular ${popular.ndcg20.toFixed(4)}${describeRival(input)}`;
}

function describeRival({ reigning, reigningHasSeen }: GateInput): string {
  if (reigning !== undefined) {
    const figure = `, reigning ${reigning.ndcg20.toFixed(4)}`;
    return reigningHasSeen ? `${figure} (as a candidate, ${reigning.users} users)` : figure;
  }
  return reigningHasSeen
    ? ', reigning not comparable (it knows them, and began with other tracks)'
    : '';
}
