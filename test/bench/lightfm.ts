/**
 * `npm run bench -- lightfm`: LightFM here and in Python, same split, options, seeds and threads, in turn: seconds of a
 * fit and quality of the lists, mean and standard deviation over the seeds.
 *
 * --protocol 30music-pairs,30music-time,gowalla  --setting study,warp-64,kos-64  --threads N  --seeds N
 */
import { dirname } from 'node:path';
import { PROTOCOLS, type ProtocolName } from '../../src/evaluation/protocols';
import { LIGHT_FM_SETTINGS, type LightFmSettings } from '../../src/evaluation/tuned-light-fm';
import { type Fighter, lightFmDuel } from '../support/peers/lightfm-duel';
import { sharedData } from '../support/shared-data';
import { PEER_FOLDERS, peerPython } from './peers/peer-python';
import { median, option, Report, type Row } from './report';

export async function benchLightFm(args: readonly string[]): Promise<void> {
  const report = new Report(args);
  const python = peerPython(PEER_FOLDERS.tests);
  const threads = Number(option(args, 'threads', '2'));
  const seeds = Array.from({ length: Number(option(args, 'seeds', '5')) }, (_, seed) => seed + 1);
  const data = sharedData('30music-sample10');
  if (data === undefined) {
    process.stderr.write('bench: the data sets are not on this machine\n');
    return;
  }
  const protocols = option(args, 'protocol', '30music-pairs,30music-time').split(',');
  const names = option(args, 'setting', 'study,warp-64,kos-64').split(',');
  for (const protocol of protocols as ProtocolName[]) {
    const set = PROTOCOLS[protocol].load(dirname(data));
    const metric = PROTOCOLS[protocol].headline[0]!;
    for (const name of names) {
      const settings: LightFmSettings | undefined = LIGHT_FM_SETTINGS[protocol][name];
      if (settings === undefined) continue;
      const rounds: { ours: Fighter; peer?: Fighter }[] = [];
      for await (const round of lightFmDuel(set, { ...settings, threads, seeds }, python))
        rounds.push(round);
      const ours = summary(
        rounds.map((round) => round.ours),
        metric,
      );
      const peers = rounds.flatMap(({ peer }) => (peer ? [peer] : []));
      const row: Row = { protocol, setting: name, threads, seeds: seeds.length, metric, ...ours };
      if (peers.length === 0) report.add(row);
      else report.add({ ...row, ...comparison(summary(peers, metric), ours) });
    }
  }
}

function summary(fighters: readonly Fighter[], metric: keyof Fighter['masked']['means']) {
  const masked = fighters.map((one) => one.masked.means[metric]);
  const notMasked = fighters.map((one) => one.notMasked.means[metric]);
  return {
    masked: mean(masked),
    deviation: deviation(masked),
    notMasked: mean(notMasked),
    seconds: median(fighters.map(({ seconds }) => seconds)),
  };
}

function comparison(peer: ReturnType<typeof summary>, ours: ReturnType<typeof summary>): Row {
  return {
    peerMasked: peer.masked,
    peerDeviation: peer.deviation,
    peerNotMasked: peer.notMasked,
    peerSeconds: peer.seconds,
    ratio: ours.seconds / peer.seconds,
  };
}

export function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** Of a sample; 0 for one value. */
export function deviation(values: readonly number[]): number {
  const middle = mean(values);
  const squares = values.reduce((sum, value) => sum + (value - middle) ** 2, 0);
  return Math.sqrt(squares / Math.max(1, values.length - 1));
}
