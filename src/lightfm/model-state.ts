/** What a LightFM model has learnt, and what it needs to go on learning: one side of it, users or items. */
import type { FactorMatrix } from '../als/model';
import type { LearningSchedule } from './light-fm-options';
import type { MersenneTwister } from './mersenne-twister';

/** Rows are features; without a feature matrix, users or items themselves. */
export interface SideState {
  readonly embeddings: FactorMatrix;
  readonly biases: Float32Array;
  /** Sums (adagrad) or means (adadelta) of squared gradients. */
  readonly embeddingGradients: FactorMatrix;
  readonly biasGradients: Float32Array;
  /** Adadelta's means of squared steps. */
  readonly embeddingMomentum: FactorMatrix;
  readonly biasMomentum: Float32Array;
}

/** Embeddings uniform in ±1/(2·components), biases 0. */
export function startSide(
  features: number,
  components: number,
  schedule: LearningSchedule,
  random: MersenneTwister,
): SideState {
  const matrix = (fill: number): FactorMatrix => ({
    rows: features,
    columns: components,
    values: new Float32Array(features * components).fill(fill),
  });
  const embeddings = matrix(0);
  for (let k = 0; k < embeddings.values.length; k++) {
    embeddings.values[k] = (random.unit() - 0.5) / components;
  }
  // Adagrad divides by the root of this; from 1 the first steps are not larger than the learning rate.
  const squares = schedule === 'adagrad' ? 1 : 0;
  return {
    embeddings,
    biases: new Float32Array(features),
    embeddingGradients: matrix(squares),
    biasGradients: new Float32Array(features).fill(squares),
    embeddingMomentum: matrix(0),
    biasMomentum: new Float32Array(features),
  };
}
