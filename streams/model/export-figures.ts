/** Shows the catalogue's figures, as the control task published them, in every process. */
import type { Filter } from '../../schemas/records';
import type { GlobalProcessor } from '../../src/engine/processor';
import type { Meter } from '../../src/telemetry/meter';
import { listSum } from '../by-user/publish-recommendations';

type Table1Label = '0-5' | '5-10' | '10-20' | '20-30' | '30-40' | '40-50' | '50-';
type Table2Label = '0-10' | '10-25' | '25-50' | '50-100' | '100-500' | '500-';

/** Holds the last filter, and turns each into series. */
export class Figures {
  filter: Filter | undefined;

  constructor(private readonly meter: Meter) {}

  update(filter: Filter): void {
    this.filter = filter;
    const { meter } = this;
    meter.set('segue_listens', {}, filter.sums['listens'] ?? 0);
    meter.set('segue_duplicate_listens', {}, filter.sums['duplicates'] ?? 0);
    meter.set('segue_deleted_listens', {}, filter.sums['deletions'] ?? 0);
    meter.set('segue_pairs', {}, filter.sums['pairs'] ?? 0);
    meter.set('segue_users', {}, filter.users);
    meter.set('segue_tracks', {}, filter.tracks);
    meter.set('segue_tracks_in', {}, filter.tracks_in);
    meter.set('segue_unique_listeners_max', {}, filter.max_unique_listeners);
    for (const list of ['personal', 'popular'] as const)
      meter.set('segue_users_by_list', { list }, filter.sums[listSum(list)] ?? 0);
    meter.set('segue_threshold_listeners', {}, filter.threshold);
    meter.set('segue_threshold_crossings', { direction: 'in' }, filter.crossings_in);
    meter.set('segue_threshold_crossings', { direction: 'out' }, filter.crossings_out);
    for (const { from, to, count } of filter.table1) {
      meter.set(
        'segue_table1_tracks',
        { unique_listeners: `${from}-${to ?? ''}` as Table1Label },
        count,
      );
    }
    for (const { from, to, count } of filter.table2) {
      meter.set(
        'segue_table2_users',
        { unique_tracks: `${from}-${to ?? ''}` as Table2Label },
        count,
      );
    }
  }
}

export function exportFigures(figures: Figures): GlobalProcessor {
  return {
    name: 'export-figures',
    process: ({ value }) => {
      if (value !== null) figures.update(value as Filter);
    },
  };
}
