/** A study's interaction table beside the oracle's. */
import { learnFilter, type PairFilter } from '../../src/study/filter-pairs';
import type { InteractionTable } from '../../src/study/interaction-table';
import { threshold } from '../../streams/control/threshold';
import type { OracleStudy, OracleTables } from './oracle/study';

/** User → track → times, as the oracle has it. */
export function historiesOf(table: InteractionTable) {
  const { userIds, items, userStarts, pairItems, playStarts, times } = table;
  return new Map(
    userIds.map((id, user) => {
      const row = new Map<string, number[]>();
      for (let pair = userStarts[user]!; pair < userStarts[user + 1]!; pair++)
        row.set(items[pairItems[pair]!]!.id, [
          ...times.subarray(playStarts[pair]!, playStarts[pair + 1]!),
        ]);
      return [id, row];
    }),
  );
}

/** The filter that the study learns on everything, with the streams' own rule. */
export function filterOf(
  table: InteractionTable,
  limits: { listenersMin: number; tracksMin: number },
): PairFilter {
  const rule = { kind: 'smaller-of', topShare: 0.03, ...limits } as const;
  return learnFilter(table, () => true, {
    itemUsersMin: (histogram) => threshold(histogram, rule).value,
    userItemsMin: limits.tracksMin,
  });
}

export function expectSameTables(filter: PairFilter, oracle: OracleStudy) {
  expect(filter.itemUsersMin).toBe(oracle.threshold);
  const same = (
    usersPerItem: ReadonlyMap<number, number>,
    itemsPerUser: ReadonlyMap<number, number>,
    tables: OracleTables,
  ) => {
    expect(usersPerItem).toEqual(tables.listenersOfTracks);
    expect(itemsPerUser).toEqual(tables.tracksOfUsers);
  };
  same(filter.usersPerItem, filter.itemsPerUser, oracle.tables.before);
  same(filter.usersPerKeptItem, filter.keptItemsPerKeptUser, oracle.tables.after);
  expect(filter.keptPairs).toBe(oracle.tables.after.pairs);
}
