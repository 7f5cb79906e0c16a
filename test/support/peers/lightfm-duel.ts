/**
 * LightFM here and in Python on the same split with the same options: both fit, seed by seed in turn, and the lists of
 * both are judged by the same metrics.
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { FactorMatrix } from '../../../src/als/model';
import type { EvaluationSet } from '../../../src/evaluation/evaluation-set';
import { fitLightFm, listsOfLightFm } from '../../../src/evaluation/light-fm-lists';
import { type ListQuality, qualityOf } from '../../../src/evaluation/list-quality';
import type { LightFmOptions } from '../../../src/lightfm/light-fm-options';
import { PEER_FOLDERS, runPeer } from '../../bench/peers/peer-python';

export interface DuelOptions {
  /** Without randomState. */
  readonly options: Partial<LightFmOptions>;
  readonly epochs: number;
  readonly threads: number;
  readonly seeds: readonly number[];
}

export interface Fighter {
  readonly seconds: number;
  readonly masked: ListQuality;
  readonly notMasked: ListQuality;
}

export interface Round {
  readonly seed: number;
  readonly ours: Fighter;
  /** Absent without Python. */
  readonly peer?: Fighter;
}

const LIST_LENGTH = 100;

export async function* lightFmDuel(
  set: EvaluationSet,
  duel: DuelOptions,
  python: string | undefined,
): AsyncGenerator<Round> {
  const folder = mkdtempSync(join(tmpdir(), 'segue-lightfm-'));
  try {
    writeFileSync(join(folder, 'starts'), new Uint8Array(set.plays.starts.buffer));
    writeFileSync(join(folder, 'indices'), new Uint8Array(set.plays.indices.buffer));
    for (const seed of duel.seeds) {
      const ours = await fight(set, duel, seed);
      if (python === undefined) yield { seed, ours };
      else yield { seed, ours, peer: await fightPeer(set, duel, { seed, folder, python }) };
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
}

async function fight(set: EvaluationSet, duel: DuelOptions, seed: number): Promise<Fighter> {
  const startMs = performance.now();
  const model = await fitLightFm(set, { ...duel.options, randomState: seed }, duel);
  return judged(set, model, (performance.now() - startMs) / 1000);
}

interface Peer {
  readonly seed: number;
  readonly folder: string;
  readonly python: string;
}

async function fightPeer(
  set: EvaluationSet,
  { options, epochs, threads }: DuelOptions,
  { seed, folder, python }: Peer,
): Promise<Fighter> {
  const { rows, columns } = set.plays;
  const task = {
    ...{ folder, epochs, threads, users: rows, items: columns, seeds: [seed] },
    options: pythonOptions(options),
  };
  const file = join(folder, 'task.json');
  writeFileSync(file, JSON.stringify(task));
  const { seconds } = runPeer<{ seconds: number[] }>(
    python,
    'lightfm_peer.py',
    file,
    PEER_FOLDERS.tests,
  );
  const width = (options.noComponents ?? 10) + 1;
  const read = (name: string, count: number) =>
    readMatrix(join(folder, `${name}-${seed}`), count, width);
  const userFactors = read('users', rows);
  // The user's bias moves nothing; in its place stands what the item's is multiplied by.
  for (let row = 0; row < rows; row++) userFactors.values[row * width + width - 1] = 1;
  const itemFactors = read('items', columns);
  return judged(set, { rankingFactors: () => ({ userFactors, itemFactors }) }, seconds[0]!);
}

function readMatrix(file: string, rows: number, columns: number): FactorMatrix {
  const bytes = readFileSync(file);
  const values = new Float32Array(bytes.buffer, bytes.byteOffset, rows * columns);
  return { rows, columns, values };
}

/** noComponents → no_components */
function pythonOptions(options: Partial<LightFmOptions>): Record<string, unknown> {
  const snake = (name: string) => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
  return Object.fromEntries(Object.entries(options).map(([name, value]) => [snake(name), value]));
}

async function judged(
  set: EvaluationSet,
  model: Parameters<typeof listsOfLightFm>[1],
  seconds: number,
): Promise<Fighter> {
  const quality = async (masked: boolean) =>
    qualityOf(set, await listsOfLightFm(set, model, { n: LIST_LENGTH, masked, threads: 2 }));
  return { seconds, masked: await quality(true), notMasked: await quality(false) };
}
