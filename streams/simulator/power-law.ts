/** Draws from long tails in constant time and without tables, so that a catalogue may have millions of tracks. */
import type { Random } from '../../src/random';

/**
 * A rank in [0, count), where rank k comes about (k + 1)^−exponent as often as rank 0: the integer part of a
 * continuous power law on [1, count + 1), by inversion.
 */
export function drawRank(random: Random, count: number, exponent: number): number {
  const u = random.next();
  const top = count + 1;
  if (exponent === 1) return Math.min(count - 1, Math.floor(top ** u) - 1);
  const power = 1 - exponent;
  const drawn = ((top ** power - 1) * u + 1) ** (1 / power);
  return Math.min(count - 1, Math.floor(drawn) - 1);
}

/** A whole number >= 1 with this mean (>= 1): how many in a row, when each time the end has the same chance. */
export function drawLength(random: Random, mean: number): number {
  if (mean <= 1) return 1;
  return 1 + Math.floor(Math.log(1 - random.next()) / Math.log(1 - 1 / mean));
}

/** Time until the next of events that come at random, `mean` apart. */
export function drawWait(random: Random, mean: number): number {
  return -Math.log(1 - random.next()) * mean;
}

/**
 * Cuts `total` into one part for each weight, in proportion, none below 1. Answers where each part begins, and
 * `total` at the end. Needs total >= weights.length.
 */
export function proportionalStarts(weights: Float64Array, total: number): Int32Array {
  const sum = weights.reduce((added, weight) => added + weight, 0);
  const free = total - weights.length;
  const starts = new Int32Array(weights.length + 1);
  let before = 0;
  for (const [index, weight] of weights.entries()) {
    starts[index] = index + Math.floor((free * before) / sum);
    before += weight;
  }
  starts[weights.length] = total;
  return starts;
}
