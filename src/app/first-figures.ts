/** Series that are to be seen as 0 before anything happens, so that panels are not empty and rates see the first event. */
import { REJECTION_REASONS } from '../../streams/by-user/rejection-reasons';
import { beginQuality } from '../../streams/model/show-model';
import type { SegueTopics } from '../../streams/topics';
import { programVersion } from '../compiled-path';
import type { Meter } from '../telemetry/meter';

const DROPPED = [
  ['keep-history', 'duplicate'],
  ['fold-in-user', 'singular'],
] as const;

export function showFirstFigures(meter: Meter, topics: SegueTopics, nodeVersion: string): void {
  showBuild(meter, nodeVersion);
  for (const reason of Object.keys(REJECTION_REASONS))
    meter.count('segue_dead_letters_total', { topic: topics.listens.name, reason }, 0);
  beginQuality(meter, 'none', ['popular-alone']);
  for (const [processor, reason] of DROPPED)
    meter.count('segue_records_dropped_total', { part: 'by-user', processor, reason }, 0);
}

export function showBuild(meter: Meter, nodeVersion: string): void {
  meter.set('segue_build_info', { version: programVersion(), node_version: nodeVersion }, 1);
}
