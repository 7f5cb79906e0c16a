/**
 * The logistic function. The language's own exponential keeps a table in static memory, which would lie in the middle
 * of the memory that all threads share; this one needs none.
 */

const LN2: f64 = 0.6931471805599453;

/** 1/(1 + e^(−x)), to about 14 digits. */
export function sigmoid(x: f64): f64 {
  return 1.0 / (1.0 + exponential(-x));
}

/** e^x = 2^n·e^r with |r| ≤ ln 2/2, and e^r by its series. */
function exponential(x: f64): f64 {
  if (x != x) return x;
  const bounded = max(-700.0, min(700.0, x));
  const n = nearest(bounded / LN2);
  const r = bounded - n * LN2;
  let sum: f64 = 1;
  for (let k: f64 = 13; k > 0; k--) sum = 1.0 + (sum * r) / k;
  return sum * reinterpret<f64>((<u64>(<i64>n + 1023)) << 52);
}
