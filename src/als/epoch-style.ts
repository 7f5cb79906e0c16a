/** How thoroughly an epoch's half steps are done. */

export interface HalfStepStyle {
  /** CG steps. */
  readonly steps: number;
  /** 1: to the optimum; above: past it by that factor. */
  readonly relaxation: number;
  /** Forget where the solved rows are. */
  readonly fromZero: boolean;
}

const RELAXATION = 1.5;
const RELAXATION_WARM = 0.75;

/**
 * The first epoch from random users is only a start: one step from zero. The first of a warm start moves known items
 * most of the way: their next retrain is near, and lists should not churn without a cause. Later ones overshoot the
 * items' optimum: for a factor in (0, 2) the loss still falls in every half step, and it takes about an epoch in four
 * less.
 */
export function epochStyle(
  run: {
    readonly isCold: boolean;
    readonly steps: number;
    readonly relaxation: number | undefined;
  },
  epoch: number,
): HalfStepStyle {
  const { isCold, steps, relaxation } = run;
  if (epoch > 1) return { steps, relaxation: relaxation ?? RELAXATION, fromZero: false };
  if (isCold) return { steps: 1, relaxation: 1, fromZero: true };
  return { steps, relaxation: relaxation ?? RELAXATION_WARM, fromZero: false };
}
