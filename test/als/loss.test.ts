import { alsLoss } from '../../src/als/loss';
import { hkvRule, observedTarget, observedWeight, regularization } from '../../src/als/rule';
import { mulberry32 } from '../../src/random';
import { DIALECTS, randomFactors, randomInteractions } from '../support/random-als';

const [USERS, ITEMS, D] = [15, 11, 6];
const interactions = randomInteractions(mulberry32(3), USERS, ITEMS, 60);
const users = randomFactors(mulberry32(4), USERS, D);
const items = randomFactors(mulberry32(5), ITEMS, D);

function score(u: number, i: number): number {
  let sum = 0;
  for (let k = 0; k < D; k++) sum += users.values[u * D + k]! * items.values[i * D + k]!;
  return sum;
}

function playsOf(u: number, i: number): number {
  for (let k = interactions.starts[u]!; k < interactions.starts[u + 1]!; k++) {
    if (interactions.indices[k] === i) return interactions.values[k]!;
  }
  return 0;
}

function square(values: Float32Array, row: number): number {
  return values.subarray(row * D, (row + 1) * D).reduce((sum, value) => sum + value * value, 0);
}

it.each(Object.entries(DIALECTS))('the loss is its definition, pair by pair: %s', (_, ruleOf) => {
  const rule = ruleOf(D);
  let expected = 0;
  const counts = { users: new Array(USERS).fill(0), items: new Array(ITEMS).fill(0) };
  for (let u = 0; u < USERS; u++) {
    for (let i = 0; i < ITEMS; i++) {
      const s = score(u, i);
      expected += rule.unobservedWeight * s * s;
      const plays = playsOf(u, i);
      if (plays === 0) continue;
      const b = observedTarget(rule, plays);
      expected += observedWeight(rule, plays) * s * s - 2 * b * s + b;
      counts.users[u] += 1;
      counts.items[i] += 1;
    }
  }
  for (let u = 0; u < USERS; u++) {
    expected += regularization(rule, counts.users[u], ITEMS) * square(users.values, u);
  }
  for (let i = 0; i < ITEMS; i++) {
    expected += regularization(rule, counts.items[i], USERS) * square(items.values, i);
  }
  expect(alsLoss(interactions, rule, users, items) / expected).toBeCloseTo(1, 6);
});

it("is Hu, Koren and Volinsky's Σ c·(p − s)² under their rule", () => {
  const rule = hkvRule({ factorCount: D, alpha: 4, lambda: 0 });
  let expected = 0;
  for (let u = 0; u < USERS; u++) {
    for (let i = 0; i < ITEMS; i++) {
      const plays = playsOf(u, i);
      expected += (1 + 4 * plays) * ((plays > 0 ? 1 : 0) - score(u, i)) ** 2;
    }
  }
  expect(alsLoss(interactions, rule, users, items) / expected).toBeCloseTo(1, 6);
});
