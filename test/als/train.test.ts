import { readdirSync, readFileSync } from 'node:fs';
import { transpose } from '../../src/als/interactions';
import { alsLoss } from '../../src/als/loss';
import type { FactorMatrix, SparseRows } from '../../src/als/model';
import { type AlsRule, hkvRule, sparkRule } from '../../src/als/rule';
import { trainAls } from '../../src/als/train';
import { mulberry32 } from '../../src/random';
import { denseGramian, denseHalfStep, relativeDifference } from '../support/dense-als';
import { DIALECTS, randomInteractions, tasteInteractions } from '../support/random-als';

const interactions = randomInteractions(mulberry32(11), 90, 60, 1500);

function scores(users: FactorMatrix, items: FactorMatrix): Float64Array {
  const d = users.columns;
  const result = new Float64Array(users.rows * items.rows);
  for (let u = 0; u < users.rows; u++) {
    for (let i = 0; i < items.rows; i++) {
      for (let k = 0; k < d; k++) {
        result[u * items.rows + i]! += users.values[u * d + k]! * items.values[i * d + k]!;
      }
    }
  }
  return result;
}

interface Factors {
  readonly userFactors: FactorMatrix;
  readonly itemFactors: FactorMatrix;
}

/** Share of all users' top 20 that is not in the other's. */
function changedShare(a: Factors, b: Factors): number {
  const items = a.itemFactors.rows;
  const tops = [a, b].map(({ userFactors, itemFactors }) => {
    const all = scores(userFactors, itemFactors);
    return Array.from({ length: userFactors.rows }, (_, u) => {
      const row = all.subarray(u * items, (u + 1) * items);
      return new Set([...row.keys()].sort((i, j) => row[j]! - row[i]!).slice(0, 20));
    });
  });
  const changed = tops[0]!.map((top, u) => [...top].filter((i) => !tops[1]![u]!.has(i)).length);
  return changed.reduce((sum, count) => sum + count, 0) / (20 * changed.length);
}

/** Epochs of exact half steps from given users. */
function denseEpochs(rule: AlsRule, matrix: SparseRows, start: FactorMatrix, epochs: number) {
  let userFactors = start;
  let itemFactors = start;
  for (let epoch = 0; epoch < epochs; epoch++) {
    itemFactors = denseHalfStep(rule, userFactors, transpose(matrix));
    userFactors = denseHalfStep(rule, itemFactors, matrix);
  }
  return { userFactors, itemFactors };
}

describe.each(Object.entries(DIALECTS))('training under the rule %s', (_, ruleOf) => {
  const rule = ruleOf(10);

  it('equals exact half steps when conjugate gradients run long enough', async () => {
    const start = await trainAls(interactions, rule, { epochs: 1, seed: 5, threads: 1 });
    const options = { epochs: 1, seed: 1, threads: 2, steps: 40 };
    // From users alone, so that items have no old place: a warm start moves those only part of the way.
    const run = ({ userFactors }: { userFactors: FactorMatrix }) =>
      trainAls(interactions, rule, { ...options, warmStart: { userFactors } });
    const trained = await run(await run(start));
    const exact = denseEpochs(rule, interactions, start.userFactors, 2);
    const difference = relativeDifference(
      scores(trained.userFactors, trained.itemFactors),
      scores(exact.userFactors, exact.itemFactors),
    );
    expect(difference).toBeLessThan(1e-5);
  });

  it('reports the loss that the factors have, and lowers it', async () => {
    const options = { epochs: 4, seed: 2, threads: 2 };
    const { losses, userFactors, itemFactors } = await trainAls(interactions, rule, options);
    const loss = alsLoss(interactions, rule, userFactors, itemFactors);
    expect(losses).toHaveLength(4);
    expect(losses[3]! / loss).toBeCloseTo(1, 5);
    expect([...losses].sort((a, b) => b - a)).toEqual(losses);
  });
});

/** Of the threads of this process, where the system tells. */
function nicenesses(): number[] {
  if (process.platform !== 'linux') return [];
  return readdirSync('/proc/self/task').map((thread) => {
    const stat = readFileSync(`/proc/self/task/${thread}/stat`, 'utf8');
    // Counted from behind the name, which may hold spaces.
    return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[16]);
  });
}

