/** The filter's rule and the study's tables; all they need is how many tracks have how many unique listeners. */
import type { TableRow } from '../../schemas/records';

/** Value → how many things have exactly this value. */
export type Histogram = ReadonlyMap<number, number>;

export interface ThresholdRule {
  readonly kind: 'share' | 'min-listeners' | 'smaller-of';
  /** At most this share of the tracks is in (the study's 3 %). */
  readonly topShare: number;
  readonly listenersMin: number;
}

/** Lower bounds of Table 1 (tracks by unique listeners) and Table 2 (users by unique tracks), as in the study. */
export const TABLE_1_BINS = [0, 5, 10, 20, 30, 40, 50] as const;
export const TABLE_2_BINS = [0, 10, 25, 50, 100, 500] as const;

/** Unique listeners that a track needs to be in, and which part of the rule said so. */
export function threshold(
  listeners: Histogram,
  rule: ThresholdRule,
): { readonly value: number; readonly rule: string } {
  const byShare = thresholdOfShare(listeners, rule.topShare);
  const named = (value: number, name: string) => ({ value, rule: name });
  if (rule.kind === 'share') return named(byShare, 'share');
  if (rule.kind === 'min-listeners') return named(rule.listenersMin, 'min-listeners');
  return byShare < rule.listenersMin
    ? named(byShare, 'share')
    : named(rule.listenersMin, 'min-listeners');
}

/**
 * The smallest threshold that keeps the tracks in at or under `share` of all. A class of equal counts is in or out as
 * a whole, never cut; where even the highest class is too large, nothing is in.
 */
export function thresholdOfShare(listeners: Histogram, share: number): number {
  const room = Math.floor(share * total(listeners) + 1e-9);
  let inside = 0;
  let value = Math.max(0, ...listeners.keys()) + 1;
  for (const [count, tracks] of descending(listeners)) {
    if (inside + tracks > room) break;
    inside += tracks;
    value = count;
  }
  return value;
}

export function atLeast(histogram: Histogram, value: number): number {
  let found = 0;
  for (const [count, things] of histogram) if (count >= value) found += things;
  return found;
}

export function total(histogram: Histogram): number {
  let sum = 0;
  for (const things of histogram.values()) sum += things;
  return sum;
}

export function largest(histogram: Histogram): number {
  let value = 0;
  for (const count of histogram.keys()) value = Math.max(value, count);
  return value;
}

export function mergeHistograms(
  parts: readonly Iterable<readonly [number, number]>[],
): Map<number, number> {
  const merged = new Map<number, number>();
  for (const part of parts) {
    for (const [value, count] of part) merged.set(value, (merged.get(value) ?? 0) + count);
  }
  return merged;
}

/** Rows from each bound to the next, the last one without end. */
export function binned(histogram: Histogram, bounds: readonly number[]): TableRow[] {
  return bounds.map((from, index) => {
    const to = bounds[index + 1] ?? null;
    const count = atLeast(histogram, from) - (to === null ? 0 : atLeast(histogram, to));
    return { from, to, count };
  });
}

function descending(histogram: Histogram): [number, number][] {
  return [...histogram].sort((a, b) => b[0] - a[0]);
}
