/**
 * `npm run bench -- churn`: how many of the users' top 20 change with a retrain, under the default settings. Two
 * readings: the share of the lists' entries that are new, and the share of users with at least one new entry. Users'
 * factors are folded in from the items', as live ones are, and known items are left out of the lists.
 *
 * Retrains of 30Music and Gowalla: of unchanged data from the factors before (as retrains are), the same with every
 * round, the same after 1 % and 5 % more interactions, and from other random factors, for comparison.
 *
 * --matrix 30music|gowalla  --factors N
 */
import { availableParallelism } from 'node:os';
import { FoldIn } from '../../src/als/fold-in';
import { buildSparseRows } from '../../src/als/interactions';
import type { FactorMatrix, SparseRows } from '../../src/als/model';
import type { AlsRule } from '../../src/als/rule';
import { type TrainedFactors, trainAls } from '../../src/als/train';
import type { TrainingOptions } from '../../src/als/training-options';
import { retrainSettings } from '../../src/app/program-settings';
import { readSettings } from '../../src/config';
import { mulberry32 } from '../../src/random';
import { TopItems } from '../../src/ranking/top-items';
import { gowallaMatrix, musicMatrix } from './matrices';
import { option, Report } from './report';

const MATRICES = { '30music': musicMatrix, gowalla: gowallaMatrix };
const LENGTH = 20;

export async function benchChurn(args: readonly string[]): Promise<void> {
  const report = new Report(args);
  const chosen = option(args, 'matrix', Object.keys(MATRICES).join(',')).split(',');
  for (const matrix of chosen as (keyof typeof MATRICES)[]) {
    const interactions = MATRICES[matrix]();
    if (interactions === undefined) {
      process.stderr.write(`bench: without ${matrix}, since its data are not here\n`);
      continue;
    }
    for await (const row of retrains(interactions, args)) report.add({ matrix, ...row });
  }
}

async function* retrains(interactions: SparseRows, args: readonly string[]) {
  const { rules, epochs, tolerance, threads } = retrainSettings(
    readSettings({}),
    availableParallelism(),
  );
  const factorCount = Number(option(args, 'factors', String(rules[0]!.factorCount)));
  const rule = { ...rules[0]!, factorCount };
  const plain = { epochs, seed: 1, threads };
  const from = ({ itemFactors }: TrainedFactors, more: Partial<TrainingOptions>) =>
    trainAls(interactions, rule, { ...plain, warmStart: { itemFactors }, ...more });
  const first = await trainAls(interactions, rule, plain);
  const before = await listsOf(interactions, rule, first);
  const compared = async (what: string, old: Int32Array, retrained: TrainedFactors) => {
    const now = await listsOf(interactions, rule, retrained);
    return { retrain: what, epochs: retrained.losses.length, ...churnOf(old, now) };
  };
  yield compared('unchanged data', before, await from(first, { tolerance }));
  yield compared('unchanged data, all rounds', before, await from(first, {}));
  yield compared(
    'other random factors',
    before,
    await trainAls(interactions, rule, { ...plain, seed: 2 }),
  );
  for (const share of [0.01, 0.05]) {
    const fewer = await trainAls(withoutShare(interactions, share), rule, plain);
    const old = await listsOf(interactions, rule, fewer);
    yield compared(`${100 * share} % more data`, old, await from(fewer, { tolerance }));
  }
}

/** Items known from `interactions` in no list, so that new interactions themselves are no churn. */
async function listsOf(
  interactions: SparseRows,
  rule: AlsRule,
  { itemFactors, itemGramian }: TrainedFactors,
): Promise<Int32Array> {
  const foldIn = new FoldIn({ rule, itemFactors, itemGramian });
  const { rows, starts, indices, values } = interactions;
  const columns = rule.factorCount;
  const users: FactorMatrix = { rows, columns, values: new Float32Array(rows * columns) };
  for (let u = 0; u < rows; u++) {
    const [start, end] = [starts[u]!, starts[u + 1]!];
    const into = users.values.subarray(u * columns, (u + 1) * columns);
    foldIn.solve(indices.subarray(start, end), values.subarray(start, end), into);
  }
  const top = new TopItems(itemFactors);
  return (await top.topForUsers(users, LENGTH, interactions, availableParallelism())).items;
}

function churnOf(before: Int32Array, after: Int32Array) {
  const users = before.length / LENGTH;
  let entries = 0;
  let changed = 0;
  for (let at = 0; at < before.length; at += LENGTH) {
    const known = new Set(before.subarray(at, at + LENGTH));
    const fresh = after.subarray(at, at + LENGTH).filter((item) => !known.has(item)).length;
    entries += fresh;
    if (fresh > 0) changed++;
  }
  return { entriesChanged: entries / before.length, usersChanged: changed / users };
}

/** A random share of the interactions taken out; those that stay keep their items and users. */
function withoutShare(matrix: SparseRows, share: number): SparseRows {
  const random = mulberry32(7);
  const users: number[] = [];
  const kept: number[] = [];
  for (let u = 0; u < matrix.rows; u++) {
    for (let k = matrix.starts[u]!; k < matrix.starts[u + 1]!; k++) {
      if (random.next() < share) continue;
      users.push(u);
      kept.push(k);
    }
  }
  return buildSparseRows(matrix.rows, matrix.columns, {
    users: Int32Array.from(users),
    items: Int32Array.from(kept, (k) => matrix.indices[k]!),
    plays: Float32Array.from(kept, (k) => matrix.values[k]!),
  });
}