describe('training', () => {
  it('in the background gives way to all other threads, and only its own do', async () => {
    const usual = nicenesses();
    const seen: number[][] = [];
    const onEpoch = () => {
      seen.push(nicenesses());
      return 'continue' as const;
    };
    const options = { epochs: 2, seed: 3, threads: 2, onEpoch };
    await trainAls(interactions, rule, options);
    await trainAls(interactions, rule, { ...options, isBackground: true });
    const more = seen.map((all) => all.filter((nice) => nice > Math.max(...usual)).length);
    expect(more).toEqual(usual.length > 0 ? [0, 0, 2, 2] : [0, 0, 0, 0]);
  });

  const rule = sparkRule({ factorCount: 20, alpha: 3, lambda: 0.05 });

  it('gives the same bits on 1, 2 and 4 threads', async () => {
    const run = (threads: number) => trainAls(interactions, rule, { epochs: 3, seed: 3, threads });
    const [one, two, four] = [await run(1), await run(2), await run(4)];
    for (const other of [two, four]) {
      expect(other.userFactors.values).toEqual(one.userFactors.values);
      expect(other.itemFactors.values).toEqual(one.itemFactors.values);
      expect(other.losses).toEqual(one.losses);
    }
  });

  it('delivers Gramians of its factors, diagonal and descending for the items', async () => {
    const trained = await trainAls(interactions, rule, { epochs: 3, seed: 3, threads: 2 });
    const { itemGramian, userGramian } = trained;
    expect(relativeDifference(itemGramian, denseGramian(trained.itemFactors))).toBeLessThan(1e-6);
    expect(relativeDifference(userGramian, denseGramian(trained.userFactors))).toBeLessThan(1e-6);
    const diagonal = Array.from({ length: 20 }, (_, k) => itemGramian[k * 21]!);
    expect([...diagonal].sort((a, b) => b - a)).toEqual(diagonal);
    expect(Math.abs(itemGramian[1]!)).toBeLessThan(1e-5 * diagonal[0]!);
  });

  it('stops when told, and hands out the factors of that epoch', async () => {
    const seen: FactorMatrix[] = [];
    const trained = await trainAls(interactions, rule, {
      epochs: 50,
      seed: 3,
      threads: 2,
      onEpoch: async (progress) => {
        seen.push(progress.factors().itemFactors);
        return progress.epoch === 3 ? 'stop' : 'continue';
      },
    });
    expect(trained.losses).toHaveLength(3);
    expect(trained.itemFactors.values).toEqual(seen[2]!.values);
    const exact = denseGramian(trained.itemFactors);
    expect(relativeDifference(trained.itemGramian, exact)).toBeLessThan(1e-5);
  });

  it('rejects with the reason of an abort, before and while it runs', async () => {
    const reason = new Error('enough');
    const options = { epochs: 1000, seed: 3, threads: 2 };
    const before = trainAls(interactions, rule, { ...options, signal: AbortSignal.abort(reason) });
    await expect(before).rejects.toBe(reason);
    const controller = new AbortController();
    const during = trainAls(interactions, rule, {
      ...options,
      signal: controller.signal,
      onEpoch: () => {
        controller.abort(reason);
        return 'continue';
      },
    });
    await expect(during).rejects.toBe(reason);
  });

  it('starts from items alone, first folding the users in', async () => {
    const long = await trainAls(interactions, rule, { epochs: 12, seed: 3, threads: 1 });
    const warm = await trainAls(interactions, rule, {
      epochs: 1,
      seed: 9,
      threads: 1,
      warmStart: { itemFactors: long.itemFactors },
    });
    expect(warm.losses[0]! / long.losses[11]!).toBeLessThan(1.001);
  });

  it('changes at most 3 % of the top 20 when retrained warm on unchanged data', async () => {
    const tastes = tasteInteractions(mulberry32(4), 300, 400);
    const options = { epochs: 8, seed: 3, threads: 2 };
    const first = await trainAls(tastes, rule, options);
    for (const warmStart of [first, { itemFactors: first.itemFactors }]) {
      const again = await trainAls(tastes, rule, { ...options, epochs: 1, warmStart });
      expect(changedShare(first, again)).toBeLessThan(0.03);
    }
    const cold = await trainAls(tastes, rule, { ...options, seed: 4 });
    expect(changedShare(first, cold)).toBeGreaterThan(0.03);
  });

  it('copes with empty rows, one row, and rows of everything', async () => {
    for (const [users, items] of [
      [1, 40],
      [40, 1],
      [3, 3],
    ] as const) {
      const few = randomInteractions(mulberry32(users), users, items, 60);
      const trained = await trainAls(few, hkvRule({ factorCount: 8, alpha: 1, lambda: 0.1 }), {
        epochs: 2,
        seed: 1,
        threads: 4,
      });
      expect(trained.userFactors.values.every(Number.isFinite)).toBe(true);
    }
  });

  it('prepares large data on another thread, and refuses there as well', async () => {
    const large = randomInteractions(mulberry32(6), 4000, 3000, 150_000);
    expect(large.indices.length).toBeGreaterThan(100_000);
    const options = { epochs: 2, seed: 1, threads: 2 };
    const trained = await trainAls(large, rule, options);
    const { userFactors, itemFactors, losses } = trained;
    expect(alsLoss(large, rule, userFactors, itemFactors) / losses[1]!).toBeCloseTo(1, 5);
    const huge = trainAls(large, { ...rule, factorCount: 16_384 }, options);
    await expect(huge).rejects.toMatchObject({ code: 'MEMORY_EXCEEDED', name: 'SegueError' });
  });

  it('refuses plays and start factors that are not numbers', async () => {
    const options = { epochs: 1, seed: 1, threads: 1 };
    const values = interactions.values.slice().fill(Number.NaN, 3, 4);
    const noPlays = trainAls({ ...interactions, values }, rule, options);
    await expect(noPlays).rejects.toMatchObject({ code: 'MATRIX_SINGULAR' });
    const userFactors = { rows: 90, columns: 20, values: new Float32Array(1800).fill(Number.NaN) };
    const noStart = trainAls(interactions, rule, { ...options, warmStart: { userFactors } });
    await expect(noStart).rejects.toThrow(/factors to start from/);
  });

  it('refuses what does not fit and names the trainer that can', async () => {
    const huge = { ...rule, factorCount: 16_384 };
    const training = trainAls(interactions, huge, { epochs: 1, seed: 1, threads: 1 });
    await expect(training).rejects.toMatchObject({ code: 'MEMORY_EXCEEDED' });
    await expect(trainAls(interactions, huge, { epochs: 1, seed: 1, threads: 1 })).rejects.toThrow(
      /Spark trainer/,
    );
  });
});
