import { rendleRule } from '../../src/als/rule';
import { weightedPlays } from '../../src/evaluation/als-lists';
import { buildEvaluationSet, type EvaluationSet } from '../../src/evaluation/evaluation-set';
import { type TuningTrial, tuneAls } from '../../src/evaluation/tune-als';
import { mulberry32 } from '../../src/random';

const DAY = 86_400;

/** Two tastes: users like items of their own half. */
function twoTastes(): EvaluationSet {
  const random = mulberry32(11);
  const rows = Array.from({ length: 4000 }, () => {
    const user = random.below(120);
    return { user, item: 2 * random.below(30) + (user % 2), time: random.below(100) * DAY };
  });
  const events = (part: typeof rows) => ({
    users: Int32Array.from(part, ({ user }) => user),
    items: Int32Array.from(part, ({ item }) => item),
    times: Float64Array.from(part, ({ time }) => time),
  });
  return buildEvaluationSet({ train: events(rows.slice(0, 2000)), test: events(rows.slice(2000)) });
}

async function search(set: EvaluationSet): Promise<TuningTrial[]> {
  const trials: TuningTrial[] = [];
  const options = {
    space: {
      factorCount: 4,
      scale: 'binary',
      alpha0: [0.05, 1],
      regularization: [0.1, 10],
      nu: [0, 1],
      halfLifeDays: [undefined, 30],
      epochsMax: 4,
    },
    metric: 'Recall@20 (min)',
    trials: 3,
    seed: 1,
    modelSeeds: 2,
    threads: 1,
  } as const;
  for await (const trial of tuneAls(set, options)) trials.push(trial);
  return trials;
}

test('a search stays in its space, finds the taste, and repeats with its seed', async () => {
  const set = twoTastes();
  const trials = await search(set);
  expect(trials).toEqual(await search(set));
  expect(trials.length).toBe(3);
  for (const { settings, quality, byEpoch } of trials) {
    expect(settings.rule.unobservedWeight).toBeGreaterThanOrEqual(0.05);
    expect(settings.rule.unobservedWeight).toBeLessThanOrEqual(1);
    expect(byEpoch.length).toBe(4);
    expect(quality).toBe(byEpoch[settings.epochs - 1]);
  }
  expect(Math.max(...trials.map(({ quality }) => quality))).toBeGreaterThan(0.9);
});

test('a half-life lets plays fade, repeats add up', () => {
  const set = buildEvaluationSet({
    train: {
      users: Int32Array.of(0, 0, 0),
      items: Int32Array.of(0, 0, 1),
      times: Float64Array.of(0, 10 * DAY, 20 * DAY),
    },
    test: { users: new Int32Array(0), items: new Int32Array(0), times: new Float64Array(0) },
  });
  const rule = rendleRule({ factorCount: 4, alpha0: 1, lambda: 1, nu: 0 });
  const faded = weightedPlays(set, { rule, epochs: 1, halfLifeDays: 10 });
  expect([...faded.values]).toEqual([0.75, 1]);
  expect([...weightedPlays(set, { rule, epochs: 1 }).values]).toEqual([2, 1]);
});
