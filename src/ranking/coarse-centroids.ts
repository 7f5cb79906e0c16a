/**
 * What the coarse codes of an index mean: for every pair of factors 16 centroids of the items' directions, found by
 * Lloyd's iterations over a sample of them. Any centroids would do for the bounds; near ones make them tight.
 */

/** Floats of a pair's centroids in the kernels' memory: 16 x, 16 y, 16 times −(x² + y²)/2. */
export const PAIR_FLOATS = 48;
const CENTROIDS = 16;
const ITERATIONS = 6;
/** Pairs handled between two yields: a few milliseconds for a sample of 1,024. */
const PAIRS_AT_ONCE = 8;

export interface CoarseCentroids {
  /** PAIR_FLOATS for each pair of factors. */
  readonly values: Float32Array;
  /** A length that no |d − c| exceeds, for directions d and whatever centroids c. */
  readonly largestError: number;
  /** Mean length of d − c over the sample, c the nearest. */
  readonly meanError: number;
}

/** `directions`: rows of `width` (even) factors, each of length 1 at most. */
export function* findCentroids(
  directions: Float32Array,
  width: number,
): Generator<void, CoarseCentroids> {
  const pairs = width / 2;
  const rows = directions.length / width;
  const values = new Float32Array(pairs * PAIR_FLOATS);
  const squares = new Float64Array(rows);
  let farthest = 0;
  for (let pair = 0; pair < pairs; pair++) {
    const centroids = lloyd(directions, width, pair, squares);
    farthest += writePair(centroids, values.subarray(pair * PAIR_FLOATS, (pair + 1) * PAIR_FLOATS));
    if (pair % PAIRS_AT_ONCE === PAIRS_AT_ONCE - 1) yield;
  }
  const meanError = squares.reduce((sum, square) => sum + Math.sqrt(square), 0) / Math.max(1, rows);
  return { values, meanError, largestError: 1.02 + Math.sqrt(farthest) };
}

/** Returns the largest square of a centroid's length. */
function writePair(centroids: Float64Array, target: Float32Array): number {
  let farthest = 0;
  for (let c = 0; c < CENTROIDS; c++) {
    const x = Math.fround(centroids[2 * c]!);
    const y = Math.fround(centroids[2 * c + 1]!);
    const square = x * x + y * y;
    target[c] = x;
    target[CENTROIDS + c] = y;
    target[2 * CENTROIDS + c] = -square / 2;
    farthest = Math.max(farthest, square);
  }
  return farthest;
}

/** Centroids (x, y) of one pair; adds each row's squared distance from its nearest to `squares`. */
function lloyd(
  directions: Float32Array,
  width: number,
  pair: number,
  squares: Float64Array,
): Float64Array {
  const rows = squares.length;
  const centroids = new Float64Array(2 * CENTROIDS);
  for (let c = 0; c < CENTROIDS && rows > 0; c++) {
    const row = Math.floor(((c + 0.5) * rows) / CENTROIDS);
    centroids[2 * c] = directions[row * width + 2 * pair]!;
    centroids[2 * c + 1] = directions[row * width + 2 * pair + 1]!;
  }
  const sums = new Float64Array(3 * CENTROIDS);
  for (let iteration = 0; iteration <= ITERATIONS; iteration++) {
    const last = iteration === ITERATIONS;
    sums.fill(0);
    for (let row = 0; row < rows; row++) {
      const x = directions[row * width + 2 * pair]!;
      const y = directions[row * width + 2 * pair + 1]!;
      const nearest = nearestTo(centroids, x, y);
      if (last) squares[row]! += squareFrom(centroids, nearest, x, y);
      sums[3 * nearest]! += x;
      sums[3 * nearest + 1]! += y;
      sums[3 * nearest + 2]! += 1;
    }
    if (!last) move(centroids, sums);
  }
  return centroids;
}

function nearestTo(centroids: Float64Array, x: number, y: number): number {
  let nearest = 0;
  let best = Number.POSITIVE_INFINITY;
  for (let c = 0; c < CENTROIDS; c++) {
    const square = squareFrom(centroids, c, x, y);
    if (!(square < best)) continue;
    best = square;
    nearest = c;
  }
  return nearest;
}

function squareFrom(centroids: Float64Array, c: number, x: number, y: number): number {
  return (x - centroids[2 * c]!) ** 2 + (y - centroids[2 * c + 1]!) ** 2;
}

function move(centroids: Float64Array, sums: Float64Array): void {
  for (let c = 0; c < CENTROIDS; c++) {
    const count = sums[3 * c + 2]!;
    if (count === 0) continue;
    centroids[2 * c] = sums[3 * c]! / count;
    centroids[2 * c + 1] = sums[3 * c + 1]! / count;
  }
}
