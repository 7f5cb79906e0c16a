/**
 * A table made ready for models: parted, filtered, and as sets of users to learn from and be judged on. Warm users have
 * been learnt from; cold ones have not, and what they played in the training part is only their history.
 */
import { buildSparseRows } from '../als/interactions';
import type { EvaluationSet } from '../evaluation/evaluation-set';
import { type FilterRule, type Histogram, learnFilter, type PairFilter } from './filter-pairs';
import type { InteractionTable } from './interaction-table';
import { fewestPlays, type Parting, partByPairs, partByTime, timeAtShare } from './parting';

export const SPLIT_NAMES = ['pairs', 'time', 'study-order'] as const;
/**
 * pairs: the study's, per user over distinct pairs, with the filter learnt on the training part. time: global.
 * study-order: as pairs, but filtered before it is split, as the study did: the filter has seen what is held out.
 */
export type SplitName = (typeof SPLIT_NAMES)[number];

export interface SplitSettings {
  readonly name: SplitName;
  readonly trainShare: number;
  readonly seed: number;
  /** Of users, by fewest plays, who are not learnt from; not of a split by time, which has new users of its own. */
  readonly coldShare: number;
}

/** Users by whom models are judged, and the numbers of the table behind rows and columns. */
export interface StudySplit {
  readonly warm: EvaluationSet;
  readonly cold: EvaluationSet;
  readonly figures: SplitFigures;
}

export interface SplitFigures {
  readonly itemUsersMin: number;
  /** Of the part that the filter was learnt on, before it and after it. */
  readonly before: PartFigures;
  readonly after: PartFigures;
  readonly warmUsers: number;
  readonly warmTargets: number;
  readonly coldUsers: number;
  readonly coldTargets: number;
  /** Held-out pairs of items that did not pass, so that no model could foretell them. */
  readonly unreachableTargets: number;
  /** Unix seconds where held-out time begins. */
  readonly splitTime?: number;
}

export interface PartFigures {
  readonly users: number;
  readonly items: number;
  readonly pairs: number;
  readonly usersPerItem: readonly (readonly [number, number])[];
  readonly itemsPerUser: readonly (readonly [number, number])[];
}

/** `part`: what the reported figures are of, or the same inside the training part, where settings are tuned. */
export function splitTable(
  table: InteractionTable,
  settings: SplitSettings,
  rule: FilterRule,
  part: 'test' | 'validation',
): StudySplit {
  if (settings.name === 'time') {
    const testTime = timeAtShare(table, settings.trainShare);
    const time = part === 'test' ? testTime : timeAtShare(table, settings.trainShare, testTime);
    const parting = partByTime(table, time, part === 'test' ? undefined : testTime);
    const filter = learnFilter(table, (pair) => parting.trainPlays[pair]! > 0, rule);
    const split = assemble(table, parting, filter, (user) => filter.users[user] === 0, true);
    return { ...split, figures: { ...split.figures, splitTime: time } };
  }
  const isCold = fewestPlays(table, settings.coldShare);
  const early = settings.name === 'study-order' ? learnFilter(table, () => true, rule) : undefined;
  const parting = partOfPairs(table, settings, early, part);
  const isLearnt = (pair: number, user: number) =>
    parting.trainPlays[pair]! > 0 && isCold[user] === 0;
  const filter = early ?? learnFilter(table, isLearnt, rule);
  const mayBeCold = (user: number) =>
    isCold[user] === 1 && (early === undefined || early.users[user] === 1);
  return assemble(table, parting, withoutUsers(filter, isCold), mayBeCold, false);
}

function partOfPairs(
  table: InteractionTable,
  { trainShare, seed }: SplitSettings,
  early: PairFilter | undefined,
  part: 'test' | 'validation',
): Parting {
  const users = early && usersOfPair(table);
  const isIn =
    early &&
    ((pair: number) =>
      early.items[table.pairItems[pair]!] === 1 && early.users[users![pair]!] === 1);
  const outer = partByPairs(table, { trainShare, seed, isIn });
  if (part === 'test') return outer;
  const isLearnt = (pair: number) => outer.trainPlays[pair]! > 0;
  return partByPairs(table, { trainShare, seed: seed + 1, isIn: isLearnt });
}

function usersOfPair({ userStarts, pairItems }: InteractionTable): Int32Array {
  const users = new Int32Array(pairItems.length);
  for (let user = 0; user + 1 < userStarts.length; user++)
    users.fill(user, userStarts[user]!, userStarts[user + 1]!);
  return users;
}

function withoutUsers(filter: PairFilter, without: Uint8Array): PairFilter {
  return { ...filter, users: filter.users.map((kept, user) => kept & ~without[user]! & 1) };
}

/** Of a parting that is made elsewhere; nobody is cold. */
export function assembleParting(
  table: InteractionTable,
  parting: Parting,
  filter: PairFilter,
): StudySplit {
  return assemble(table, parting, filter, () => false, false);
}

