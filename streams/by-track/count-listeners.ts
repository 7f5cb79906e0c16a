/** Unique listeners a track: one integer, exact because each change comes once, from the user's partition. */
import type { ListenerChange, ListenerCount } from '../../schemas/records';
import type { InputRecord, ProcessorDefinition } from '../../src/engine/processor';
import type { TableDefinition } from '../../src/engine/topology';

export interface CountedTrack {
  readonly trackId: string;
  readonly count: ListenerCount;
}

export interface ListenersKept {
  /** Up to so many listeners a track is known who they are. */
  readonly usersMax: number;
}

export function countListeners(
  listenerCounts: TableDefinition<ListenerCount>,
  { usersMax }: ListenersKept,
): ProcessorDefinition<InputRecord<ListenerChange>, CountedTrack> {
  return {
    name: 'count-listeners',
    stores: [listenerCounts],
    build(context) {
      const counts = context.store(listenerCounts);
      return {
        process({ key, value }) {
          const trackId = key!.toString('utf8');
          const before = counts.get(trackId);
          const count = afterChange(before, value, usersMax);
          counts.put(trackId, count);
          context.sums.move('listenersPerTrack', before?.listeners ?? 0, count.listeners);
          context.forward({ trackId, count });
        },
      };
    },
  };
}

/** A track is called what its earliest first listen called it, so the names do not depend on the order of arrival. */
export function afterChange(
  before: ListenerCount | undefined,
  change: ListenerChange,
  usersMax: number,
): ListenerCount {
  const listeners = (before?.listeners ?? 0) + change.change;
  const users = listeners > usersMax ? [] : usersAfter(before?.users ?? [], change);
  if (before !== undefined && (change.change < 0 || !namesComeFirst(change, before)))
    return { ...before, listeners, users };
  return {
    listeners,
    named_at: change.listened_at,
    artist_name: change.artist_name,
    track_name: change.track_name,
    users,
  };
}

function usersAfter(users: readonly string[], { user, change }: ListenerChange): string[] {
  const others = users.filter((other) => other !== user);
  // Changes of before they named the user.
  if (change < 0 || user === '') return others;
  return [...others, user].sort();
}

function namesComeFirst(change: ListenerChange, before: ListenerCount): boolean {
  if (change.listened_at !== before.named_at) return change.listened_at < before.named_at;
  const names = ({ artist_name, track_name }: ListenerChange | ListenerCount) =>
    `${artist_name}\u0000${track_name}`;
  return names(change) < names(before);
}
