import type { Clock } from '../clock';
import type { SlotMark } from '../store/slot-database';
import type { SlotState } from './slot-state';

/** The mark for content that stands at these changelog positions. `clean`: everything before it is synced to disk. */
export function slotMark(
  changelogs: Readonly<Record<string, number>>,
  state: SlotState,
  { bootId, clock }: { readonly bootId: string; readonly clock: Clock },
  clean = false,
): SlotMark {
  return {
    changelogs: { ...changelogs },
    bootId,
    clean,
    writtenAtMs: clock.now(),
    writers: state.writers.toRecord(),
  };
}
