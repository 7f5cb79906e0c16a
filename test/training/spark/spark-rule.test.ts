import { hkvRule, implicitRule, rendleRule, sparkRule } from '../../../src/als/rule';
import { sparkRuleFor } from '../../../src/training/spark/spark-rule';

const TUNABLE = { factorCount: 8, alpha: 3, lambda: 0.2 };
const SIZE = { users: 300, items: 100, interactions: 4000 };

describe("Spark's rule for the one asked for", () => {
  it('is itself where Spark knows it', () => {
    expect(sparkRuleFor(sparkRule(TUNABLE), SIZE)).toEqual(sparkRule(TUNABLE));
  });

  it('regularises as much as a constant lambda does, summed over all rows', () => {
    const rule = sparkRuleFor(hkvRule(TUNABLE), SIZE);
    expect(rule).toEqual(sparkRule({ ...TUNABLE, lambda: rule.lambda }));
    const constant = TUNABLE.lambda * (SIZE.users + SIZE.items);
    expect(rule.lambda * 2 * SIZE.interactions).toBeCloseTo(constant, 10);
  });

  it.each([implicitRule(TUNABLE), rendleRule({ factorCount: 8, alpha0: 0.1, lambda: 0.1, nu: 1 })])(
    'is refused where Spark has none like it',
    (rule) => {
      expect(() => sparkRuleFor(rule, SIZE)).toThrow(
        expect.objectContaining({ code: 'SETTING_INVALID' }),
      );
    },
  );
});
