/** Item-to-item models, cheap and strong: whoever claims quality has to stand beside them. Each over a small grid. */
import type { EvaluationSet } from '../evaluation/evaluation-set';
import { trainEase } from '../evaluation/recommenders/ease';
import { trainItemKnn } from '../evaluation/recommenders/item-knn';
import type { ItemRecommender } from '../evaluation/recommenders/item-recommender';
import { trainRp3Beta } from '../evaluation/recommenders/rp3beta';
import { itemModel } from './fitted-model';
import { type TuningOptions, tuningQuality, tuningSet } from './tuning';

export interface Yardstick {
  readonly id: string;
  readonly name: string;
  readonly grid: readonly Readonly<Record<string, number>>[];
  readonly train: (
    set: EvaluationSet,
    settings: Readonly<Record<string, number>>,
    threads: number,
  ) => ItemRecommender | Promise<ItemRecommender>;
  /** Memory grows with the square, time with the cube of the items; undefined: no bound. */
  readonly itemsMax?: number;
}

export const YARDSTICK_MODELS: readonly Yardstick[] = [
  {
    id: 'item-knn',
    name: 'item-kNN, BM25',
    grid: [
      { k: 50, k1: 0.3, b: 0.8 },
      { k: 200, k1: 1.2, b: 0.2 },
    ],
    train: ({ plays }, { k, k1, b }) =>
      trainItemKnn(plays, { k: k!, weighting: { by: 'bm25', k1: k1!, b: b! } }),
  },
  {
    id: 'rp3beta',
    name: 'RP3β',
    grid: [
      { k: 200, alpha: 0.6, beta: 0.2 },
      { k: 500, alpha: 0.6, beta: 0.03 },
    ],
    train: ({ plays }, { k, alpha, beta }) =>
      trainRp3Beta(plays, { k: k!, alpha: alpha!, beta: beta! }),
  },
  {
    id: 'ease',
    name: 'EASE',
    grid: [{ lambda: 30 }, { lambda: 240 }],
    train: ({ plays }, { lambda }, threads) => trainEase(plays, { lambda: lambda!, threads }),
    itemsMax: 12_000,
  },
];

export interface TunedYardstick {
  readonly settings: Readonly<Record<string, number>>;
  readonly quality: number;
}

export async function tuneYardstick(
  validation: EvaluationSet,
  yardstick: Yardstick,
  options: TuningOptions,
): Promise<TunedYardstick> {
  const set = tuningSet(validation, options);
  let best: TunedYardstick | undefined;
  for (const settings of yardstick.grid) {
    options.signal?.throwIfAborted();
    const model = itemModel(await yardstick.train(set, settings, options.threads));
    const quality = await tuningQuality(model, set);
    if (best === undefined || quality > best.quality) best = { settings, quality };
  }
  return best!;
}
