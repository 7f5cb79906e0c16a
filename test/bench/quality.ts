/**
 * `npm run bench -- quality`: our lists beside implicit's under a protocol, on the same users, with the same exact top
 * N and the same metric. Both with the settings tuned on the protocol's validation part, both over several seeds; the
 * difference is paired over users (mean over seeds of each user's values), which tells far smaller differences apart
 * than the two means do. Without Python only ours are printed.
 *
 * --protocol 30music-time|gowalla  --factors N  --seeds N  --threads N
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Factors, listsOfFactors, trainOn } from '../../src/evaluation/als-lists';
import type { EvaluationSet } from '../../src/evaluation/evaluation-set';
import { type MetricName, qualityOf } from '../../src/evaluation/list-quality';
import { comparePaired, mean } from '../../src/evaluation/paired-comparison';
import { PROTOCOLS } from '../../src/evaluation/protocols';
import { alsSettings } from '../../src/evaluation/tuned-settings';
import { sharedDataRoot } from '../support/shared-data';
import { peerPython } from './peers/peer-python';
import { trainPeer, writeMatrix } from './peers/train-peer';
import { option, Report } from './report';

/** implicit's, as the evaluation-protocols' search found them. */
const IMPLICIT = {
  '30music-time': {
    64: { lambda: 0.51, alpha: 5.5, epochs: 8 },
    128: { lambda: 81, alpha: 26, epochs: 8 },
  },
  gowalla: {
    64: { lambda: 10, alpha: 80, epochs: 6 },
    128: { lambda: 10, alpha: 80, epochs: 8 },
    256: { lambda: 30, alpha: 40, epochs: 6 },
  },
} as const;

interface Run {
  readonly set: EvaluationSet;
  readonly metric: MetricName;
  readonly seeds: number;
  readonly threads: number;
}

export async function benchQuality(args: readonly string[]): Promise<void> {
  const report = new Report(args);
  const protocol = option(args, 'protocol', '30music-time') as keyof typeof IMPLICIT;
  const factors = Number(option(args, 'factors', '128'));
  const run: Run = {
    set: PROTOCOLS[protocol].load(sharedDataRoot()),
    metric: PROTOCOLS[protocol].headline[0]!,
    seeds: Number(option(args, 'seeds', '5')),
    threads: Number(option(args, 'threads', '2')),
  };
  const settings = alsSettings(protocol, factors);
  const ours = await meanOverSeeds(run, (seed) =>
    trainOn(run.set, settings, { seed, threads: run.threads }),
  );
  const head = { protocol, factors, seeds: run.seeds, metric: run.metric, ours: mean(ours) };
  const python = peerPython();
  const tuned: Readonly<Record<number, ImplicitSettings>> = IMPLICIT[protocol];
  if (python === undefined || tuned[factors] === undefined) {
    report.add(head);
    return;
  }
  const theirs = await implicitOverSeeds(run, python, { ...tuned[factors], factors });
  const { difference, standardError, users } = comparePaired(ours, theirs);
  report.add({ ...head, implicit: mean(theirs), difference, standardError, users });
}

interface ImplicitSettings {
  readonly lambda: number;
  readonly alpha: number;
  readonly epochs: number;
}

async function implicitOverSeeds(
  run: Run,
  python: string,
  { epochs, factors, ...settings }: ImplicitSettings & { readonly factors: number },
): Promise<Float64Array> {
  const folder = mkdtempSync(join(tmpdir(), 'segue-bench-'));
  try {
    writeMatrix(folder, run.set.plays);
    const { threads } = run;
    return await meanOverSeeds(run, async (seed) =>
      trainPeer(python, folder, run.set.plays, {
        library: 'implicit',
        ...{ factors, epochs, threads, seed, settings },
      }),
    );
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** Each evaluated user's metric. */
async function meanOverSeeds(
  { set, metric, seeds, threads }: Run,
  train: (seed: number) => Promise<Factors>,
): Promise<Float64Array> {
  const sums = new Float64Array(set.users.length);
  for (let seed = 1; seed <= seeds; seed++) {
    const factors = await train(seed);
    const lists = await listsOfFactors(set, factors, { n: 100, masked: true, threads });
    qualityOf(set, lists).perUser[metric].forEach((value, user) => {
      sums[user]! += value / seeds;
    });
  }
  return sums;
}
