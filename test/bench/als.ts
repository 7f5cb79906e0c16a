/**
 * `npm run bench -- als`: seconds until the loss that a peer has after its epochs, same objective, same threads, peer
 * and ours in turn. Peer and ours both without reading and arranging the matrix; everybody's loss by loss.ts.
 *
 * --matrix synthetic|30music|gowalla  --library implicit|irspack  --factors N  --threads N  --rounds N
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { alsLoss } from '../../src/als/loss';
import type { SparseRows } from '../../src/als/model';
import { type AlsRule, implicitRule, rendleRule } from '../../src/als/rule';
import { trainAls } from '../../src/als/train';
import { gowallaMatrix, musicMatrix, syntheticMatrix } from './matrices';
import { peerPython } from './peers/peer-python';
import { type PeerTraining, trainPeer, writeMatrix } from './peers/train-peer';
import { median, option, Report, type Row } from './report';

const MATRICES = { synthetic: syntheticMatrix, '30music': musicMatrix, gowalla: gowallaMatrix };
type MatrixName = keyof typeof MATRICES;

const LIBRARIES = ['implicit', 'irspack'] as const;
type Library = (typeof LIBRARIES)[number];

/** implicit: after 5 iterations; irspack: after 4 epochs. */
const PEER_EPOCHS: Record<Library, number> = { implicit: 5, irspack: 4 };
const EPOCHS_MAX = 30;

/** What the protocols' searches found for each (evaluation-protocols); for synthetic data something ordinary. */
const SETTINGS = {
  implicit: {
    synthetic: { alpha: 20, lambda: 10 },
    '30music': { alpha: 5.5, lambda: 0.51 },
    gowalla: { alpha: 80, lambda: 10 },
  },
  irspack: {
    synthetic: { alpha0: 0.02, lambda: 0.003, nu: 1 },
    '30music': { alpha0: 0.243, lambda: 0.182, nu: 0.25 },
    gowalla: { alpha0: 0.0099, lambda: 0.019, nu: 0.75 },
  },
} as const;

interface Case {
  readonly library: Library;
  readonly matrix: MatrixName;
  readonly interactions: SparseRows;
  readonly factorCount: number;
  readonly threads: number;
  readonly rounds: number;
}

export async function benchAls(args: readonly string[]): Promise<void> {
  const report = new Report(args);
  const python = peerPython();
  const threads = Number(option(args, 'threads', '2'));
  const rounds = Number(option(args, 'rounds', '5'));
  const chosen = (name: string, all: readonly string[]): readonly string[] =>
    args.includes(`--${name}`) ? option(args, name, '').split(',') : all;
  for (const matrix of chosen('matrix', Object.keys(MATRICES)) as MatrixName[]) {
    const interactions = MATRICES[matrix]();
    if (interactions === undefined) {
      process.stderr.write(`bench: the data set ${matrix} is not on this machine\n`);
      continue;
    }
    for (const library of chosen('library', LIBRARIES) as Library[]) {
      for (const factorCount of chosen('factors', ['64', '128', '256']).map(Number)) {
        const one = { library, matrix, interactions, factorCount, threads, rounds };
        report.add(await measure(one, python));
      }
    }
  }
}

function ruleOf({ library, matrix, factorCount }: Case): AlsRule {
  if (library === 'implicit') {
    return implicitRule({ factorCount, ...SETTINGS.implicit[matrix] });
  }
  return { ...rendleRule({ factorCount, ...SETTINGS.irspack[matrix] }), scale: 'linear' };
}

async function measure(one: Case, python: string | undefined): Promise<Row> {
  const rule = ruleOf(one);
  const folder = mkdtempSync(join(tmpdir(), 'segue-bench-'));
  const peerSeconds: number[] = [];
  const ourSeconds: number[] = [];
  let target = Number.NEGATIVE_INFINITY;
  let epochs = 0;
  try {
    writeMatrix(folder, one.interactions);
    for (let round = 0; round < one.rounds; round++) {
      if (python !== undefined) {
        const peer = trainPeer(python, folder, one.interactions, trainingOf(one));
        peerSeconds.push(peer.seconds);
        if (round === 0)
          target = alsLoss(one.interactions, rule, peer.userFactors, peer.itemFactors);
      }
      const ours = await timeToLoss(one, rule, target);
      ourSeconds.push(ours.seconds);
      epochs = ours.epochs;
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
  const { matrix, library, factorCount, threads } = one;
  const ours = { matrix, factors: factorCount, threads, epochs, seconds: median(ourSeconds) };
  if (python === undefined) return { ...ours, objective: library };
  return {
    ...ours,
    peer: library,
    peerEpochs: PEER_EPOCHS[library],
    peerSeconds: median(peerSeconds),
    loss: target,
    ratio: median(ourSeconds) / median(peerSeconds),
    ratioOfMinima: Math.min(...ourSeconds) / Math.min(...peerSeconds),
  };
}

/** Seconds of our epochs until the loss is at most `target`; without a target, of 4 epochs. */
async function timeToLoss(one: Case, rule: AlsRule, target: number) {
  let seconds = 0;
  let epochs = 0;
  await trainAls(one.interactions, rule, {
    epochs: Number.isFinite(target) ? EPOCHS_MAX : 4,
    seed: 1,
    threads: one.threads,
    onEpoch: (progress) => {
      seconds = progress.elapsedMs / 1000;
      epochs = progress.epoch;
      return progress.loss <= target ? 'stop' : 'continue';
    },
  });
  return { seconds, epochs };
}

function trainingOf(one: Case): PeerTraining {
  const { library, matrix, factorCount, threads } = one;
  const settings = SETTINGS[library][matrix];
  const epochs = PEER_EPOCHS[library];
  return { library, factors: factorCount, epochs, threads, seed: 1, settings };
}
