/**
 * How an interaction table is parted into what is learnt from and what is held out, and the same again inside the
 * learnt part, where settings are tuned. A pair is never on both sides: only items new to the user are foretold.
 */
import { fnv1a } from '../evaluation/splits';
import { mulberry32 } from '../random';
import type { InteractionTable } from './interaction-table';

/** One value a pair of the table. */
export interface Parting {
  /** Plays to learn from; 0: the pair is not in the training part. */
  readonly trainPlays: Uint32Array;
  /** 1: held out. */
  readonly isTarget: Uint8Array;
}

export interface PairShares {
  /** Of each user's pairs, rounded down, that are learnt from. */
  readonly trainShare: number;
  readonly seed: number;
  /** Pairs that take part; all unless given. */
  readonly isIn?: ((pair: number) => boolean) | undefined;
}

/** Per user over distinct pairs, at random by the seed and the user's id, whatever other users there are. */
export function partByPairs(table: InteractionTable, options: PairShares): Parting {
  const { trainShare, seed, isIn = () => true } = options;
  return partInOrder(table, { trainShare, isIn }, (pairs, user) =>
    shuffle(pairs, mulberry32(seed ^ fnv1a(table.userIds[user]!))),
  );
}

/**
 * A trap, for comparison only: per user over distinct pairs, but in one order of items for everybody. It is what a
 * split in "no order" may come to, where rows lie in the order that an earlier step has left: the same items are held
 * out from nearly everybody, and hardly anybody is left to learn them from.
 */
export function partInOneOrder(table: InteractionTable, shares: Omit<PairShares, 'seed'>): Parting {
  const place = table.items.map(({ id }) => fnv1a(id));
  const { pairItems } = table;
  return partInOrder(table, shares, (pairs) => {
    pairs.sort((a, b) => place[pairItems[a]!]! - place[pairItems[b]!]!);
  });
}

function partInOrder(
  table: InteractionTable,
  { trainShare, isIn = () => true }: Omit<PairShares, 'seed'>,
  order: (pairs: number[], user: number) => void,
): Parting {
  const { userIds, userStarts, playStarts } = table;
  const parting = emptyParting(table);
  for (let user = 0; user < userIds.length; user++) {
    const pairs: number[] = [];
    for (let pair = userStarts[user]!; pair < userStarts[user + 1]!; pair++)
      if (isIn(pair)) pairs.push(pair);
    order(pairs, user);
    const learnt = Math.floor(trainShare * pairs.length);
    pairs.forEach((pair, at) => {
      if (at < learnt) parting.trainPlays[pair] = playStarts[pair + 1]! - playStarts[pair]!;
      else parting.isTarget[pair] = 1;
    });
  }
  return parting;
}

/** Everybody at the same moment: learnt is what was played before `from`, held out what is new from then to `until`. */
export function partByTime(
  table: InteractionTable,
  from: number,
  until = Number.POSITIVE_INFINITY,
): Parting {
  const { playStarts, times } = table;
  const parting = emptyParting(table);
  for (let pair = 0; pair + 1 < playStarts.length; pair++) {
    const end = playStarts[pair + 1]!;
    let before = playStarts[pair]!;
    while (before < end && times[before]! < from) before++;
    const plays = before - playStarts[pair]!;
    parting.trainPlays[pair] = plays;
    if (plays === 0 && before < end && times[before]! < until) parting.isTarget[pair] = 1;
  }
  return parting;
}

/** The time of the play at position ⌊share · n⌋ of those before `until`, all in order. */
export function timeAtShare(
  { times }: InteractionTable,
  share: number,
  until = Number.POSITIVE_INFINITY,
): number {
  const sorted = times.filter((time) => time < until).sort();
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? 0;
}

/**
 * The study's new users: those whose percent_rank by plays is at most `share`, (rank − 1) / (users − 1) with equal
 * plays on the same, lowest rank. 1 for such a user.
 */
export function fewestPlays(
  { userStarts, playStarts }: InteractionTable,
  share: number,
): Uint8Array {
  const users = userStarts.length - 1;
  const isCold = new Uint8Array(users);
  if (share <= 0) return isCold;
  const plays = Array.from(
    { length: users },
    (_, user) => playStarts[userStarts[user + 1]!]! - playStarts[userStarts[user]!]!,
  );
  const order = plays.map((_, user) => user).sort((a, b) => plays[a]! - plays[b]! || a - b);
  let rank = 0;
  order.forEach((user, at) => {
    if (at > 0 && plays[user] !== plays[order[at - 1]!]) rank = at;
    if (rank <= share * (users - 1)) isCold[user] = 1;
  });
  return isCold;
}

function emptyParting({ pairItems }: InteractionTable): Parting {
  return {
    trainPlays: new Uint32Array(pairItems.length),
    isTarget: new Uint8Array(pairItems.length),
  };
}

/** Fisher and Yates. */
function shuffle(values: number[], random: { below(bound: number): number }): void {
  for (let at = values.length - 1; at > 0; at--) {
    const other = random.below(at + 1);
    [values[at], values[other]] = [values[other]!, values[at]!];
  }
}
