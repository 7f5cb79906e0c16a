/** May a candidate replace what serves? Decided by a ranking metric on the same held-out items, never by an error. */
import type { HoldoutQuality } from './holdout-quality';

export interface GateInput {
  readonly candidate: HoldoutQuality;
  readonly popular: HoldoutQuality;
  readonly reigning?: HoldoutQuality;
  /** True where the reigning model learnt from (part of) the held-out items, so that its figure flatters it. */
  readonly reigningHasSeen: boolean;
}

export interface GateLimits {
  /** A candidate may be worse than its rival by this share. */
  readonly tolerance: number;
  /** The same where the rival has an unfair advantage. */
  readonly toleranceWhenSeen: number;
  /** With fewer evaluated users the figures mean nothing, and everything passes. */
  readonly usersMin: number;
}

export interface GateDecision {
  readonly passed: boolean;
  /** The reason with its figures, for people. */
  readonly note: string;
}

/** NDCG@20 decides. */
export function decide(input: GateInput, limits: GateLimits): GateDecision {
  const { candidate, popular, reigning, reigningHasSeen } = input;
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
  const tolerance = reigningHasSeen ? limits.toleranceWhenSeen : limits.tolerance;
  if (reigning !== undefined && candidate.ndcg20 < reigning.ndcg20 * (1 - tolerance)) {
    return { passed: false, note: `worse than the reigning generation; ${figures}` };
  }
  return { passed: true, note: figures };
}

function describe({ candidate, popular, reigning, reigningHasSeen }: GateInput): string {
  const rival =
    reigning === undefined
      ? ''
      : `, reigning ${reigning.ndcg20.toFixed(4)}${reigningHasSeen ? ' (has seen them)' : ''}`;
  return `NDCG@20 on held-out first plays of ${candidate.users} users: candidate ${candidate.ndcg20.toFixed(4)}, popular ${popular.ndcg20.toFixed(4)}${rival}`;
}
