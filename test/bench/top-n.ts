/**
 * `npm run bench -- top-n`: exact lists, for one user over a large catalogue and for all users of a matrix.
 *
 * One user: 100 of 100k and of 1M items × 64, one thread; once with a long tail of norms, once with flat norms, where
 * nothing but the reading of the 8-bit codes can be saved. Directions are mixtures of 50 tastes, as factors' are.
 * All users: 20 for each user of the synthetic matrix, in turn with implicit's `recommend` on the same factors.
 *
 * --case one|all  --items N,N  --factors N,N  --threads N  --rounds N
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { FactorMatrix, SparseRows } from '../../src/als/model';
import { implicitRule } from '../../src/als/rule';
import { trainAls } from '../../src/als/train';
import { mulberry32, normal, type Random } from '../../src/random';
import { TopItems } from '../../src/ranking/top-items';
import { syntheticMatrix } from './matrices';
import { peerPython, runPeer } from './peers/peer-python';
import { median, option, Report } from './report';

const TASTES = 50;
const QUERIES = 300;
/** Each user's best of so many passes is what a busy machine blurs least. */
const PASSES = 5;
const COLUMNS = 64;

export async function benchTopN(args: readonly string[]): Promise<void> {
  const report = new Report(args);
  const which = option(args, 'case', 'one,all').split(',');
  const counts = option(args, 'items', '100000,1000000').split(',').map(Number);
  if (which.includes('one'))
    for (const items of counts)
      for (const tail of ['long', 'flat'] as const) report.add(measureOne(items, tail));
  if (which.includes('all')) await benchAllUsers(args, report);
}

/** Norms of a long tail: log-normal, as those of trained factors (99 % at 6.6 times the median). */
function syntheticItems(random: Random, rows: number, tail: 'long' | 'flat'): FactorMatrix {
  const tastes = Array.from({ length: TASTES }, () => gaussians(random, COLUMNS));
  const values = new Float32Array(new SharedArrayBuffer(rows * COLUMNS * 4));
  const noise = gaussians(random, 65_536);
  for (let row = 0; row < rows; row++) {
    const norm = tail === 'long' ? 0.53 * Math.exp(0.81 * normal(random)) : 1;
    fillDirection(values.subarray(row * COLUMNS, (row + 1) * COLUMNS), {
      taste: tastes[random.below(TASTES)]!,
      noise: noise.subarray(random.below(65_536 - COLUMNS)),
      norm,
    });
  }
  return { rows, columns: COLUMNS, values };
}

function fillDirection(
  row: Float32Array,
  { taste, noise, norm }: { taste: Float32Array; noise: Float32Array; norm: number },
): void {
  let squares = 0;
  for (let k = 0; k < row.length; k++) {
    row[k] = taste[k]! + noise[k]!;
    squares += row[k]! ** 2;
  }
  const scale = norm / Math.sqrt(squares);
  for (let k = 0; k < row.length; k++) row[k]! *= scale;
}

function gaussians(random: Random, length: number): Float32Array {
  return Float32Array.from({ length }, () => normal(random));
}

function measureOne(items: number, tail: 'long' | 'flat') {
  const random = mulberry32(1);
  const factors = syntheticItems(random, items, tail);
  const users = syntheticItems(random, QUERIES, 'flat');
  const buildStart = performance.now();
  const top = new TopItems(factors);
  const buildMs = performance.now() - buildStart;
  const userAt = (u: number) => users.values.subarray(u * COLUMNS, (u + 1) * COLUMNS);
  const times: number[] = [];
  const best = new Array<number>(QUERIES).fill(Number.POSITIVE_INFINITY);
  let scanned = 0;
  let rescored = 0;
  for (let search = 0; search < QUERIES * PASSES; search++) {
    const u = search % QUERIES;
    const start = performance.now();
    const list = top.top(userAt(u), 100);
    const ms = performance.now() - start;
    times.push(ms);
    best[u] = Math.min(best[u]!, ms);
    scanned += list.scannedShare / (QUERIES * PASSES);
    rescored += list.rescored / (QUERIES * PASSES);
  }
  times.sort((a, b) => a - b);
  const reads = readOnceMs(items * COLUMNS);
  const readMs = median(reads);
  const p50 = median(times);
  const p50OfBest = median(best);
  return {
    bench: 'top-n one user',
    items,
    tail,
    p50Ms: p50,
    p99Ms: times[Math.floor(times.length * 0.99)]!,
    p50OfBestMs: p50OfBest,
    scannedShare: scanned,
    rescored,
    readCodesOnceMs: readMs,
    ratioToReading: p50 / readMs,
    ratioOfBest: p50OfBest / Math.min(...reads),
    buildMs,
  };
}

/**
 * The time of reading that many bytes once, in order, at the speed that this runtime reaches: a search by
 * `Buffer.indexOf` for a byte that is not there (memchr, wide vectors).
 */
function readOnceMs(bytes: number): number[] {
  const buffer = Buffer.alloc(bytes, 1);
  const times: number[] = [];
  for (let round = 0; round < 15; round++) {
    const start = performance.now();
    buffer.indexOf(2);
    times.push(performance.now() - start);
  }
  return times;
}

async function benchAllUsers(args: readonly string[], report: Report): Promise<void> {
  const python = peerPython();
  const threads = Number(option(args, 'threads', '2'));
  const rounds = Number(option(args, 'rounds', '3'));
  const interactions = syntheticMatrix();
  for (const factorCount of option(args, 'factors', '64,128').split(',').map(Number)) {
    const rule = implicitRule({ factorCount, alpha: 20, lambda: 10 });
    const factors = await trainAls(interactions, rule, { epochs: 4, seed: 1, threads });
    const ours: number[] = [];
    const theirs: number[] = [];
    let scannedShare = 0;
    for (let round = 0; round < rounds; round++) {
      const start = performance.now();
      const top = new TopItems(factors.itemFactors);
      const lists = await top.topForUsers(factors.userFactors, 20, interactions, threads);
      ours.push((interactions.rows / (performance.now() - start)) * 1000);
      scannedShare = lists.scannedShare;
      if (python) theirs.push(peerUsersPerSecond(python, { ...factors, interactions, threads }));
    }
    report.add({
      bench: 'top-n all users',
      factors: factorCount,
      threads,
      usersPerSecond: median(ours),
      scannedShare,
      ...(python && {
        implicitUsersPerSecond: median(theirs),
        ratio: median(ours) / median(theirs),
      }),
    });
  }
}

interface PeerTask {
  readonly userFactors: FactorMatrix;
  readonly itemFactors: FactorMatrix;
  readonly interactions: SparseRows;
  readonly threads: number;
}

function peerUsersPerSecond(python: string, task: PeerTask): number {
  const { userFactors, itemFactors, interactions, threads } = task;
  const folder = mkdtempSync(join(tmpdir(), 'segue-bench-'));
  try {
    const write = (name: string, array: Float32Array | Int32Array | Uint32Array) =>
      writeFileSync(
        join(folder, name),
        new Uint8Array(array.buffer, array.byteOffset, array.byteLength),
      );
    write('users', userFactors.values);
    write('items', itemFactors.values);
    write('starts', interactions.starts);
    write('indices', interactions.indices);
    const file = join(folder, 'task.json');
    const shape = {
      users: userFactors.rows,
      items: itemFactors.rows,
      factors: itemFactors.columns,
    };
    writeFileSync(file, JSON.stringify({ folder, threads, n: 20, ...shape }));
    return runPeer<{ usersPerSecond: number }>(python, 'recommend_peer.py', file).usersPerSecond;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