function assemble(
  table: InteractionTable,
  parting: Parting,
  filter: PairFilter,
  isCold: (user: number) => boolean,
  withTimes: boolean,
): StudySplit {
  const itemIds = indicesOf(filter.items);
  const itemRow = new Int32Array(filter.items.length).fill(-1);
  itemIds.forEach((item, row) => {
    itemRow[item] = row;
  });
  const everybody = Int32Array.from(table.userIds.keys());
  const gather = { table, parting, itemRow, itemIds };
  const warm = gatherSet(gather, indicesOf(filter.users), withTimes);
  const coldUsers = everybody.filter(
    (user) => filter.users[user] === 0 && isCold(user) && hasTarget(gather, user),
  );
  const cold = gatherSet(gather, coldUsers, false);
  return { warm, cold, figures: figuresOf(filter, { warm, cold }, parting, table, itemRow) };
}

interface Gathering {
  readonly table: InteractionTable;
  readonly parting: Parting;
  readonly itemRow: Int32Array;
  readonly itemIds: Int32Array;
}

function hasTarget({ table, parting, itemRow }: Gathering, user: number): boolean {
  const { userStarts, pairItems } = table;
  for (let pair = userStarts[user]!; pair < userStarts[user + 1]!; pair++)
    if (parting.isTarget[pair] === 1 && itemRow[pairItems[pair]!]! >= 0) return true;
  return false;
}

/** `withTimes`: with each play, for what goes by time. */
function gatherSet(gathering: Gathering, userIds: Int32Array, withTimes: boolean): EvaluationSet {
  const { table, parting, itemRow, itemIds } = gathering;
  const { userStarts, pairItems, playStarts, times } = table;
  const triples = { users: [] as number[], items: [] as number[], plays: [] as number[] };
  const events = { users: [] as number[], items: [] as number[], times: [] as number[] };
  const targets: Set<number>[] = [];
  const users: number[] = [];
  userIds.forEach((user, row) => {
    const own = new Set<number>();
    for (let pair = userStarts[user]!; pair < userStarts[user + 1]!; pair++) {
      const item = itemRow[pairItems[pair]!]!;
      if (item < 0) continue;
      if (parting.isTarget[pair] === 1) own.add(item);
      const plays = parting.trainPlays[pair]!;
      if (plays === 0) continue;
      triples.users.push(row);
      triples.items.push(item);
      triples.plays.push(plays);
      for (let play = 0; withTimes && play < plays; play++) {
        events.users.push(row);
        events.items.push(item);
        events.times.push(times[playStarts[pair]! + play]!);
      }
    }
    if (own.size === 0) return;
    users.push(row);
    targets.push(own);
  });
  return {
    userIds,
    itemIds,
    plays: buildSparseRows(userIds.length, itemIds.length, triples),
    events: {
      users: Int32Array.from(events.users),
      items: Int32Array.from(events.items),
      times: Float64Array.from(events.times),
    },
    users: Int32Array.from(users),
    targets,
  };
}

function figuresOf(
  filter: PairFilter,
  { warm, cold }: Pick<StudySplit, 'warm' | 'cold'>,
  { isTarget }: Parting,
  { pairItems }: InteractionTable,
  itemRow: Int32Array,
): SplitFigures {
  const sizes = (set: EvaluationSet) => set.targets.reduce((sum, { size }) => sum + size, 0);
  let unreachableTargets = 0;
  isTarget.forEach((held, pair) => {
    if (held === 1 && itemRow[pairItems[pair]!]! < 0) unreachableTargets++;
  });
  return {
    itemUsersMin: filter.itemUsersMin,
    before: partFigures(filter.usersPerItem, filter.itemsPerUser),
    after: partFigures(filter.usersPerKeptItem, filter.keptItemsPerKeptUser),
    warmUsers: warm.users.length,
    warmTargets: sizes(warm),
    coldUsers: cold.users.length,
    coldTargets: sizes(cold),
    unreachableTargets,
  };
}

function partFigures(usersPerItem: Histogram, itemsPerUser: Histogram): PartFigures {
  const total = (histogram: Histogram) => [...histogram.values()].reduce((a, b) => a + b, 0);
  const ascending = (histogram: Histogram) => [...histogram].sort((a, b) => a[0] - b[0]);
  return {
    users: total(itemsPerUser),
    items: total(usersPerItem),
    pairs: [...itemsPerUser].reduce((sum, [items, users]) => sum + items * users, 0),
    usersPerItem: ascending(usersPerItem),
    itemsPerUser: ascending(itemsPerUser),
  };
}

function indicesOf(flags: Uint8Array): Int32Array {
  const indices: number[] = [];
  flags.forEach((flag, index) => {
    if (flag === 1) indices.push(index);
  });
  return Int32Array.from(indices);
}
