/**
 * Keeps every (user, track) with its listens. Distinct is decided here, where the user is; only a user's first listen
 * of a track, or the loss of the last one, travels on to the track's own partition.
 */
import type { History } from '../../schemas/records';
import type { Processor, ProcessorContext, ProcessorDefinition } from '../../src/engine/processor';
import type { StateStore } from '../../src/store/state-store';
import type { SegueTopics } from '../topics';
import type { AcceptedListen } from './clean-listen';
import {
  applyEvent,
  type ChunkStore,
  EMPTY_HISTORY,
  type HistoryLimits,
  type Outcome,
} from './history';
import { chunkKey, historyKey, type UserStores } from './stores';

/** A listen or deletion that changed something. */
export interface KeptListen {
  readonly user: string;
  readonly trackId: string;
  readonly listenedAt: number;
  /** When it was produced, milliseconds since 1970. */
  readonly producedAtMs: number;
  readonly history: History;
  /** +1: the user became a listener of the track; −1: ceased to be one; 0: neither. */
  readonly listenerChange: 1 | 0 | -1;
}

/** How each outcome moves the exact sums. */
const SUMS: Record<Outcome, readonly (readonly [string, number])[]> = {
  counted: [['listens', 1]],
  duplicate: [['duplicates', 1]],
  removed: [
    ['listens', -1],
    ['deletions', 1],
  ],
  remembered: [['deletions', 1]],
  absorbed: [],
};

export function keepHistory(
  topics: SegueTopics,
  stores: UserStores,
  limits: HistoryLimits,
): ProcessorDefinition<AcceptedListen, KeptListen> {
  return {
    name: 'keep-history',
    stores: [stores.histories, stores.users],
    sinks: [topics.listenerChanges],
    build: (context) => new KeepHistory(context, topics, stores, limits),
  };
}

class KeepHistory implements Processor<AcceptedListen> {
  readonly #histories: StateStore<History>;
  readonly #users: StateStore<number>;

  constructor(
    private readonly context: ProcessorContext<KeptListen>,
    private readonly topics: SegueTopics,
    stores: UserStores,
    private readonly limits: HistoryLimits,
  ) {
    this.#histories = context.store(stores.histories);
    this.#users = context.store(stores.users);
  }

  process(listen: AcceptedListen): void {
    const { user, trackId, listenedAt, kind } = listen;
    const key = historyKey(user, trackId);
    const before = this.#histories.get(key) ?? EMPTY_HISTORY;
    const event = { listenedAt, mark: kind === 'LISTEN' ? 'heard' : 'deleted' } as const;
    const { history, outcome } = applyEvent(
      before,
      event,
      this.#chunks(user, trackId),
      this.limits,
    );
    for (const [name, by] of SUMS[outcome]) this.context.sums.add(name, by);
    if (outcome === 'duplicate') {
      const labels = { part: 'by-user', processor: 'keep-history', reason: 'duplicate' };
      this.context.meter.count('segue_records_dropped_total', labels);
      return;
    }
    this.#histories.put(key, history);
    const listenerChange = (Number(history.plays > 0) - Number(before.plays > 0)) as 1 | 0 | -1;
    if (listenerChange !== 0) this.#changeListener(listen, listenerChange);
    if (history.plays === before.plays) return;
    this.context.forward({
      user,
      trackId,
      listenedAt,
      producedAtMs: listen.producedAtMs,
      history,
      listenerChange,
    });
  }

  #changeListener(listen: AcceptedListen, change: 1 | -1): void {
    const tracks = this.#users.get(listen.user) ?? 0;
    this.#users.put(listen.user, tracks + change);
    const { sums } = this.context;
    sums.add('pairs', change);
    sums.add('users', Number(tracks + change > 0) - Number(tracks > 0));
    sums.move('tracksPerUser', tracks, tracks + change);
    const value = {
      change,
      listened_at: listen.listenedAt,
      user: listen.user,
      artist_name: listen.artistName,
      track_name: listen.trackName,
    };
    this.context.send(this.topics.listenerChanges, listen.trackId, value, {
      timestampMs: listen.producedAtMs,
    });
  }

  #chunks(user: string, trackId: string): ChunkStore {
    return {
      get: (number) => this.#histories.get(chunkKey(user, trackId, number)),
      put: (number, chunk) => this.#histories.put(chunkKey(user, trackId, number), chunk),
    };
  }
}
