/** Stable order of scores, best first, without a comparison in JavaScript for each step of the sort. */

/** Bits of an index beside the 32 of a score in the 53 that a number holds exactly. */
const INDEX_BITS = 21;

const value = new Float32Array(1);
const bits = new Int32Array(value.buffer);

/** Indices of `scores` in descending order; equal ones (0 and −0 are) in ascending order of index. */
export function descending(scores: Float32Array): Int32Array {
  const { length } = scores;
  if (length > 2 ** INDEX_BITS) {
    const order = new Int32Array(length).map((_, index) => index);
    return order.sort((a, b) => scores[b]! - scores[a]! || a - b);
  }
  const keys = new Float64Array(length);
  for (let index = 0; index < length; index++) {
    value[0] = scores[index]! + 0;
    // Bits of positive floats sort as integers, those of negative ones the other way round.
    const word = bits[0]!;
    const ascending = word < 0 ? ~word >>> 0 : word + 2 ** 31;
    keys[index] = (2 ** 32 - 1 - ascending) * 2 ** INDEX_BITS + index;
  }
  keys.sort();
  const order = new Int32Array(length);
  for (let place = 0; place < length; place++) order[place] = keys[place]! % 2 ** INDEX_BITS;
  return order;
}
