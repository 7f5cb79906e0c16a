/**
 * One objective, its dialects by parameters. For a row (a user, with the items' factors Y fixed; or the reverse):
 *
 *   ( a0·YᵀY + Σ_{i in row} w_i·y_i·y_iᵀ + reg·I ) x = Σ_{i in row} b_i·y_i
 *
 *   w_i = alpha·f(r_i) + weightOffset         rank-1 weight of an observed interaction
 *   b_i = w_i + targetOffset                  its right-hand side
 *   a0  = unobservedWeight                    weight of all pairs, observed or not
 *   reg = lambda·(n + kappa·N)^nu             n: interactions of the row, N: rows of the other side
 *
 * Training, fold-in, explanation, loss and the tests' dense reference all call the functions below: a model
 * carries its rule, and everything that touches it obeys that rule.
 */
export interface AlsRule {
  readonly factorCount: number;
  /** f: r itself, ln(1 + r/epsilon), or 1 whatever r. */
  readonly scale: 'linear' | 'log' | 'binary';
  readonly alpha: number;
  /** Only for scale 'log'. */
  readonly epsilon: number;
  readonly weightOffset: number;
  readonly targetOffset: number;
  readonly unobservedWeight: number;
  readonly lambda: number;
  /** Exponent of the frequency; 0: constant regularisation, 1: per interaction. */
  readonly nu: number;
  readonly kappa: number;
}

type Tunable = Pick<AlsRule, 'factorCount' | 'alpha' | 'lambda'>;

/** Hu, Koren, Volinsky 2008: c = 1 + alpha·r, constant lambda. */
export function hkvRule({ factorCount, alpha, lambda }: Tunable): AlsRule {
  return {
    factorCount,
    alpha,
    lambda,
    scale: 'linear',
    epsilon: 1,
    weightOffset: 0,
    targetOffset: 1,
    unobservedWeight: 1,
    nu: 0,
    kappa: 0,
  };
}

/** org.apache.spark.ml ALS, implicitPrefs: as HKV, with lambda times the row's interactions. */
export function sparkRule(tunable: Tunable): AlsRule {
  return { ...hkvRule(tunable), nu: 1 };
}

/** benfred/implicit: c = alpha·r (not 1 + alpha·r), so w = c − 1 and b = c. */
export function implicitRule(tunable: Tunable): AlsRule {
  return { ...hkvRule(tunable), weightOffset: -1 };
}

/** Rendle et al. 2021 (iALS, irspack): observed weight 1, alpha0 on all pairs, lambda·(n + alpha0·N)^nu. */
export function rendleRule(options: {
  factorCount: number;
  alpha0: number;
  lambda: number;
  nu: number;
}): AlsRule {
  return {
    factorCount: options.factorCount,
    alpha: 1,
    lambda: options.lambda,
    scale: 'binary',
    epsilon: 1,
    weightOffset: 0,
    targetOffset: 0,
    unobservedWeight: options.alpha0,
    nu: options.nu,
    kappa: options.alpha0,
  };
}

/** w of an interaction with `plays` r. */
export function observedWeight(rule: AlsRule, plays: number): number {
  return rule.alpha * scaled(rule, plays) + rule.weightOffset;
}

/** b of an interaction with `plays` r. */
export function observedTarget(rule: AlsRule, plays: number): number {
  return targetOfWeight(rule, observedWeight(rule, plays));
}

/** b of an interaction whose w is known. */
export function targetOfWeight(rule: AlsRule, weight: number): number {
  return weight + rule.targetOffset;
}

function scaled(rule: AlsRule, plays: number): number {
  if (rule.scale === 'linear') return plays;
  if (rule.scale === 'log') return Math.log1p(plays / rule.epsilon);
  return 1;
}

/** reg of a row with `interactions` entries, when the other side has `otherRows` rows. */
export function regularization(rule: AlsRule, interactions: number, otherRows: number): number {
  return rule.lambda * (interactions + rule.kappa * otherRows) ** rule.nu;
}
