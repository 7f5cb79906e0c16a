/**
 * The settings that each protocol's models run with. All were found on the protocol's validation part
 * (`loadValidation`), never on its test part: ALS by `tuneAls`, which `segue evaluate --tune` repeats,
 * the yardsticks by small grids. Regularisation follows Rendle et al. 2021: λ·(n + α₀·N)^ν.
 */
import { rendleRule } from '../als/rule';
import type { AlsSettings } from './als-lists';
import type { ProtocolName } from './protocols';
import type { KnnWeighting } from './recommenders/item-knn';
import type { AlsSearchSpace } from './tune-als';

export interface YardstickSettings {
  /** undefined: the catalogue is too large for it. */
  readonly easeLambda?: number;
  readonly knn: { readonly k: number; readonly weighting: KnnWeighting };
  readonly rp3Beta: { readonly alpha: number; readonly beta: number; readonly k: number };
}

export const FACTOR_COUNTS: Readonly<Record<ProtocolName, readonly number[]>> = {
  '30music-time': [64, 128, 256],
  gowalla: [64, 128, 256, 512],
  '30music-pairs': [64, 128, 256],
};

export function alsSettings(protocol: ProtocolName, factorCount: number): AlsSettings {
  if (protocol === 'gowalla') return gowalla(factorCount);
  return protocol === '30music-time' ? byTime(factorCount) : byPairs(factorCount);
}

/** Confidence from repeats that fade over months: what was popular last winter speaks less. */
function byTime(factorCount: number): AlsSettings {
  if (factorCount > 128) {
    const rule = rendleRule({ factorCount, alpha0: 0.05, lambda: 3.1, nu: 0 });
    return { rule: { ...rule, scale: 'linear' }, epochs: 4, halfLifeDays: 90 };
  }
  const rule = rendleRule({ factorCount, alpha0: 0.034, lambda: 0.166, nu: 0.5 });
  return { rule: { ...rule, scale: 'linear' }, epochs: 6, halfLifeDays: 120 };
}

/**
 * What lifts this set is the number of factors and stopping early; the validation quality is flat
 * around these values, which are those of evaluations published before.
 */
function gowalla(factorCount: number): AlsSettings {
  const isMiddle = factorCount > 64 && factorCount <= 128;
  const lambda = isMiddle ? 0.0095 : 0.019;
  const rule = rendleRule({ factorCount, alpha0: 0.0099, lambda, nu: 0.75 });
  return { rule, epochs: isMiddle ? 8 : 4 };
}

/** Many epochs, repeats by their logarithm, and popular rows held back by more than their share. */
function byPairs(factorCount: number): AlsSettings {
  const settings = (alpha0: number, lambda: number): AlsSettings => ({
    rule: { ...rendleRule({ factorCount, alpha0, lambda, nu: 1.5 }), scale: 'log' },
    epochs: 16,
  });
  if (factorCount <= 64) return settings(0.00266, 0.00593);
  return factorCount <= 128 ? settings(0.0045, 0.00215) : settings(0.008, 0.00105);
}

export const YARDSTICKS: Readonly<Record<ProtocolName, YardstickSettings>> = {
  '30music-time': {
    easeLambda: 238,
    knn: { k: 200, weighting: { by: 'bm25', k1: 1.2, b: 0.2 } },
    rp3Beta: { alpha: 0.6, beta: 0.03, k: 500 },
  },
  gowalla: {
    knn: { k: 100, weighting: { by: 'bm25', k1: 1.2, b: 0.2 } },
    rp3Beta: { alpha: 1.41, beta: 0.03, k: 500 },
  },
  '30music-pairs': {
    easeLambda: 30,
    knn: { k: 50, weighting: { by: 'bm25', k1: 0.3, b: 0.8 } },
    rp3Beta: { alpha: 0.6, beta: 0.2, k: 200 },
  },
};

/** Where `--tune` looks; wide enough that no tuned value above lies at an edge. */
export function searchSpace(protocol: ProtocolName, factorCount: number): AlsSearchSpace {
  const common = { factorCount, nu: [0, 0.25, 0.5, 0.75, 1, 1.5] };
  if (protocol === 'gowalla')
    return {
      ...common,
      scale: 'binary',
      alpha0: [0.002, 0.05],
      regularization: [0.3, 10],
      halfLifeDays: [undefined],
      epochsMax: 8,
    };
  if (protocol === '30music-pairs')
    return {
      ...common,
      scale: 'log',
      alpha0: [0.001, 0.1],
      regularization: [0.1, 5],
      halfLifeDays: [undefined],
      epochsMax: 20,
    };
  return {
    ...common,
    scale: 'linear',
    alpha0: [0.01, 0.5],
    regularization: [0.5, 5],
    halfLifeDays: [undefined, 60, 120, 240],
    epochsMax: 10,
  };
}
