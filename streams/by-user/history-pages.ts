/** A user's histories read a page at a time, for users with so many that one reading would take longer than a step. */
import type { History } from '../../schemas/records';
import type { StateStore } from '../../src/store/state-store';
import { historyPrefix, parseHistoryKey } from './stores';

export interface PagePlace {
  /** Key of the last entry read; the user's prefix before the first page. */
  readTo: string;
}

export interface PageOrder {
  readonly user: string;
  /** Entries read at a time. */
  readonly limit: number;
  readonly visit: (trackId: string, history: History) => void;
}

/** Moves `place` on by a page. True when no entry of the user is left. */
export async function readHistoryPage(
  histories: StateStore<History>,
  place: PagePlace,
  { user, limit, visit }: PageOrder,
): Promise<boolean> {
  const prefix = historyPrefix(user);
  const page = await histories.entriesAfter(place.readTo, limit);
  for (const [key, history] of page) {
    if (!key.startsWith(prefix)) return true;
    place.readTo = key;
    const { trackId, chunk } = parseHistoryKey(key);
    if (chunk === undefined) visit(trackId, history);
  }
  return page.size === 0;
}
