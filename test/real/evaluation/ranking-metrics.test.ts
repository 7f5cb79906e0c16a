/** Every ranking metric against the same one of other libraries, on the same random lists. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { COUNTERPARTS } from '../../../src/evaluation/metrics/counterparts';
import { PEER_FOLDERS, runPeer } from '../../bench/peers/peer-python';
import { withPeers } from '../../support/peers/with-peers';
import { type RandomLists, randomLists, relevancesOf } from '../../support/random-lists';

const CUTOFFS = [1, 5, 20, 100];
const SEEDS = [1, 2, 3];

function peerValues(python: string, lists: RandomLists): Readonly<Record<string, number>> {
  const folder = mkdtempSync(join(tmpdir(), 'segue-metrics-'));
  try {
    const file = join(folder, 'task.json');
    writeFileSync(file, JSON.stringify({ ...lists, cutoffs: CUTOFFS }));
    return runPeer(python, 'metrics_peer.py', file, PEER_FOLDERS.tests);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

withPeers((python) => {
  const cases = SEEDS.map((seed) => {
    const lists = randomLists(seed);
    return { seed, relevances: relevancesOf(lists), peers: peerValues(python, lists) };
  });

  it.each(
    COUNTERPARTS.filter(({ library }) => library !== 'Spark').map(
      (one) => [one.library, one.name, one.ours, one] as const,
    ),
  )('%s: %s is %s', (library, name, _ours, { compute }) => {
    for (const { seed, relevances, peers } of cases)
      for (const k of name.includes('@k') ? CUTOFFS : [100]) {
        const theirs = peers[`${library} ${name.replace('@k', `@${k}`)}`];
        const ours = compute(relevances, k);
        expect({ seed, k, value: Number(ours.toFixed(6)) }).toEqual({
          seed,
          k,
          value: Number(theirs!.toFixed(6)),
        });
      }
  });
});
