/**
 * `npm run bench -- fold-in`: microseconds to solve one row exactly, histories of 50, 200 and 1,000, against a C++
 * program of the same algorithm (peers/fold_in.cpp, where g++ is present); and what one more interaction costs a
 * long history, and 100 reasons for a list.
 *
 * --factors N  --rounds N
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { strongestReasons } from '../../src/als/explain';
import { FoldIn } from '../../src/als/fold-in';
import { LongHistory } from '../../src/als/long-history';
import type { AlsModel, SparseRows } from '../../src/als/model';
import { hkvRule, observedTarget, observedWeight, regularization } from '../../src/als/rule';
import { trainAls } from '../../src/als/train';
import { projectRoot } from '../../src/compiled-path';
import { mulberry32 } from '../../src/random';
import { relativeDifference } from '../support/dense-als';
import { syntheticMatrix } from './matrices';
import { option, Report, type Row } from './report';

const LENGTHS = [50, 200, 1000];
const ROWS = 500;
/** Passes over all rows a round, as many as the C++ program makes when it is run once. */
const PASSES = 7;

export async function benchFoldIn(args: readonly string[]): Promise<void> {
  const report = new Report(args);
  const factorCount = Number(option(args, 'factors', '64'));
  const rounds = Number(option(args, 'rounds', '7'));
  const rule = hkvRule({ factorCount, alpha: 20, lambda: 10 });
  const { itemFactors, itemGramian } = await trainAls(syntheticMatrix(), rule, {
    epochs: 3,
    seed: 1,
    threads: 2,
  });
  const model: AlsModel = { rule, itemFactors, itemGramian };
  const folder = mkdtempSync(join(tmpdir(), 'segue-bench-'));
  try {
    const program = buildReference(folder);
    for (const length of LENGTHS) {
      const histories = randomHistories(model, length);
      report.add(compare(model, histories, { folder, program, rounds, length }));
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
  report.add(longHistoryCost(model, rounds));
  report.add(reasonsCost(model, rounds));
}

interface Reference {
  readonly folder: string;
  readonly program: string | undefined;
  readonly rounds: number;
  readonly length: number;
}

function compare(model: AlsModel, histories: SparseRows, reference: Reference): Row {
  const foldIn = new FoldIn(model);
  const d = model.rule.factorCount;
  const solutions = new Float32Array(ROWS * d);
  const solveAll = (): void => {
    for (let r = 0; r < ROWS; r++) {
      const { items, plays } = rowOf(histories, r);
      foldIn.solve(items, plays, solutions.subarray(r * d, (r + 1) * d));
    }
  };
  const ours: number[] = [];
  const theirs: number[] = [];
  let difference = Number.NaN;
  for (let round = 0; round < reference.rounds; round++) {
    for (let pass = 0; pass < PASSES; pass++) ours.push(microseconds(solveAll) / ROWS);
    if (reference.program === undefined) continue;
    const answer = runReference(model, histories, reference);
    theirs.push(answer.microseconds);
    difference = relativeDifference(solutions, answer.solutions);
  }
  const best = Math.min(...ours);
  const row = { factors: d, history: reference.length, microseconds: best };
  if (theirs.length === 0) return row;
  const cppMicroseconds = Math.min(...theirs);
  return { ...row, cppMicroseconds, ratio: best / cppMicroseconds, difference };
}

function rowOf(histories: SparseRows, row: number) {
  const [start, end] = [histories.starts[row]!, histories.starts[row + 1]!];
  return {
    items: histories.indices.subarray(start, end),
    plays: histories.values.subarray(start, end),
  };
}

/** Popular items more often, as histories have them. */
function randomHistories(model: AlsModel, length: number): SparseRows {
  const random = mulberry32(length);
  const items = model.itemFactors.rows;
  const starts = Uint32Array.from({ length: ROWS + 1 }, (_, r) => r * length);
  const indices = new Int32Array(ROWS * length);
  for (let r = 0; r < ROWS; r++) {
    const chosen = new Set<number>();
    while (chosen.size < length) chosen.add(Math.floor(items * random.next() ** 2));
    indices.set([...chosen], r * length);
  }
  const values = Float32Array.from(indices, () => 1 + random.below(4));
  return { rows: ROWS, columns: items, starts, indices, values };
}

function buildReference(folder: string): string | undefined {
  const program = join(folder, 'fold_in');
  const source = join(projectRoot(), 'test', 'bench', 'peers', 'fold_in.cpp');
  const done = spawnSync('g++', ['-O3', '-march=native', '-o', program, source], {
    stdio: ['ignore', 2, 2],
  });
  if (done.status === 0) return program;
  process.stderr.write('bench: without the C++ reference, since g++ is not here or failed\n');
  return undefined;
}

function runReference(model: AlsModel, histories: SparseRows, reference: Reference) {
  const { folder, program, length } = reference;
  const { rule, itemFactors, itemGramian } = model;
  const reg = regularization(rule, length, itemFactors.rows);
  const gramian = itemGramian.map((value) => value * rule.unobservedWeight);
  const files: Record<string, Float32Array | Float64Array | Uint32Array | Int32Array> = {
    shape: Float64Array.of(rule.factorCount, reg),
    factors: itemFactors.values,
    gramian,
    starts: histories.starts,
    indices: histories.indices,
    weights: histories.values.map((plays) => observedWeight(rule, plays)),
    targets: histories.values.map((plays) => observedTarget(rule, plays)),
  };
  for (const [name, data] of Object.entries(files)) {
    writeFileSync(
      join(folder, name),
      new Uint8Array(data.buffer, data.byteOffset, data.byteLength),
    );
  }
  const done = spawnSync(program!, [folder], { encoding: 'utf8' });
  if (done.status !== 0) throw new Error(`the C++ reference failed: ${done.stderr}`);
  const bytes = readFileSync(join(folder, 'solutions'));
  const solutions = new Float32Array(bytes.buffer, bytes.byteOffset, bytes.byteLength / 4);
  const { microseconds } = JSON.parse(done.stdout) as { microseconds: number };
  return { microseconds, solutions };
}

/** One more play of one item on a history of 10,000. */
function longHistoryCost(model: AlsModel, rounds: number) {
  const history = 10_000;
  const long = new LongHistory(new FoldIn(model));
  for (let item = 0; item < history; item++) long.change(item, 0, 1);
  let plays = 1;
  const times = Array.from({ length: rounds }, () =>
    microseconds(() => {
      for (let k = 0; k < 200; k++, plays++) {
        long.change(17, plays, plays + 1);
        long.solve();
      }
    }),
  );
  return {
    factors: model.rule.factorCount,
    history,
    oneMoreMicroseconds: Math.min(...times) / 200,
  };
}

function reasonsCost(model: AlsModel, rounds: number) {
  const foldIn = new FoldIn(model);
  const histories = randomHistories(model, 200);
  const targets = Int32Array.from({ length: 100 }, (_, t) => t * 7);
  const times = Array.from({ length: rounds }, () =>
    microseconds(() => {
      for (let r = 0; r < 100; r++) {
        const { items, plays } = rowOf(histories, r);
        strongestReasons(foldIn, items, plays, targets);
      }
    }),
  );
  const reasonsMicroseconds = Math.min(...times) / 100;
  return { factors: model.rule.factorCount, history: 200, targets: 100, reasonsMicroseconds };
}

function microseconds(action: () => void): number {
  const start = performance.now();
  action();
  return (performance.now() - start) * 1000;
}
