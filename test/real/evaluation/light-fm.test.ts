/** LightFM here and in Python on real splits: the same quality within the noise of five seeds. */
import { dirname } from 'node:path';
import { PROTOCOLS, type ProtocolName } from '../../../src/evaluation/protocols';
import type { LightFmOptions } from '../../../src/lightfm/light-fm-options';
import { type Fighter, lightFmDuel } from '../../support/peers/lightfm-duel';
import { withPeers } from '../../support/peers/with-peers';
import { withSharedData } from '../../support/shared-data';

const SEEDS = [1, 2, 3, 4, 5];
/** Standard errors of the difference of two means of five. */
const ERRORS_MAX = 4;
const MINUTES = 60_000;

const CASES: readonly (readonly [string, ProtocolName, Partial<LightFmOptions>])[] = [
  ["the study's k-OS WARP on random pairs", '30music-pairs', { loss: 'warp-kos' }],
  ['WARP on random pairs', '30music-pairs', { loss: 'warp', noComponents: 32 }],
  ['BPR on random pairs', '30music-pairs', { loss: 'bpr', noComponents: 32 }],
  [
    'WARP by adadelta, regularised, on the split by time',
    '30music-time',
    {
      ...{ loss: 'warp', learningSchedule: 'adadelta', noComponents: 32 },
      ...{ itemAlpha: 1e-5, userAlpha: 1e-5 },
    },
  ],
];

function spread(values: readonly number[]) {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  return { mean, variance: squares / (values.length - 1) };
}

withSharedData('30music-sample10', (folder) => {
  withPeers((python) => {
    it.each(CASES)(
      '%s',
      async (_, protocol, options) => {
        const set = PROTOCOLS[protocol].load(dirname(folder));
        const metric = PROTOCOLS[protocol].headline[0]!;
        const duel = { options, epochs: 10, threads: 1, seeds: SEEDS };
        const ours: number[] = [];
        const theirs: number[] = [];
        const value = (fighter: Fighter) => fighter.masked.means[metric];
        for await (const round of lightFmDuel(set, duel, python)) {
          ours.push(value(round.ours));
          theirs.push(value(round.peer!));
        }
        const [a, b] = [spread(ours), spread(theirs)];
        const error = Math.sqrt((a.variance + b.variance) / SEEDS.length);
        expect(a.mean).toBeGreaterThan(0.03);
        // The values stand in the message of a failure.
        const isSame = Math.abs(a.mean - b.mean) < ERRORS_MAX * error;
        expect({ ours, theirs, isSame }).toEqual({ ours, theirs, isSame: true });
      },
      10 * MINUTES,
    );
  });
});
