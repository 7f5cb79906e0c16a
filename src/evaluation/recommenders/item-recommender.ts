/** What the item-to-item yardsticks have in common: they score the catalogue from a history. */
export interface ItemRecommender {
  /** Adds the score of every item to `scores`, which comes in as zeros. */
  score(history: Int32Array, plays: Float32Array, scores: Float32Array): void;
}
