/** Every kind of damage, and in which order a campaign deals it: crashes in between, the others in turn, shuffled. */
import type { Random } from '../../src/random';
import type { Fault } from './fault';
import { networkCut, networkReset, networkSlow } from './faults/bad-network';
import { brokerFrozen, brokerKilled, brokerRestarted } from './faults/broken-broker';
import { crashAtFaultPoints } from './faults/crash-at-fault-points';
import { STATE_FAULTS } from './faults/damaged-state';
import { frozenBeyondSession, frozenBeyondTransaction } from './faults/frozen-processes';
import { offsetsOutOfRange, partitionsChanged } from './faults/own-application';
import { raggedChangelog } from './faults/ragged-changelog';
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
  offsetsOutOfRange,
  partitionsChanged,
  raggedChangelog,
  ...STATE_FAULTS,
];

/** Without end; `crashes`: rounds of crashes at fault points between two other faults. */
export function* deal(
  faults: readonly Fault[],
  random: Random,
  crashes: number,
): Generator<Fault, never> {
  const others = faults.filter((fault) => fault !== crashAtFaultPoints);
  for (;;) {
    for (const fault of [...shuffled(others, random), undefined]) {
      if (faults.includes(crashAtFaultPoints))
        for (let round = 0; round < crashes; round++) yield crashAtFaultPoints;
      if (fault !== undefined) yield fault;
    }
  }
}

function shuffled<T>(from: readonly T[], random: Random): T[] {
  const left = [...from];
  return from.map(() => left.splice(random.below(left.length), 1)[0]!);
}
