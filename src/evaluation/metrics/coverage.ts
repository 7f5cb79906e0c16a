/** How much of the catalogue the lists of all users show, and how evenly. Negative items end a list. */

/** Number of lists that hold each item within their first k places. */
export function exposure(
  lists: Iterable<ArrayLike<number>>,
  items: number,
  k: number,
): Uint32Array {
  const counts = new Uint32Array(items);
  for (const list of lists)
    for (let at = 0; at < Math.min(k, list.length) && list[at]! >= 0; at++) counts[list[at]!]!++;
  return counts;
}

/** Share of the catalogue that stands in at least one list. */
export function coverage(counts: Uint32Array): number {
  return counts.reduce((shown, count) => shown + (count > 0 ? 1 : 0), 0) / counts.length;
}

/** Gini coefficient of the exposure: 0 all items equally often, towards 1 all lists alike. */
export function exposureGini(counts: Uint32Array): number {
  const sorted = Float64Array.from(counts).sort();
  const total = sorted.reduce((sum, count) => sum + count, 0);
  if (total === 0) return 0;
  const n = sorted.length;
  const weighted = sorted.reduce((sum, count, at) => sum + (2 * (at + 1) - n - 1) * count, 0);
  return weighted / (n * total);
}
