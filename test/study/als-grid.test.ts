import { trainAls } from '../../src/als/train';
import { systemClock } from '../../src/clock';
import { startItems } from '../../src/evaluation/als-lists';
import { mulberry32 } from '../../src/random';
import {
  type AlsFitter,
  type AlsPoint,
  edgesOf,
  fitAls,
  fitAlsBy,
  ruleOf,
  STUDY_GRID,
  searchAlsGrid,
  searchGridBy,
} from '../../src/study/als-grid';
import { splitTable } from '../../src/study/study-split';
import { EarlyStop, tuningQuality } from '../../src/study/tuning';
import { tableOf } from '../support/interaction-tables';

/** Everybody likes one of five groups of items. */
function tasteTable() {
  const random = mulberry32(3);
  return tableOf(
    Array.from({ length: 6000 }, (_, time) => {
      const user = random.below(100);
      const group = random.below(8) === 0 ? random.below(5) : user % 5;
      return { user: `u${user}`, item: `i${group}-${random.below(30)}`, time };
    }),
  );
}

const settings = { name: 'pairs', trainShare: 0.8, coldShare: 0, seed: 1 } as const;
const split = () =>
  splitTable(tasteTable(), settings, { itemUsersMin: () => 3, userItemsMin: 5 }, 'test');

const GRID = {
  ...STUDY_GRID,
  factors: [4, 8],
  alphas: [0.0001, 10],
  lambdas: [0.1, 1],
  epochsMax: 6,
  warmEpochsMax: 4,
};
const OPTIONS = { tuningUsersMax: 1000, seed: 1, threads: 1, onProgress: () => undefined };

describe('the grid of ALS', () => {
  it('tries every point, and chooses by what the best of them reach from starts of their own', async () => {
    const { warm } = split();
    const search = await searchAlsGrid(warm, GRID, OPTIONS);
    const { results, finalists, best, epochs, curve } = search;
    const key = ({ factors, alpha, lambda }: AlsPoint) => `${factors} ${alpha} ${lambda}`;
    expect(new Set(results.map(key)).size).toBe(8);
    const byQuality = [...results].sort((a, b) => b.quality - a.quality);
    expect(finalists.map(key).sort()).toEqual(byQuality.slice(0, 5).map(key).sort());
    expect(best).toEqual(finalists[0]);
    expect(best.quality).toBe(Math.max(...finalists.map(({ quality }) => quality)));
    // The study fits the chosen point just so on its whole training part.
    const { model } = await fitAls(warm, ruleOf(GRID, best), { ...OPTIONS, epochs });
    expect(await tuningQuality(model, warm)).toBeCloseTo(best.quality, 12);
    expect(best.alpha).toBe(10);
    expect(best.quality).toBeGreaterThan(0.1);
    expect(epochs).toBeLessThanOrEqual(6);
    expect(curve.map(([epoch]) => epoch)).toContain(epochs);
  });

  it('is searched by another fitter, point by point and whole', async () => {
    const { warm } = split();
    const asked: (AlsPoint & { epochs: number })[] = [];
    const fitter: AlsFitter = {
      fit: (plays, point, { epochs, seed }) => {
        asked.push({ ...point, epochs });
        const itemFactors = startItems(plays.columns, point.factors, seed);
        const start = { warmStart: { itemFactors }, relaxation: 1 };
        return trainAls(plays, ruleOf(GRID, point), { epochs, seed, threads: 1, ...start });
      },
    };
    const search = await searchGridBy(fitter, warm, GRID, { ...OPTIONS, clock: systemClock });
    expect(asked).toHaveLength(8);
    expect(asked.every(({ epochs }) => epochs === 6)).toBe(true);
    expect(search.best.alpha).toBe(10);
    const at = { grid: GRID, point: search.best };
    const { model } = await fitAlsBy(fitter, warm, at, { ...OPTIONS, epochs: search.epochs });
    expect(await tuningQuality(model, warm)).toBeCloseTo(search.best.quality, 12);
  });

  it('tells at which of its edges the best lies', () => {
    const edges = (factors: number, alpha: number, lambda: number) =>
      edgesOf({ factors, alpha, lambda }, STUDY_GRID).map(({ parameter, side }) => [
        parameter,
        side,
      ]);
    expect(edges(150, 1, 0.5)).toEqual([]);
    expect(edges(200, 0.1, 0.5)).toEqual([
      ['factors', 'highest'],
      ['alpha', 'lowest'],
    ]);
    expect(
      edgesOf({ factors: 200, alpha: 1, lambda: 0.5 }, { ...STUDY_GRID, factors: [200] }),
    ).toEqual([]);
  });
});

describe('an early stop', () => {
  it('keeps the best, and stops when it has not become better twice in a row', () => {
    const stop = new EarlyStop<string>();
    const word = (epoch: number, quality: number) => stop.take(epoch, quality, () => `at ${epoch}`);
    expect([word(1, 1), word(2, 0.5), word(3, 2), word(4, 2), word(5, 1.5)]).toEqual([
      'continue',
      'continue',
      'continue',
      'continue',
      'stop',
    ]);
    expect(stop.best).toEqual({ epoch: 3, quality: 2, model: 'at 3' });
    expect(stop.curve).toHaveLength(5);
  });
});
