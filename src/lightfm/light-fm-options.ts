/** LightFM's parameters, under its names and with its defaults (version 1.17), and what they can be. */
import { SegueError } from '../errors';

export const LOSSES = ['logistic', 'bpr', 'warp', 'warp-kos'] as const;
export type Loss = (typeof LOSSES)[number];

export const LEARNING_SCHEDULES = ['adagrad', 'adadelta'] as const;
export type LearningSchedule = (typeof LEARNING_SCHEDULES)[number];

export interface LightFmOptions {
  /** Dimensions of the embeddings. */
  readonly noComponents: number;
  /** k-OS: the k-th best of the drawn positives is learnt from … */
  readonly k: number;
  /** … of at most n drawn ones. */
  readonly n: number;
  readonly learningSchedule: LearningSchedule;
  /**
   * logistic: values above 0 against all others. bpr (Rendle et al. 2009): a positive against any other item. warp
   * (Weston et al. 2011): against one that stands too high. warp-kos (Weston et al. 2013): warp from the k-th best positive.
   */
  readonly loss: Loss;
  /** Of adagrad. */
  readonly learningRate: number;
  /** Of adadelta: share of the past in its moving means. */
  readonly rho: number;
  /** Of adadelta: what is added below its roots; above 0, or the first step were none. */
  readonly epsilon: number;
  /** L2 penalty on item features. */
  readonly itemAlpha: number;
  /** L2 penalty on user features. */
  readonly userAlpha: number;
  /** Negatives tried for a positive by warp and warp-kos. */
  readonly maxSampled: number;
  /** Seed, 0 … 2³² − 1. */
  readonly randomState: number;
}

export const LIGHT_FM_DEFAULTS: LightFmOptions = {
  noComponents: 10,
  k: 5,
  n: 10,
  learningSchedule: 'adagrad',
  loss: 'logistic',
  learningRate: 0.05,
  rho: 0.95,
  epsilon: 1e-6,
  itemAlpha: 0,
  userAlpha: 0,
  maxSampled: 10,
  // LightFM's default is an unseeded start; here every run can be repeated.
  randomState: 0,
};

const COMPONENTS_MAX = 4096;
const SAMPLED_MAX = 1_000_000;

type NumberName = {
  [K in keyof LightFmOptions]: LightFmOptions[K] extends number ? K : never;
}[keyof LightFmOptions];

interface Range {
  readonly isIn: (value: number) => boolean;
  readonly words: string;
}

const RANGES: Readonly<Record<Exclude<NumberName, 'loss' | 'learningSchedule'>, Range>> = {
  noComponents: wholeUpTo(COMPONENTS_MAX),
  k: wholeUpTo(SAMPLED_MAX),
  n: wholeUpTo(SAMPLED_MAX),
  learningRate: { isIn: (value) => value > 0 && value < Infinity, words: 'a number above 0' },
  rho: { isIn: (value) => value > 0 && value < 1, words: 'between 0 and 1, both excluded' },
  epsilon: { isIn: (value) => value > 0 && value < Infinity, words: 'a number above 0' },
  itemAlpha: { isIn: (value) => value >= 0 && value < Infinity, words: 'a number from 0' },
  userAlpha: { isIn: (value) => value >= 0 && value < Infinity, words: 'a number from 0' },
  maxSampled: wholeUpTo(SAMPLED_MAX),
  randomState: {
    isIn: (value) => Number.isInteger(value) && value >= 0 && value < 2 ** 32,
    words: 'a whole number from 0 to 2^32 - 1',
  },
};

/** Fills in the defaults. Throws SETTING_INVALID. */
export function lightFmOptions(given: Partial<LightFmOptions>): LightFmOptions {
  const options = { ...LIGHT_FM_DEFAULTS, ...given };
  for (const [name, { isIn, words }] of Object.entries(RANGES)) {
    const value = options[name as keyof typeof RANGES];
    if (!isIn(value)) throw invalid(name, words, value);
  }
  if (!LOSSES.includes(options.loss)) throw invalid('loss', LOSSES.join(', '), options.loss);
  if (!LEARNING_SCHEDULES.includes(options.learningSchedule))
    throw invalid('learningSchedule', LEARNING_SCHEDULES.join(', '), options.learningSchedule);
  return options;
}

function wholeUpTo(max: number): Range {
  const isIn = (value: number) => Number.isInteger(value) && value >= 1 && value <= max;
  return { isIn, words: `a whole number from 1 to ${max}` };
}

function invalid(name: string, words: string, value: unknown): SegueError {
  return new SegueError(
    'SETTING_INVALID',
    `expected LightFM's ${name} to be ${words}; got ${JSON.stringify(value)}`,
  );
}
