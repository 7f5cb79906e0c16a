/** A histogram at a moment, and the two things one does with it: differences over time, and quantiles. */

export interface HistogramSnapshot {
  /** Upper bounds, ascending, without +Inf. */
  readonly bounds: readonly number[];
  /** Observations per bucket (not cumulated), one more than bounds: the last is above all of them. */
  readonly counts: readonly number[];
  readonly count: number;
  readonly sum: number;
}

/** What was observed after `earlier` and up to `later`. */
export function difference(
  later: HistogramSnapshot,
  earlier: HistogramSnapshot,
): HistogramSnapshot {
  return {
    bounds: later.bounds,
    counts: later.counts.map((count, bucket) => count - (earlier.counts[bucket] ?? 0)),
    count: later.count - earlier.count,
    sum: later.sum - earlier.sum,
  };
}

/**
 * The q-quantile, q in [0, 1], as Prometheus' histogram_quantile: linear within a bucket, the first one from
 * 0, the largest bound where it lies above all. undefined without observations.
 */
export function quantile(snapshot: HistogramSnapshot, q: number): number | undefined {
  if (snapshot.count <= 0) return undefined;
  const wanted = q * snapshot.count;
  let below = 0;
  for (const [bucket, upper] of snapshot.bounds.entries()) {
    const count = snapshot.counts[bucket] ?? 0;
    if (count > 0 && below + count >= wanted) {
      const lower = bucket === 0 ? 0 : (snapshot.bounds[bucket - 1] ?? 0);
      return lower + (upper - lower) * Math.max(0, (wanted - below) / count);
    }
    below += count;
  }
  return snapshot.bounds.at(-1);
}
