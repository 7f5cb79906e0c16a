/**
 * LightFM (Kula, "Metadata embeddings for user and item cold-start recommendations", 2015): users and items are sums
 * of their features' embeddings, learnt by stochastic gradient descent on a ranking or logistic loss. Parameters,
 * defaults and semantics are those of the Python package, version 1.17, its oddities included: the user's bias learns
 * under pairwise losses, and lazy regularisation scales representations up within an epoch.
 */
import type { FactorMatrix, SparseRows } from '../als/model';
import { SegueError } from '../errors';
import { type FitData, fillFit, layOutFit, readFit } from './fit-memory';
import { type EpochListener, runFitThreads } from './fit-threads';
import { lightFmModule } from './kernels/kernels';
import { type LightFmOptions, lightFmOptions } from './light-fm-options';
import { MersenneTwister } from './mersenne-twister';
import { type SideState, startSide } from './model-state';
import { predictRank } from './predict-rank';
import { type Representations, rankingFactors, representRows, scoreOf } from './representations';

export interface LightFmFeatures {
  /** Users × user features; unless given each user is a feature. */
  readonly userFeatures?: SparseRows | undefined;
  /** Items × item features; unless given each item is a feature. */
  readonly itemFeatures?: SparseRows | undefined;
}

export interface FitOptions extends LightFmFeatures {
  /** One an interaction, in their order; not with warp-kos. */
  readonly sampleWeight?: Float32Array | undefined;
  /** 1 unless given. */
  readonly epochs?: number;
  /** 1 unless given, which repeats bit for bit; more run without locks and differ from run to run. */
  readonly threads?: number;
  /** After each epoch; the model is as far then as the epoch went. */
  readonly onEpoch?: EpochListener | undefined;
  /** Aborting rejects with the signal's reason; the model stays as it was, or as `onEpoch` saw it last. */
  readonly signal?: AbortSignal | undefined;
}

export class LightFm {
  readonly options: LightFmOptions;
  #random: MersenneTwister;
  #users: SideState | undefined;
  #items: SideState | undefined;

  /** Throws SETTING_INVALID. */
  constructor(options: Partial<LightFmOptions> = {}) {
    this.options = lightFmOptions(options);
    this.#random = MersenneTwister.seeded(this.options.randomState);
  }

  /**
   * Learns users × items from a new start. Values above 0 are positive, others negative, which only the logistic loss
   * learns from. Throws SETTING_INVALID where shapes or weights do not fit, MEMORY_EXCEEDED, TRAINING_DIVERGED.
   */
  fit(interactions: SparseRows, options: FitOptions = {}): Promise<this> {
    this.#users = undefined;
    this.#items = undefined;
    return this.fitPartial(interactions, options);
  }

  /** As `fit`, going on from what the model has learnt. */
  async fitPartial(interactions: SparseRows, given: FitOptions = {}): Promise<this> {
    const { userFeatures, itemFeatures, sampleWeight, onEpoch, signal } = given;
    const { epochs = 1, threads = 1 } = given;
    signal?.throwIfAborted();
    const data = { interactions, userFeatures, itemFeatures, sampleWeight };
    this.#check(data);
    const layout = layOutFit(data, this.options, threads);
    const { users, items } = this.#start(data);
    if (epochs < 1 || interactions.indices.length === 0) return this;
    const twister = this.#random.words;
    const memory = fillFit(layout, { data, options: this.options, users, items, twister });
    const read = () => readFit(memory, layout, { users, items, twister });
    const listener: EpochListener | undefined =
      onEpoch &&
      ((progress) => {
        read();
        return onEpoch(progress);
      });
    const task = { memory, layout, options: this.options, epochs, threads };
    await runFitThreads(
      { ...task, module: lightFmModule(), asks: listener !== undefined },
      listener,
      signal,
    );
    read();
    return this;
  }

  /** Scores of pairs (users[p], items[p]), in float64. Throws MODEL_UNKNOWN before the first fit. */
  predict(
    users: ArrayLike<number>,
    items: ArrayLike<number>,
    features: LightFmFeatures = {},
  ): Float64Array {
    const model = this.representations(features);
    return Float64Array.from(users, (user, pair) =>
      scoreOf(model.users, user, model.items, items[pair]!),
    );
  }

  /** See predict-rank.ts. */
  predictRank(
    test: SparseRows,
    options: LightFmFeatures & { readonly train?: SparseRows | undefined } = {},
  ): Float32Array {
    const { users, items } = this.representations(options);
    return predictRank(users, items, test, options.train);
  }

  /** Embeddings and biases of the rows of the feature matrices. Throws MODEL_UNKNOWN before the first fit. */
  representations({ userFeatures, itemFeatures }: LightFmFeatures = {}): {
    readonly users: Representations;
    readonly items: Representations;
  } {
    if (this.#users === undefined || this.#items === undefined) {
      throw new SegueError('MODEL_UNKNOWN', 'expected a fitted LightFM model; call fit first');
    }
    return {
      users: representRows(this.#users, userFeatures),
      items: representRows(this.#items, itemFeatures),
    };
  }

  /** For `TopItems` and everything else that ranks by inner products: components + 1 columns. */
  rankingFactors(features: LightFmFeatures = {}): {
    readonly userFactors: FactorMatrix;
    readonly itemFactors: FactorMatrix;
  } {
    const { users, items } = this.representations(features);
    return rankingFactors(users, items);
  }

  #start({ interactions, userFeatures, itemFeatures }: FitData) {
    const { noComponents, learningSchedule } = this.options;
    // Items first: the order of the draws is part of what a seed means.
    this.#items ??= startSide(
      itemFeatures?.columns ?? interactions.columns,
      noComponents,
      learningSchedule,
      this.#random,
    );
    this.#users ??= startSide(
      userFeatures?.columns ?? interactions.rows,
      noComponents,
      learningSchedule,
      this.#random,
    );
    return { users: this.#users, items: this.#items };
  }

  #check({ interactions, userFeatures, itemFeatures, sampleWeight }: FitData): void {
    const { rows, columns, indices } = interactions;
    if (sampleWeight && this.options.loss === 'warp-kos') {
      throw invalid('no sample weights with the loss warp-kos, which has none', 'some');
    }
    if (sampleWeight && sampleWeight.length !== indices.length) {
      throw invalid(
        `one sample weight an interaction (${indices.length})`,
        `${sampleWeight.length}`,
      );
    }
    for (const [name, wanted, matrix, state] of [
      ['user', rows, userFeatures, this.#users],
      ['item', columns, itemFeatures, this.#items],
    ] as const) {
      if (matrix && matrix.rows < wanted)
        throw invalid(`${wanted} rows of ${name} features`, `${matrix.rows}`);
      const features = matrix?.columns ?? wanted;
      if (state && state.biases.length !== features)
        throw invalid(`the ${state.biases.length} ${name} features of before`, `${features}`);
      if (matrix && !matrix.values.every(Number.isFinite))
        throw invalid(`finite weights of ${name} features`, 'others');
    }
    if (sampleWeight && !sampleWeight.every(Number.isFinite))
      throw invalid('finite sample weights', 'others');
  }
}

function invalid(expected: string, got: string): SegueError {
  return new SegueError('SETTING_INVALID', `LightFM expected ${expected}; got ${got}`);
}
