/**
 * One step of a row of features against a gradient, by adagrad (Duchi et al. 2011) or adadelta (Zeiler 2012).
 *
 * A feature is a block of two or three parts of `partBytes` each: its embedding with the bias behind it, the sums of
 * squared gradients, and for adadelta the squares of its steps. A part is the components, padded with zeros to a
 * whole number of 4, then the bias and three zeros. The padding learns nothing: its gradient is 0.
 */
import { partBytes, vectorBytes } from './side';

let rate: f32 = 0;
let rho: f32 = 0;
let epsilon: f32 = 0;
let isAdadelta = false;
let isRegularised = false;
/** Lanes of a part that are padding, and what each adds to a sum of learning rates. */
let paddingRates: f64 = 0;

export function setLearning(
  adadelta: i32,
  learningRate: f32,
  decay: f32,
  conditioning: f32,
  paddingLanes: i32,
  regularised: i32,
): void {
  isAdadelta = adadelta != 0;
  isRegularised = regularised != 0;
  rate = learningRate;
  rho = decay;
  epsilon = conditioning;
  paddingRates = <f64>paddingLanes * (isAdadelta ? 1.0 : <f64>learningRate);
}

/**
 * Steps a feature's block against weight·(factor·direction, biasGradient). Returns the sum of the learning rates of
 * its components and bias if either side is regularised, else 0.
 */
export function stepFeature(
  block: usize,
  weight: f32,
  direction: usize,
  factor: f32,
  biasGradient: f32,
  alpha: f32,
): f64 {
  const scale = f32x4.splat(weight * factor);
  const bias = f32x4.replace_lane(f32x4.splat(0), 0, weight * biasGradient);
  if (!isRegularised) {
    for (let k: usize = 0; k < vectorBytes; k += 16) {
      stepLanes(block + k, f32x4.mul(scale, v128.load(direction + k)));
    }
    stepLanes(block + vectorBytes, bias);
    return 0;
  }
  const grow = f32x4.splat(alpha);
  let rates = f32x4.splat(0);
  for (let k: usize = 0; k < vectorBytes; k += 16) {
    const gradient = f32x4.mul(scale, v128.load(direction + k));
    rates = f32x4.add(rates, growLanes(block + k, stepLanes(block + k, gradient), grow));
  }
  rates = f32x4.add(rates, growLanes(block + vectorBytes, stepLanes(block + vectorBytes, bias), grow));
  return (
    <f64>f32x4.extract_lane(rates, 0) +
    <f64>f32x4.extract_lane(rates, 1) +
    <f64>f32x4.extract_lane(rates, 2) +
    <f64>f32x4.extract_lane(rates, 3) -
    paddingRates
  );
}

/** Returns the learning rates used. */
// @ts-ignore: decorator
@inline
function stepLanes(at: usize, gradient: v128): v128 {
  const squares = v128.load(at + partBytes);
  const value = v128.load(at);
  if (!isAdadelta) {
    const rates = f32x4.div(f32x4.splat(rate), f32x4.sqrt(squares));
    v128.store(at, f32x4.sub(value, f32x4.mul(rates, gradient)));
    v128.store(at + partBytes, f32x4.add(squares, f32x4.mul(gradient, gradient)));
    return rates;
  }
  const fresh = decayed(squares, gradient);
  const steps = v128.load(at + 2 * partBytes);
  const rates = f32x4.div(conditioned(steps), conditioned(fresh));
  const step = f32x4.mul(rates, gradient);
  v128.store(at, f32x4.sub(value, step));
  v128.store(at + partBytes, fresh);
  v128.store(at + 2 * partBytes, decayed(steps, step));
  return rates;
}

/** rho·mean + (1 − rho)·x² */
// @ts-ignore: decorator
@inline
function decayed(mean: v128, x: v128): v128 {
  const kept = f32x4.mul(f32x4.splat(rho), mean);
  return f32x4.add(kept, f32x4.mul(f32x4.splat(<f32>1 - rho), f32x4.mul(x, x)));
}

// @ts-ignore: decorator
@inline
function conditioned(mean: v128): v128 {
  return f32x4.sqrt(f32x4.add(mean, f32x4.splat(epsilon)));
}

/** Lazy regularisation: a touched feature is scaled up, and all are scaled down together later. */
// @ts-ignore: decorator
@inline
function growLanes(at: usize, rates: v128, alpha: v128): v128 {
  const growth = f32x4.add(f32x4.splat(1), f32x4.mul(alpha, rates));
  v128.store(at, f32x4.mul(v128.load(at), growth));
  return rates;
}
