/** All that a study can be told, with the study's own values as defaults. They stand in the report, and decide what is made anew. */
import { type AlsGrid, STUDY_GRID } from './als-grid';
import { STUDY_BETAS } from './baselines';
import type { SplitName } from './study-split';

export interface StudySettings {
  readonly splits: readonly SplitName[];
  readonly trainShare: number;
  readonly coldShare: number;
  /** Items of the training part that a user needs. */
  readonly userItemsMin: number;
  readonly seed: number;
  readonly betas: readonly number[];
  readonly als: AlsGrid;
  readonly lightFmComponents: number;
  readonly lightFmEpochsMax: number;
  /** Users by whom settings are chosen. */
  readonly tuningUsersMax: number;
  readonly aucUsersMax: number;
  readonly bootstrapSamples: number;
  /** Of the users, for fit time against size. */
  readonly growthShares: readonly number[];
}

export const DEFAULT_STUDY: StudySettings = {
  splits: ['pairs', 'time'],
  trainShare: 0.8,
  coldShare: 0.1,
  userItemsMin: 10,
  seed: 1,
  betas: STUDY_BETAS,
  als: STUDY_GRID,
  lightFmComponents: 64,
  lightFmEpochsMax: 50,
  tuningUsersMax: 1000,
  aucUsersMax: 500,
  bootstrapSamples: 1000,
  growthShares: [0.125, 0.25, 0.5, 1],
};
