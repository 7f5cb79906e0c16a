/** Every kind of damage, and in which order a campaign deals it: crashes in between, the others in turn, shuffled. */
import type { Random } from '../../src/random';
import type { Fault } from './fault';
import { networkCut, networkReset, networkSlow } from './faults/bad-network';
import { brokerFrozen, brokerKilled, brokerRestarted } from './faults/broken-broker';
import { crashAtFaultPoints } from './faults/crash-at-fault-points';
import { STATE_FAULTS } from './faults/damaged-state';
import { frozenBeyondSession, frozenBeyondTransaction } from './faults/frozen-processes';
import { registryAway } from './faults/registry-away';

export const FAULTS: readonly Fault[] = [
  crashAtFaultPoints,
  frozenBeyondSession,
  frozenBeyondTransaction,
  brokerKilled,
  brokerRestarted,
  brokerFrozen,
  networkCut,
  networkReset,
  networkSlow,
  registryAway,
  ...STATE_FAULTS,
];

/** Rounds of crashes between two other faults: there are nine points to be hit often. */
const CRASHES_BETWEEN = 3;

export function* deal(faults: readonly Fault[], random: Random): Generator<Fault, never> {
  const others = faults.filter((fault) => fault !== crashAtFaultPoints);
  for (;;) {
    for (const fault of [...shuffled(others, random), undefined]) {
      if (faults.includes(crashAtFaultPoints))
        for (let round = 0; round < CRASHES_BETWEEN; round++) yield crashAtFaultPoints;
      if (fault !== undefined) yield fault;
    }
  }
}

function shuffled<T>(from: readonly T[], random: Random): T[] {
  const left = [...from];
  return from.map(() => left.splice(random.below(left.length), 1)[0]!);
}
