/**
 * Users or items: blocks of features, and which features a row has. A row is the weighted sum of its features; without
 * a feature matrix it is the one feature of its own number, with weight 1.
 */
import { stepFeature } from './learning';

/** Bytes of the components, of a part with its bias, and of a feature's block. */
export let vectorBytes: usize = 0;
export let partBytes: usize = 0;
let blockBytes: usize = 0;

/** Addresses; `starts` is 0 without a feature matrix. */
@unmanaged
export class Side {
  rows: i32;
  features: i32;
  blocks: usize;
  starts: usize;
  indices: usize;
  weights: usize;
  /** A double shared by all threads: what lazy regularisation has scaled this side's touched features up by. */
  scale: usize;
  alpha: f32;
}

export function setShape(components: i32, parts: i32): void {
  vectorBytes = (<usize>((components + 3) & ~3)) << 2;
  partBytes = vectorBytes + 16;
  blockBytes = partBytes * <usize>parts;
}

// @ts-ignore: decorator
@inline
function startOf(side: Side, row: i32): usize {
  return load<u32>(side.starts + ((<usize>row) << 2));
}

/**
 * Where the row's representation stands (components, padding, bias): in `buffer`, or, if the row is just one feature,
 * in that feature itself. So it must not be read after the feature was stepped.
 */
export function represent(side: Side, row: i32, buffer: usize): usize {
  const scale = <f32>load<f64>(side.scale);
  if (side.starts == 0) {
    const block = side.blocks + <usize>row * blockBytes;
    if (scale == 1) return block;
    clear(buffer);
    addScaled(buffer, scale, block);
    return buffer;
  }
  const start = startOf(side, row);
  const end = startOf(side, row + 1);
  clear(buffer);
  for (let at = start; at < end; at++) {
    addScaled(buffer, load<f32>(side.weights + (at << 2)) * scale, blockAt(side, at));
  }
  return buffer;
}

// @ts-ignore: decorator
@inline
function blockAt(side: Side, at: usize): usize {
  return side.blocks + <usize>load<u32>(side.indices + (at << 2)) * blockBytes;
}

function clear(buffer: usize): void {
  for (let k: usize = 0; k < partBytes; k += 16) v128.store(buffer + k, f32x4.splat(0));
}

function addScaled(buffer: usize, factor: f32, part: usize): void {
  const scale = f32x4.splat(factor);
  for (let k: usize = 0; k < partBytes; k += 16) {
    v128.store(buffer + k, f32x4.add(v128.load(buffer + k), f32x4.mul(scale, v128.load(part + k))));
  }
}

/** Biases plus inner product. */
export function predict(user: usize, item: usize): f32 {
  let even = f32x4.mul(v128.load(user), v128.load(item));
  let odd = f32x4.splat(0);
  let k: usize = 16;
  for (; k + 32 <= vectorBytes; k += 32) {
    odd = f32x4.add(odd, f32x4.mul(v128.load(user + k), v128.load(item + k)));
    even = f32x4.add(even, f32x4.mul(v128.load(user + k, 16), v128.load(item + k, 16)));
  }
  if (k < vectorBytes) odd = f32x4.add(odd, f32x4.mul(v128.load(user + k), v128.load(item + k)));
  const sums = f32x4.add(even, odd);
  const pairs = f32x4.add(sums, v128.shuffle<f32>(sums, sums, 2, 3, 0, 1));
  const product = f32x4.extract_lane(pairs, 0) + f32x4.extract_lane(pairs, 1);
  return load<f32>(user + vectorBytes) + load<f32>(item + vectorBytes) + product;
}

/**
 * The prediction for a represented user and one of the items, of which most are only tried: a row that is just one feature
 * is not copied, whatever its scale.
 */
export function predictRow(user: usize, items: Side, row: i32, buffer: usize): f32 {
  if (items.starts != 0) return predict(user, represent(items, row, buffer));
  const scale = <f32>load<f64>(items.scale);
  const block = items.blocks + <usize>row * blockBytes;
  const bias = load<f32>(user + vectorBytes);
  // Biases and inner product are linear in the item; the user's bias alone is not scaled.
  return scale == 1 ? predict(user, block) : bias + scale * (predict(user, block) - bias);
}

/** Steps all features of a row; returns the sum of their learning rates if either side is regularised. */
export function stepRow(
  side: Side,
  row: i32,
  direction: usize,
  factor: f32,
  biasGradient: f32,
): f64 {
  if (side.starts == 0) {
    const block = side.blocks + <usize>row * blockBytes;
    return stepFeature(block, 1, direction, factor, biasGradient, side.alpha);
  }
  const start = startOf(side, row);
  const end = startOf(side, row + 1);
  let rates: f64 = 0;
  for (let at = start; at < end; at++) {
    const weight = load<f32>(side.weights + (at << 2));
    rates += stepFeature(blockAt(side, at), weight, direction, factor, biasGradient, side.alpha);
  }
  return rates;
}

export function featureCount(side: Side, row: i32): i32 {
  return side.starts == 0 ? 1 : <i32>(startOf(side, row + 1) - startOf(side, row));
}

/** Divides all embeddings and biases by the scale, which becomes 1. */
export function settle(side: Side): void {
  const scale = load<f64>(side.scale);
  if (scale == 1) return;
  const factor = f32x4.splat(<f32>(1.0 / scale));
  for (let f = 0; f < side.features; f++) {
    const block = side.blocks + <usize>f * blockBytes;
    for (let k: usize = 0; k < partBytes; k += 16) {
      v128.store(block + k, f32x4.mul(v128.load(block + k), factor));
    }
  }
  store<f64>(side.scale, 1);
}

/** 1 if every embedding and bias is a finite number. */
export function hasFiniteValues(side: Side): i32 {
  let zeros = f32x4.splat(0);
  for (let f = 0; f < side.features; f++) {
    const block = side.blocks + <usize>f * blockBytes;
    for (let k: usize = 0; k < partBytes; k += 16) {
      // 0·x is 0 for finite x only.
      zeros = f32x4.add(zeros, f32x4.mul(f32x4.splat(0), v128.load(block + k)));
    }
  }
  return v128.any_true(f32x4.ne(zeros, f32x4.splat(0))) ? 0 : 1;
}
