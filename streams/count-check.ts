/** What a comparison of counts with a recount says to those who watch. */
import type { Meter } from '../src/telemetry/meter';
import type { SeriesLabels } from '../src/telemetry/series';

export type CountCheck = SeriesLabels<'segue_count_checks_total'>['check'];

export function noteCheck(meter: Meter, check: CountCheck, isEqual: boolean): void {
  meter.count('segue_count_checks_total', { check });
  if (!isEqual) meter.count('segue_count_check_failures_total', { check });
}

/** Both say how many things have exactly a value. */
export function isSameHistogram(
  a: ReadonlyMap<number, number>,
  b: ReadonlyMap<number, number>,
): boolean {
  return a.size === b.size && [...a].every(([value, count]) => b.get(value) === count);
}
