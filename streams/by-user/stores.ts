/** State of the by-user part; each store belongs to the processor named beside it. */
import type { History, Recommendations } from '../../schemas/records';
import type { LocalStoreDefinition, StoreAccess, TableDefinition } from '../../src/engine/topology';
import type { StateStore, ValueCodec } from '../../src/store/state-store';
import type { SegueTopics } from '../topics';

export interface UserStores {
  /** `keep-history`: (user, track) → listens. */
  readonly histories: TableDefinition<History>;
  /** `keep-history`: user → number of tracks; follows `histories`, also in a restore. */
  readonly users: LocalStoreDefinition<number>;
  /** `fold-in-user`: users whose list does not know all their listens yet. */
  readonly waiting: LocalStoreDefinition<true>;
  /** `fold-in-user`: user → what their list was computed with. */
  readonly refreshed: LocalStoreDefinition<RefreshMark>;
  /** `publish-recommendations`: user → list. */
  readonly recommendations: TableDefinition<Recommendations>;
}

/** Against which model and popular list a user's list stands. */
export interface RefreshMark {
  /** −1: without a model. */
  readonly generation: number;
  /** Edition of the popular list; −1 for a personal list, which does not depend on it. */
  readonly edition: number;
}

const SEPARATOR = '\u0000';

export function historyKey(user: string, trackId: string): string {
  return user + SEPARATOR + trackId;
}

export function chunkKey(user: string, trackId: string, chunk: number): string {
  return historyKey(user, trackId) + SEPARATOR + chunk;
}

/** Prefix of all keys of a user's history. */
export function historyPrefix(user: string): string {
  return user + SEPARATOR;
}

/** The parts of a `histories` key; a chunk's key has a `chunk`. */
export function parseHistoryKey(key: string): { user: string; trackId: string; chunk?: number } {
  const [user = '', trackId = '', chunk] = key.split(SEPARATOR);
  return chunk === undefined ? { user, trackId } : { user, trackId, chunk: Number(chunk) };
}

export function userStores(topics: SegueTopics): UserStores {
  const users: UserStores['users'] = { name: 'users', prefix: 'u', codec: numberCodec };
  const waiting: UserStores['waiting'] = { name: 'waiting', prefix: 'w', codec: markCodec };
  const refreshed: UserStores['refreshed'] = {
    name: 'refreshed',
    prefix: 'f',
    codec: refreshCodec,
  };
  return {
    users,
    waiting,
    refreshed,
    recommendations: {
      name: 'recommendations',
      prefix: 'r',
      topic: topics.recommendations,
      // The list of another owner may stand against another generation than the last one that was given here.
      onRestore: (user, _before, after, stores) => followList(user, after, stores.store(refreshed)),
    },
    histories: {
      name: 'histories',
      prefix: 'h',
      topic: topics.histories,
      onRestore: (key, before, after, stores) =>
        followHistory(key, before, after, stores, { users, waiting }),
    },
  };
}

function followHistory(
  key: string,
  before: () => History | undefined,
  after: History | undefined,
  stores: StoreAccess,
  { users, waiting }: Pick<UserStores, 'users' | 'waiting'>,
): void {
  const { user, chunk } = parseHistoryKey(key);
  if (chunk !== undefined) return;
  const summaries = stores.store(users);
  const change = Number((after?.plays ?? 0) > 0) - Number((before()?.plays ?? 0) > 0);
  if (change !== 0) summaries.put(user, (summaries.get(user) ?? 0) + change);
  stores.store(waiting).put(user, true);
}

/** The edition of a popular list does not stand in it: it counts as outdated. */
const UNKNOWN_EDITION = -2;

function followList(
  user: string,
  list: Recommendations | undefined,
  refreshed: StateStore<RefreshMark>,
): void {
  if (list === undefined) {
    refreshed.delete(user);
    return;
  }
  const edition = list.kind === 'PERSONAL' ? -1 : UNKNOWN_EDITION;
  refreshed.put(user, { generation: list.generation ?? -1, edition });
}

const numberCodec: ValueCodec<number> = {
  encode: (value) => Buffer.from(String(value), 'latin1'),
  decode: (bytes) => Number(bytes.toString('latin1')),
};

const markCodec: ValueCodec<true> = {
  encode: () => Buffer.alloc(0),
  decode: () => true,
};

const refreshCodec: ValueCodec<RefreshMark> = {
  encode: ({ generation, edition }) => Buffer.from(`${generation} ${edition}`, 'latin1'),
  decode: (bytes) => {
    const [generation, edition] = bytes.toString('latin1').split(' ').map(Number);
    return { generation: generation!, edition: edition! };
  },
};
