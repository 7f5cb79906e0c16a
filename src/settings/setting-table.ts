/**
 * Every setting of the program, once: the option `--step-interval-ms`, the variable SEGUE_STEP_INTERVAL_MS and
 * the field `stepIntervalMs` are one entry here. The README's table and .env.example are generated from it.
 */
import { ENGINE_SETTINGS } from './engine-settings';
import { PLACE_SETTINGS } from './place-settings';
import { RECOMMENDATION_SETTINGS } from './recommendation-settings';
import { TRAINING_SETTINGS } from './training-settings';

export const SETTINGS = {
  ...PLACE_SETTINGS,
  ...ENGINE_SETTINGS,
  ...RECOMMENDATION_SETTINGS,
  ...TRAINING_SETTINGS,
} as const;

export const SETTING_GROUPS = {
  'Places and connections': PLACE_SETTINGS,
  Engine: ENGINE_SETTINGS,
  'Counting and recommending': RECOMMENDATION_SETTINGS,
  Training: TRAINING_SETTINGS,
} as const;
