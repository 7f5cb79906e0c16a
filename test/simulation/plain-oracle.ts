/** What must be left of a simulated campaign, in plain maps: shares no code with the streams but the names of keys. */
import type { StreamProcess } from '../../src/app/stream-process';
import type { VirtualSystem } from '../../src/app/virtual-system';
import { parseHistoryKey } from '../../streams/by-user/stores';
import { addUp } from '../../streams/control/set-threshold';
import type { FaultyRecord } from '../../streams/simulator/faulty-listeners';
import { POISON_REASONS } from '../../streams/simulator/poison';
import { lastValues } from '../../streams/tables';

/** A fault of the program itself, to prove that the comparison can fail. */
export type PlantedFault = 'duplicate counted' | 'listener lost' | 'dead letter lost';

/** What must be left in the end, in plain maps. */
export class PlainOracle {
  readonly #heard = new Set<string>();
  readonly #deleted = new Set<string>();
  readonly #reasons = new Map<string, number>();
  #records = 0;

  take(record: FaultyRecord): void {
    if (record.kind === 'poison') {
      const reason = POISON_REASONS[record.poison];
      this.#reasons.set(reason, (this.#reasons.get(reason) ?? 0) + 1);
      return;
    }
    this.#records += 1;
    const { userId, track, listenedAt } = record.listen;
    (record.kind === 'listen' ? this.#heard : this.#deleted).add(
      `${userId} ${track.trackId} ${listenedAt}`,
    );
  }

  async compare(
    process: StreamProcess,
    system: VirtualSystem,
    planted: PlantedFault | undefined,
  ): Promise<string[]> {
    const reader = { broker: system.broker, codecs: process.runner.codecs };
    const { topics } = process;
    const histories = await system.run(lastValues(reader, topics.histories));
    const counts = await system.run(lastValues(reader, topics.listenerCounts));
    const progress = await system.run(lastValues(reader, topics.progress));
    const lists = await system.run(lastValues(reader, topics.recommendations));
    const deadLetters = await system.run(countRecords(process, system));
    const plays = this.#plays();
    const listeners = new Map<string, number>();
    for (const pair of plays.keys())
      listeners.set(pair.split(' ')[1]!, (listeners.get(pair.split(' ')[1]!) ?? 0) + 1);
    const found = new Map<string, number>();
    for (const [key, history] of histories) {
      const { user, trackId, chunk } = parseHistoryKey(key);
      if (chunk === undefined && history.plays > 0) found.set(`${user} ${trackId}`, history.plays);
    }
    const { sums } = addUp([...progress.values()]);
    const live = [...plays.values()].reduce((sum, value) => sum + value, 0);
    const alive = new Map(
      [...counts]
        .filter(([, { listeners: count }]) => count > 0)
        .map(([trackId, { listeners: count }]) => [trackId, count]),
    );
    if (planted === 'listener lost') alive.set([...alive.keys()][0]!, 0);
    const expected = {
      listens: live + (planted === 'duplicate counted' ? 1 : 0),
      deletions: this.#deleted.size,
      duplicates: this.#records - this.#heard.size - this.#deleted.size,
      pairs: plays.size,
      users: new Set([...plays.keys()].map((pair) => pair.split(' ')[0])).size,
    };
    const reasons = Object.fromEntries(
      Object.entries(sums)
        .filter(([name]) => name.startsWith('deadLetters.'))
        .map(([name, count]) => [name.slice(12), count]),
    );
    const deadTotal =
      [...this.#reasons.values()].reduce((sum, count) => sum + count, 0) +
      (planted === 'dead letter lost' ? 1 : 0);
    return [
      ...difference('plays', found, plays),
      ...difference('unique listeners', alive, listeners),
      ...difference('dead letters by reason', new Map(Object.entries(reasons)), this.#reasons),
      ...difference(
        'sums',
        new Map(Object.keys(expected).map((name) => [name, sums[name] ?? 0])),
        new Map(Object.entries(expected)),
      ),
      ...(deadLetters === deadTotal
        ? []
        : [`dead letters: ${deadLetters} records, expected ${deadTotal}`]),
      ...heardInLists(lists, plays),
      ...usersWithoutList(lists, plays),
    ];
  }

  /** `user track` → plays. */
  #plays(): Map<string, number> {
    const plays = new Map<string, number>();
    for (const id of this.#heard) {
      if (this.#deleted.has(id)) continue;
      const pair = id.split(' ').slice(0, 2).join(' ');
      plays.set(pair, (plays.get(pair) ?? 0) + 1);
    }
    return plays;
  }
}

async function countRecords({ topics }: StreamProcess, { broker }: VirtualSystem): Promise<number> {
  let count = 0;
  for (const { partition, start, end } of await broker.ranges(topics.deadLetters.name)) {
    for (let offset = start; offset < end; ) {
      const batches = await broker.fetch([{ topic: topics.deadLetters.name, partition, offset }], {
        waitMsMax: 0,
        bytesMaxPerPartition: 1 << 20,
      });
      for (const { records, nextOffset } of batches) {
        count += records.length;
        offset = nextOffset;
      }
    }
  }
  return count;
}

function difference(
  what: string,
  found: ReadonlyMap<string, number>,
  expected: ReadonlyMap<string, number>,
): string[] {
  const keys = new Set([...found.keys(), ...expected.keys()]);
  return [...keys]
    .filter((key) => (found.get(key) ?? 0) !== (expected.get(key) ?? 0))
    .slice(0, 5)
    .map((key) => `${what}: ${key} is ${found.get(key) ?? 0}, expected ${expected.get(key) ?? 0}`);
}

type Lists = ReadonlyMap<string, { readonly tracks: readonly { readonly track_id: string }[] }>;

function heardInLists(lists: Lists, plays: ReadonlyMap<string, number>): string[] {
  return [...lists].flatMap(([user, { tracks }]) =>
    tracks
      .filter(({ track_id }) => plays.has(`${user} ${track_id}`))
      .map(({ track_id }) => `list of ${user} holds ${track_id}, which they have heard`),
  );
}

function usersWithoutList(lists: Lists, plays: ReadonlyMap<string, number>): string[] {
  const users = new Set([...plays.keys()].map((pair) => pair.split(' ')[0]!));
  return [...users].filter((user) => !lists.has(user)).map((user) => `${user} has no list`);
}
