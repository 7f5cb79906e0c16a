/** What Spark's ALS can learn of the rules of als/rule.ts: only its own, constant weights apart. */
import { type AlsRule, hkvRule, sparkRule } from '../../als/rule';
import { SegueError } from '../../errors';

export interface TrainingSize {
  readonly users: number;
  readonly items: number;
  readonly interactions: number;
}

/**
 * Spark's rule for the one asked for. HKV's constant lambda becomes lambda times the interactions of a row, with the
 * same sum over all rows: lambda·(users + items) / (2·interactions). Throws SETTING_INVALID for other rules.
 */
export function sparkRuleFor(asked: AlsRule, size: TrainingSize): AlsRule {
  if (isSame(asked, sparkRule(asked))) return asked;
  if (!isSame(asked, hkvRule(asked))) {
    throw new SegueError(
      'SETTING_INVALID',
      '--als-rule: expected spark or hkv with --trainer spark, whose ALS knows no other confidence and regularisation; ' +
        'another rule came, choose one of the two or train on worker threads',
    );
  }
  const { users, items, interactions } = size;
  const lambda = (asked.lambda * (users + items)) / (2 * Math.max(1, interactions));
  return sparkRule({ ...asked, lambda });
}

function isSame(a: AlsRule, b: AlsRule): boolean {
  return (Object.keys(a) as (keyof AlsRule)[]).every((name) => a[name] === b[name]);
}
