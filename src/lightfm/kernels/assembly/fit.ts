/**
 * Passes of stochastic gradient descent over examples first … end of an epoch's order, for each of LightFM's losses
 * (Kula 2015). Several threads run these over one memory without locks (Hogwild: Recht et al. 2011): an update
 * that is lost now and then is noise among the others.
 */
import { setLearning } from './learning';
import { below, isKnown, knownItem, knownStart, seedSampling, setKnown } from './sampling';
import { sigmoid } from './sigmoid';
import {
  featureCount,
  hasFiniteValues,
  partBytes,
  predict,
  predictRow,
  represent,
  setShape,
  settle,
  Side,
  stepRow,
  vectorBytes,
} from './side';

export { seedSampling, setKnown, setLearning, setShape };

/** Beyond this the lazily scaled values lose their precision. */
const SCALE_MAX: f64 = 1000000;

let users = changetype<Side>(<usize>0);
let items = changetype<Side>(<usize>0);
let components: i32 = 0;

/** int32 each: users, items, order; float32 each: values, sample weights (0: all are 1). */
let userOf: usize = 0;
let itemOf: usize = 0;
let valueOf: usize = 0;
let weightOf: usize = 0;
let order: usize = 0;
let examples: i32 = 0;

let userBuffer: usize = 0;
let positiveBuffer: usize = 0;
let negativeBuffer: usize = 0;
let direction: usize = 0;
let candidates: usize = 0;

/** Doubles: the loss of a violation found at the n-th try; int32: held while everything is scaled down. */
let lossOfTry: usize = 0;
let tries: i32 = 0;
let lock: usize = 0;

export function setSides(usersAt: usize, itemsAt: usize, componentCount: i32): void {
  users = changetype<Side>(usersAt);
  items = changetype<Side>(itemsAt);
  components = componentCount;
}

export function setExamples(
  count: i32,
  usersAt: usize,
  itemsAt: usize,
  valuesAt: usize,
  weightsAt: usize,
  orderAt: usize,
): void {
  examples = count;
  userOf = usersAt;
  itemOf = itemsAt;
  valueOf = valuesAt;
  weightOf = weightsAt;
  order = orderAt;
}

export function setRanking(triesMax: i32, lossesAt: usize, lockAt: usize): void {
  tries = triesMax;
  lossOfTry = lossesAt;
  lock = lockAt;
}

/** Work space of this thread: 4 parts, then 8 bytes for each positive that k-OS draws. */
export function setScratch(at: usize): void {
  userBuffer = at;
  positiveBuffer = at + partBytes;
  negativeBuffer = at + 2 * partBytes;
  direction = at + 3 * partBytes;
  candidates = at + 4 * partBytes;
}

// @ts-ignore: decorator
@inline
function int32At(at: usize, index: i32): i32 {
  return load<i32>(at + ((<usize>index) << 2));
}

// @ts-ignore: decorator
@inline
function float32At(at: usize, index: i32): f32 {
  return load<f32>(at + ((<usize>index) << 2));
}

// @ts-ignore: decorator
@inline
function weightOfExample(example: i32): f32 {
  return weightOf == 0 ? <f32>1 : float32At(weightOf, example);
}

/** A value above 0 is a positive example, any other a negative one. */
export function fitLogistic(first: i32, end: i32): void {
  for (let i = first; i < end; i++) {
    const example = int32At(order, i);
    const user = int32At(userOf, example);
    const item = int32At(itemOf, example);
    const userRow = represent(users, user, userBuffer);
    const itemRow = represent(items, item, positiveBuffer);
    const target: f64 = float32At(valueOf, example) > 0 ? 1 : 0;
    const error = sigmoid(predict(userRow, itemRow)) - target;
    const loss = <f32>(<f64>weightOfExample(example) * error);
    // The user steps after the item, along what the item was before.
    memory.copy(direction, itemRow, vectorBytes);
    let rates = stepRow(items, item, userRow, loss, loss);
    rates += stepRow(users, user, direction, loss, loss);
    grow(rates, featureCount(items, item) + featureCount(users, user));
  }
}

export function fitBpr(first: i32, end: i32): void {
  for (let i = first; i < end; i++) {
    const example = int32At(order, i);
    if (!(float32At(valueOf, example) > 0)) continue;
    const user = int32At(userOf, example);
    const positive = int32At(itemOf, example);
    const negative = drawByPopularity(user);
    const userRow = represent(users, user, userBuffer);
    const positiveRow = represent(items, positive, positiveBuffer);
    const negativeRow = represent(items, negative, negativeBuffer);
    const lead = <f64>predict(userRow, positiveRow) - <f64>predict(userRow, negativeRow);
    const loss = <f32>(<f64>weightOfExample(example) * (1.0 - sigmoid(lead)));
    separate(user, positive, negative, userRow, positiveRow, negativeRow, loss);
  }
}

