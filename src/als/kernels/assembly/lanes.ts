/**
 * Four float32 lanes at a time. Plain simd128 only: multiply and add are two rounded steps on every host, so
 * the same input gives the same bits everywhere (relaxed fused multiply-add would not).
 *
 * Rows of factors have a whole number of 8 floats ("stride", the rest is zero), so no loop has a tail.
 */

/** (sum of a, sum of b, sum of c, sum of d) */
// @ts-ignore: decorator
@inline
export function sumEach(a: v128, b: v128, c: v128, d: v128): v128 {
  const ab = f32x4.add(v128.shuffle<f32>(a, b, 0, 4, 1, 5), v128.shuffle<f32>(a, b, 2, 6, 3, 7));
  const cd = f32x4.add(v128.shuffle<f32>(c, d, 0, 4, 1, 5), v128.shuffle<f32>(c, d, 2, 6, 3, 7));
  return f32x4.add(v128.shuffle<f32>(ab, cd, 0, 1, 4, 5), v128.shuffle<f32>(ab, cd, 2, 3, 6, 7));
}

// @ts-ignore: decorator
@inline
export function sumLanes(a: v128): f32 {
  const pairs = f32x4.add(a, v128.shuffle<f32>(a, a, 2, 3, 0, 1));
  return f32x4.extract_lane(pairs, 0) + f32x4.extract_lane(pairs, 1);
}

/** Two doubles of the lower half of four floats. */
// @ts-ignore: decorator
@inline
export function lowDoubles(a: v128): v128 {
  return f64x2.promote_low_f32x4(a);
}

/** Two doubles of the upper half of four floats. */
// @ts-ignore: decorator
@inline
export function highDoubles(a: v128): v128 {
  return f64x2.promote_low_f32x4(v128.shuffle<f32>(a, a, 2, 3, 2, 3));
}

/** Inner product of two rows of `bytes` (a multiple of 32) bytes. */
// @ts-ignore: decorator
@inline
export function dot(a: usize, b: usize, bytes: usize): f32 {
  let even = f32x4.splat(0);
  let odd = f32x4.splat(0);
  for (let k: usize = 0; k < bytes; k += 32) {
    even = f32x4.add(even, f32x4.mul(v128.load(a + k), v128.load(b + k)));
    odd = f32x4.add(odd, f32x4.mul(v128.load(a + k, 16), v128.load(b + k, 16)));
  }
  return sumLanes(f32x4.add(even, odd));
}

/** y += factor·x over `bytes` (a multiple of 32) bytes. */
// @ts-ignore: decorator
@inline
export function addScaled(y: usize, factor: f32, x: usize, bytes: usize): void {
  const scale = f32x4.splat(factor);
  for (let k: usize = 0; k < bytes; k += 32) {
    v128.store(y + k, f32x4.add(v128.load(y + k), f32x4.mul(scale, v128.load(x + k))));
    v128.store(y + k, f32x4.add(v128.load(y + k, 16), f32x4.mul(scale, v128.load(x + k, 16))), 16);
  }
}
