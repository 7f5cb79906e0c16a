/** Every kind of damage, and in which order a campaign deals it: crashes in between, the others in turn, shuffled. */
import type { Random } from '../../src/random';
import { type Fault, shuffled } from './fault';
import { networkCut, networkReset, networkSlow } from './faults/bad-network';
import { brokerFrozen, brokerKilled, brokerRestarted } from './faults/broken-broker';
import { crashAtFaultPoints } from './faults/crash-at-fault-points';
import { STATE_FAULTS } from './faults/damaged-state';
import { frozenBeyondSession, frozenBeyondTransaction } from './faults/frozen-processes';
import { hiddenCommitRecords } from './faults/hidden-commit-records';
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
  hiddenCommitRecords,
  offsetsOutOfRange,
  partitionsChanged,
  raggedChangelog,
  ...STATE_FAULTS,
];

/** Some of each sort, for two minutes; what is left out has tests of its own, or takes long. */
export const SHORT: readonly Fault[] = [
  crashAtFaultPoints,
  frozenBeyondSession,
  brokerKilled,
  networkCut,
  registryAway,
  hiddenCommitRecords,
  raggedChangelog,
  ...STATE_FAULTS.filter(({ name }) => name.includes('cut')),
];

/** Without end: the others in turn, a round of crashes at every fault point before each. */
export function* deal(faults: readonly Fault[], random: Random): Generator<Fault, never> {
  for (;;) {
    for (const fault of shuffled(faults, random)) {
      if (fault === crashAtFaultPoints) continue;
      yield crashAtFaultPoints;
      yield fault;
    }
  }
}