/** The item of a random example, unknown of the user if there is one to be found. */
function drawByPopularity(user: i32): i32 {
  let item = 0;
  for (let attempt = 0; attempt < examples; attempt++) {
    item = int32At(itemOf, below(examples));
    if (!isKnown(user, item)) break;
  }
  return item;
}

export function fitWarp(first: i32, end: i32): void {
  for (let i = first; i < end; i++) {
    const example = int32At(order, i);
    if (!(float32At(valueOf, example) > 0)) continue;
    const user = int32At(userOf, example);
    const positive = int32At(itemOf, example);
    const userRow = represent(users, user, userBuffer);
    const positiveRow = represent(items, positive, positiveBuffer);
    const limit = <f64>predict(userRow, positiveRow) - 1.0;
    separateFromViolation(user, positive, userRow, positiveRow, limit, weightOfExample(example));
  }
}

/** The positive is the k-th best of up to n drawn ones; only the examples' users count, not their values. */
export function fitWarpKos(first: i32, end: i32, k: i32, n: i32): void {
  for (let i = first; i < end; i++) {
    const user = int32At(userOf, int32At(order, i));
    const userRow = represent(users, user, userBuffer);
    const knownCount = knownStart(user + 1) - knownStart(user);
    if (knownCount == 0) continue;
    const drawn = min(n, knownCount);
    for (let j = 0; j < drawn; j++) {
      const item = knownItem(knownStart(user) + below(knownCount));
      insertCandidate(j, item, predictRow(userRow, items, item, positiveBuffer));
    }
    const chosen = candidates + ((<usize>(min(k, drawn) - 1)) << 3);
    const positive = load<i32>(chosen);
    const positiveRow = represent(items, positive, positiveBuffer);
    separateFromViolation(user, positive, userRow, positiveRow, <f64>load<f32>(chosen, 4) - 1.0, 1);
  }
}

/** Keeps candidates 0 … count in falling order of their prediction. */
function insertCandidate(count: i32, item: i32, prediction: f32): void {
  let at = candidates + ((<usize>count) << 3);
  for (; at > candidates && load<f32>(at - 4) < prediction; at -= 8) {
    store<u64>(at, load<u64>(at - 8));
  }
  store<i32>(at, item);
  store<f32>(at, prediction, 4);
}

/** Draws items until one that is not known scores above the limit; fewer tries stand for a worse rank. */
function separateFromViolation(
  user: i32,
  positive: i32,
  userRow: usize,
  positiveRow: usize,
  limit: f64,
  weight: f32,
): void {
  for (let attempt = 1; attempt <= tries; attempt++) {
    const negative = below(items.rows);
    if (<f64>predictRow(userRow, items, negative, negativeBuffer) <= limit) continue;
    if (isKnown(user, negative)) continue;
    const negativeRow = represent(items, negative, negativeBuffer);
    const loss = <f32>min(10.0, <f64>weight * load<f64>(lossOfTry + ((<usize>attempt) << 3)));
    separate(user, positive, negative, userRow, positiveRow, negativeRow, loss);
    return;
  }
}

/** The user's bias steps too, as in LightFM, though it cancels in every comparison of two items. */
function separate(
  user: i32,
  positive: i32,
  negative: i32,
  userRow: usize,
  positiveRow: usize,
  negativeRow: usize,
  loss: f32,
): void {
  for (let k: usize = 0; k < vectorBytes; k += 16) {
    v128.store(direction + k, f32x4.sub(v128.load(negativeRow + k), v128.load(positiveRow + k)));
  }
  let rates = stepRow(items, positive, userRow, -loss, -loss);
  rates += stepRow(items, negative, userRow, loss, loss);
  rates += stepRow(users, user, direction, loss, loss);
  const features =
    featureCount(items, positive) + featureCount(items, negative) + featureCount(users, user);
  grow(rates, features);
}

/**
 * Lazy regularisation, as LightFM has it: both sides' scales grow by the mean learning rate of the step, and multiply
 * every representation until they are settled.
 */
function grow(rates: f64, features: i32): void {
  if (users.alpha == 0 && items.alpha == 0) return;
  const mean = rates / <f64>((components + 1) * features);
  const userScale = load<f64>(users.scale) * (1.0 + <f64>users.alpha * mean);
  const itemScale = load<f64>(items.scale) * (1.0 + <f64>items.alpha * mean);
  store<f64>(users.scale, userScale);
  store<f64>(items.scale, itemScale);
  if (userScale <= SCALE_MAX && itemScale <= SCALE_MAX) return;
  // Whoever finds the lock taken leaves it to the other.
  if (atomic.cmpxchg<i32>(lock, 0, 1) != 0) return;
  settleScales();
  atomic.store<i32>(lock, 0);
}

/** Brings all features to their values. */
export function settleScales(): void {
  settle(users);
  settle(items);
}

/** 1 if the model still consists of finite numbers. */
export function isModelFinite(): i32 {
  return hasFiniteValues(users) & hasFiniteValues(items);
}
