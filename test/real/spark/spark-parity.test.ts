/** One rule in two engines: what Spark has trained must be what this project's functions would have; and one name, one metric. */
import { dirname } from 'node:path';
import { alsLoss } from '../../../src/als/loss';
import { type AlsRule, hkvRule, implicitRule, sparkRule } from '../../../src/als/rule';
import { trainAls } from '../../../src/als/train';
import { COUNTERPARTS } from '../../../src/evaluation/metrics/counterparts';
import { PROTOCOLS } from '../../../src/evaluation/protocols';
import { mulberry32 } from '../../../src/random';
import { relativeDifference } from '../../support/dense-als';
import { tasteInteractions } from '../../support/random-als';
import { randomLists, relevancesOf } from '../../support/random-lists';
import { withSharedData } from '../../support/shared-data';
import { foldEverybodyIn, servedQuality } from '../../support/spark/served-quality';
import {
  type SparkFactors,
  type SparkFit,
  SparkReference,
} from '../../support/spark/spark-factors';
import { withSpark } from '../../support/spark/with-spark';

const MINUTES = 60_000;
const SEED = 7;
const OUR_SEEDS = [1, 2, 3];
const EPOCHS = 10;
const METRIC_SEEDS = [1, 2, 3];
const CUTOFFS = [1, 5, 20, 100];
const RULE = sparkRule({ factorCount: 24, alpha: 4, lambda: 0.05 });
const interactions = tasteInteractions(mulberry32(SEED), 1200, 500);

/** Scores of every 40th user, free of the basis that the factors are in. */
function scores({ userFactors, itemFactors }: SparkFactors): Float64Array {
  const { columns: d, values: x } = userFactors;
  const y = itemFactors.values;
  const result: number[] = [];
  for (let user = 0; user < userFactors.rows; user += 40) {
    for (let item = 0; item < itemFactors.rows; item++) {
      let score = 0;
      for (let c = 0; c < d; c++) score += x[user * d + c]! * y[item * d + c]!;
      result.push(score);
    }
  }
  return Float64Array.from(result);
}

let spark: SparkReference;

withSpark(() => {
  beforeAll(async () => {
    spark = await SparkReference.start();
  }, 8 * MINUTES);
  afterAll(() => spark?.stop());

  describe("Spark's factors", () => {
    let train: SparkFit;
    let after10: SparkFactors;
    let after15: SparkFactors;

    beforeAll(async () => {
      train = spark.fitOf(interactions);
      after10 = await train(RULE, 10, SEED);
      after15 = await train(RULE, 15, SEED);
    }, 3 * MINUTES);

    it('have users that are the fold-in on their items, under its rule and no other', () => {
      const difference = (rule: AlsRule) =>
        relativeDifference(
          foldEverybodyIn(interactions, rule, after15.itemFactors).values,
          after15.userFactors.values,
        );
      expect(difference(RULE)).toBeLessThan(1e-6);
      expect(difference(hkvRule(RULE))).toBeGreaterThan(0.01);
      expect(difference({ ...implicitRule(RULE), nu: 1 })).toBeGreaterThan(0.01);
      expect(difference({ ...RULE, lambda: 1.05 * RULE.lambda })).toBeGreaterThan(0.001);
    });

    it('go on in our trainer as they would in Spark', async () => {
      const continued = await trainAls(interactions, RULE, {
        ...{ epochs: 5, seed: 1, threads: 1, steps: 40, relaxation: 1 },
        warmStart: { userFactors: after10.userFactors },
      });
      expect(relativeDifference(scores(continued), scores(after15))).toBeLessThan(1e-6);
    });

    it(
      'are as good by the loss as ours from other starts, on the mean of three',
      async () => {
        const loss = ({ userFactors, itemFactors }: SparkFactors) =>
          alsLoss(interactions, RULE, userFactors, itemFactors);
        const sparks = loss(await train(RULE, 30, SEED));
        const mean = async (more: { relaxation?: number }) => {
          let sum = 0;
          for (const seed of OUR_SEEDS)
            sum += loss(
              await trainAls(interactions, RULE, { epochs: 30, seed, threads: 1, ...more }),
            );
          return sum / OUR_SEEDS.length;
        };
        // Starts alone differ by as much again; over-relaxation, the default, ends lower.
        expect(Math.abs((await mean({ relaxation: 1 })) / sparks - 1)).toBeLessThan(0.001);
        expect(await mean({})).toBeLessThan(1.001 * sparks);
      },
      MINUTES,
    );
  });

  withSharedData('30music-sample10', (folder) => {
    it(
      'rank held-out songs as well as ours do after as many epochs, on the mean of three starts',
      async () => {
        const set = PROTOCOLS['30music-pairs'].load(dirname(folder));
        const rule = sparkRule({ factorCount: 32, alpha: 4, lambda: 0.15 });
        const quality = ({ itemFactors }: SparkFactors) => servedQuality(set, rule, itemFactors);
        const sparks = await quality(await spark.fitOf(set.plays)(rule, EPOCHS, SEED));
        // Few epochs: only plain steps have come as far as Spark's then (spark-cluster.test.ts has both settled).
        const plain = { epochs: EPOCHS, threads: 1, relaxation: 1 };
        let sum = 0;
        for (const seed of OUR_SEEDS)
          sum += await quality(await trainAls(set.plays, rule, { ...plain, seed }));
        // Measured over three seeds each: 0.1992 and 0.1995, with a deviation of 0.001.
        expect(Math.abs(sum / OUR_SEEDS.length / sparks - 1)).toBeLessThan(0.02);
      },
      4 * MINUTES,
    );
  });

  describe("Spark's RankingMetrics", () => {
    const cases = METRIC_SEEDS.map((seed) => {
      const lists = randomLists(seed);
      return { seed, lists, relevances: relevancesOf(lists) };
    });
    let theirs: readonly Readonly<Record<string, number>>[];

    beforeAll(async () => {
      theirs = [];
      for (const { lists } of cases)
        theirs = [...theirs, await spark.rankingMetrics(lists, CUTOFFS)];
    }, 2 * MINUTES);

    it.each(
      COUNTERPARTS.filter(({ library }) => library === 'Spark').map(
        (one) => [one.name, one.ours, one] as const,
      ),
    )('%s is %s', (name, _ours, { compute }) => {
      for (const [place, { seed, relevances }] of cases.entries())
        for (const k of name.includes('(k)') ? CUTOFFS : [100]) {
          const value = theirs[place]![name.replace('(k)', `(${k})`)];
          expect({ seed, k, value: compute(relevances, k).toFixed(12) }).toEqual({
            seed,
            k,
            value: value!.toFixed(12),
          });
        }
    });
  });
});
