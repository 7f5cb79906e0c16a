/** ALS of a study on Spark: what comes back is a model under the rule 'spark', user by user. */
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sparkRule } from '../../../src/als/rule';
import { sparkFitter } from '../../../src/app/study/spark-fitter';
import type { Factors } from '../../../src/evaluation/als-lists';
import { mulberry32 } from '../../../src/random';
import { relativeDifference } from '../../support/dense-als';
import { tasteInteractions } from '../../support/random-als';
import { testSparkFolder } from '../../support/services/spark-cluster';
import { foldEverybodyIn } from '../../support/spark/served-quality';
import { withSpark } from '../../support/spark/with-spark';

const MINUTES = 60_000;
const POINT = { factors: 16, alpha: 4, lambda: 0.05 };
const OPTIONS = { sparkMaster: 'local[1]', sparkFolder: testSparkFolder() };

let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'segue-spark-study-'));
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

withSpark(() => {
  it(
    'fits on Spark what this project folds in, on one set of pairs and then another, and leaves nothing behind',
    async () => {
      const sets = [
        tasteInteractions(mulberry32(7), 300, 120),
        tasteInteractions(mulberry32(8), 200, 90),
      ];
      const factors = await sparkFitter(OPTIONS, folder, 'spark').use(async (fitter) => {
        const fitted: Factors[] = [];
        for (const set of sets) fitted.push(await fitter.fit(set, POINT, { epochs: 5, seed: 7 }));
        return fitted;
      });
      const { factors: factorCount, ...tunable } = POINT;
      const rule = sparkRule({ factorCount, ...tunable });
      factors.forEach(({ userFactors, itemFactors }, at) => {
        const { rows, columns } = sets[at]!;
        expect([userFactors.rows, itemFactors.rows]).toEqual([rows, columns]);
        const users = foldEverybodyIn(sets[at]!, rule, itemFactors).values;
        expect(relativeDifference(users, userFactors.values)).toBeLessThan(1e-5);
      });
      expect(readdirSync(folder)).toEqual([]);
    },
    20 * MINUTES,
  );
});

it('has no other rule than its own', () => {
  expect(() => sparkFitter(OPTIONS, folder, 'hkv')).toThrow(
    expect.objectContaining({ code: 'SETTING_INVALID' }),
  );
});
