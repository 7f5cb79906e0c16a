/**
 * `npm run bench -- churn`: how many of the users' top 20 change with a retrain, under the default settings. Two
 * readings: the share of the lists' entries that are new, and the share of users with at least one new entry. Users'
 * factors are folded in from the items', as live ones are, and known items are left out of the lists.
 *
 * Retrains of 30Music and Gowalla: of unchanged data from the factors before (as retrains are), the same with every
 * round, the same after 1 % and 5 % more interactions, and from other random factors, for comparison. With --spark also
 * retrains on Spark, which start anew each time, under its rule.
 *
 * --matrix 30music|gowalla  --factors N  --spark
 */
import { availableParallelism } from 'node:os';
import { buildSparseRows } from '../../src/als/interactions';
import type { SparseRows } from '../../src/als/model';
import type { AlsRule } from '../../src/als/rule';
import { type TrainedFactors, trainAls } from '../../src/als/train';
import type { TrainingOptions } from '../../src/als/training-options';
import { retrainSettings } from '../../src/app/program-settings';
import { readSettings } from '../../src/config';
import { mulberry32 } from '../../src/random';
import { TopItems } from '../../src/ranking/top-items';
import { sparkRuleFor } from '../../src/training/spark/spark-rule';
import { foldEverybodyIn } from '../support/spark/served-quality';
import { SparkReference } from '../support/spark/spark-factors';
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
    if (!args.includes('--spark')) continue;
    const spark = await SparkReference.start();
    try {
      for await (const row of sparkRetrains(spark, interactions, args))
        report.add({ matrix, ...row });
    } finally {
      await spark.stop();
    }
  }
}

function defaults(args: readonly string[]) {
  const settings = retrainSettings(readSettings({}), availableParallelism());
  const [rule] = settings.rules;
  const factorCount = Number(option(args, 'factors', String(rule!.factorCount)));
  return { ...settings, rule: { ...rule!, factorCount } };
}

async function* retrains(interactions: SparseRows, args: readonly string[]) {
  const { rule, epochs, tolerance, threads } = defaults(args);
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

/** Of unchanged data, where seed, ids and blocks are the same; and after more interactions, which change the start. */
async function* sparkRetrains(
  spark: SparkReference,
  interactions: SparseRows,
  args: readonly string[],
) {
  const { rule: asked, epochs } = defaults(args);
  const { rows: users, columns: items, indices } = interactions;
  const rule = sparkRuleFor(asked, { users, items, interactions: indices.length });
  const listsAfter = async (learnt: SparseRows) =>
    listsOf(interactions, rule, await spark.fitOf(learnt)(rule, epochs, 1));
  const now = await listsAfter(interactions);
  yield {
    retrain: 'Spark, unchanged data',
    epochs,
    ...churnOf(await listsAfter(interactions), now),
  };
  for (const share of [0.01, 0.05]) {
    const old = await listsAfter(withoutShare(interactions, share));
    yield { retrain: `Spark, ${100 * share} % more data`, epochs, ...churnOf(old, now) };
  }
}

/** Items known from `interactions` in no list, so that new interactions themselves are no churn. */
async function listsOf(
  interactions: SparseRows,
  rule: AlsRule,
  { itemFactors }: Pick<TrainedFactors, 'itemFactors'>,
): Promise<Int32Array> {
  const users = foldEverybodyIn(interactions, rule, itemFactors);
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
