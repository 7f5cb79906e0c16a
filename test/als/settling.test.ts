import type { FactorMatrix } from '../../src/als/model';
import { hkvRule } from '../../src/als/rule';
import { trainAls } from '../../src/als/train';
import type { TrainingProgress } from '../../src/als/training-options';
import { mulberry32 } from '../../src/random';
import { TopItems } from '../../src/ranking/top-items';
import { denseGramian, relativeDifference } from '../support/dense-als';
import { tasteInteractions } from '../support/random-als';

const rule = hkvRule({ factorCount: 12, alpha: 5, lambda: 1 });
const tastes = tasteInteractions(mulberry32(4), 300, 400);
const options = { epochs: 12, seed: 3, threads: 2 };
const TOLERANCE = 0.005;

async function lists(factors: { userFactors: FactorMatrix; itemFactors: FactorMatrix }) {
  const top = new TopItems(factors.itemFactors);
  return (await top.topForUsers(factors.userFactors, 20, tastes, 1)).items;
}

describe('training with a tolerance', () => {
  it('ends with the epoch that gains too little', async () => {
    const all = await trainAls(tastes, rule, options);
    const gains = all.losses.slice(1).map((loss, e) => 1 - loss / all.losses[e]!);
    const tolerance = (gains[3]! + gains[4]!) / 2;
    expect(gains[4]).toBeLessThan(gains[3]!);
    const trained = await trainAls(tastes, rule, { ...options, tolerance });
    expect(trained.losses).toEqual(all.losses.slice(0, 6));
    const exact = denseGramian(trained.itemFactors);
    expect(relativeDifference(trained.itemGramian, exact)).toBeLessThan(1e-5);
  });

  it.each([1, 2])(
    'keeps the start of a warm one that gains too little, %i threads',
    async (threads) => {
      const { itemFactors } = await trainAls(tastes, rule, options);
      const start = { itemFactors };
      const warm = { ...options, threads, seed: 9, warmStart: start };
      const plain = await trainAls(tastes, rule, { ...warm, epochs: 1 });
      const kept = await trainAls(tastes, rule, { ...warm, tolerance: TOLERANCE });
      const again = await trainAls(tastes, rule, {
        ...warm,
        warmStart: { itemFactors: kept.itemFactors },
        tolerance: TOLERANCE,
      });
      expect(kept.losses).toHaveLength(1);
      expect(1 - plain.losses[0]! / kept.losses[0]!).toBeLessThan(TOLERANCE);
      expect(await lists(again)).toEqual(await lists(kept));
      expect(await lists(plain)).not.toEqual(await lists(kept));
      for (const [gramian, factors] of [
        [kept.itemGramian, kept.itemFactors],
        [kept.userGramian, kept.userFactors],
      ] as const)
        expect(relativeDifference(gramian, denseGramian(factors))).toBeLessThan(1e-5);
    },
  );

  it('goes on from a warm start that is far from the data', async () => {
    const other = tasteInteractions(mulberry32(5), 300, 400);
    const { itemFactors } = await trainAls(other, rule, options);
    const warm = { ...options, warmStart: { itemFactors }, tolerance: TOLERANCE };
    const trained = await trainAls(tastes, rule, warm);
    expect(trained.losses.length).toBeGreaterThan(2);
  });

  it('gives a new item factors, however little it gains', async () => {
    const { itemFactors } = await trainAls(tastes, rule, options);
    const values = itemFactors.values.slice().fill(0, 0, itemFactors.columns);
    const warm = { ...options, warmStart: { itemFactors: { ...itemFactors, values } } };
    const trained = await trainAls(tastes, rule, { ...warm, tolerance: 0.5 });
    const first = trained.itemFactors.values.subarray(0, itemFactors.columns);
    expect(first.some((value) => value !== 0)).toBe(true);
  });

  it('tells the listener of every epoch, and never of the start', async () => {
    const { itemFactors } = await trainAls(tastes, rule, options);
    const seen: number[] = [];
    const onEpoch = ({ epoch }: TrainingProgress) => {
      seen.push(epoch);
      return epoch === 2 ? ('stop' as const) : ('continue' as const);
    };
    const warm = { ...options, warmStart: { itemFactors }, tolerance: 1e-9, onEpoch };
    await trainAls(tastes, rule, warm);
    expect(seen).toEqual([1, 2]);
  });
});
