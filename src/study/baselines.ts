/** Popularity over the study's grid of damping, beside what it comes down to at both ends. */
import type { EvaluationSet } from '../evaluation/evaluation-set';
import { type PopularityRule, popularityScores } from '../evaluation/popularity';
import { type FittedModel, popularModel } from './fitted-model';

/** The study's β; 0 is the mean of the plays. */
export const STUDY_BETAS: readonly number[] = [
  0, 1, 100, 1000, 5000, 10_000, 20_000, 100_000, 1_000_000,
];

export interface Baseline {
  readonly id: string;
  readonly name: string;
  readonly settings: Readonly<Record<string, number | string>>;
  readonly model: (set: EvaluationSet) => FittedModel;
}

const RECENT_DAYS = 30;

/** The last one only where plays have times in `set.events`. */
export function baselines(betas: readonly number[], until: number | undefined): Baseline[] {
  const baseline = (id: string, name: string, rule: PopularityRule): Baseline => ({
    id: `popular-${id}`,
    name,
    settings: { ...rule },
    model: (set) => popularModel(popularityScores(set, rule)),
  });
  const damped = betas.map((beta) =>
    baseline(`damped-${beta}`, `popularity, damped β = ${beta}`, { by: 'damped', beta }),
  );
  return [
    baseline('plays', 'popularity, raw listens', { by: 'plays' }),
    baseline('users', 'popularity, unique listeners', { by: 'users' }),
    ...damped,
    ...(until === undefined
      ? []
      : [
          baseline('recent', `popularity, listeners of the last ${RECENT_DAYS} days`, {
            by: 'recent-users',
            days: RECENT_DAYS,
            until,
          }),
        ]),
  ];
}
