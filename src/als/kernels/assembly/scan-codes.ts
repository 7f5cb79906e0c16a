// First pass of the exact top N over 8-bit item codes: which items could still reach a list?
//
// Items lie in panels of four; a panel holds, for each group of four factors, 16 bytes: four codes of
// each item. As i16 lanes, x << 8 is 256 times the codes of factors 0 and 2 of each item, and
// x & 0xff00 is 256 times those of factors 1 and 3: one instruction each instead of a sign extension,
// and i32x4.dot_i16x8_s sums a pair of products per item. The factor 256 is taken out of `factor`.
// The user's codes lie as pairs of i16 in the same order: (0, 2), (1, 3) of each group.
//
// An item is a candidate when  factor·scale·dot + errorFactor·error >= threshold  (all float32); the
// caller derives the constants so that this can never drop an item of the list.

const ODD: v128 = i16x8.splat(-256);

// @ts-ignore: decorator
@inline
function upperBound(dot: v128, scales: usize, errors: usize, at: usize, factor: v128, errorFactor: v128): v128 {
  const approx = f32x4.mul(f32x4.convert_i32x4_s(dot), f32x4.mul(v128.load(scales + at), factor));
  return f32x4.add(approx, f32x4.mul(v128.load(errors + at), errorFactor));
}

// A candidate is two words: its position, its dot product.
// @ts-ignore: decorator
@inline
function emit(mask: i32, dot: v128, position: i32, out: usize): usize {
  let next = out;
  if (mask & 1) { store<i32>(next, position); store<i32>(next, i32x4.extract_lane(dot, 0), 4); next += 8; }
  if (mask & 2) { store<i32>(next, position + 1); store<i32>(next, i32x4.extract_lane(dot, 1), 4); next += 8; }
  if (mask & 4) { store<i32>(next, position + 2); store<i32>(next, i32x4.extract_lane(dot, 2), 4); next += 8; }
  if (mask & 8) { store<i32>(next, position + 3); store<i32>(next, i32x4.extract_lane(dot, 3), 4); next += 8; }
  return next;
}

/**
 * Candidates of one user among positions from … to − 1 (from a multiple of 8, to of 8 as well).
 * `user` points to groups × 2 pairs, then f32 factor, errorFactor, threshold. Returns their number.
 */
export function scanForOne(codes: usize, scales: usize, errors: usize, groups: i32, from: i32, to: i32, user: usize, out: usize): i32 {
  const constants = user + (<usize>groups << 3);
  const factor = v128.load32_splat(constants);
  const errorFactor = v128.load32_splat(constants, 4);
  const threshold = v128.load32_splat(constants, 8);
  const panelBytes = <usize>groups << 4;
  let panel = codes + <usize>(from >> 2) * panelBytes;
  let next = out;
  for (let position = from; position < to; position += 8) {
    const second = panel + panelBytes;
    let a = i32x4.splat(0);
    let b = i32x4.splat(0);
    let pairs = user;
    let offset: usize = 0;
    for (; offset < panelBytes; offset += 16) {
      const even = v128.load32_splat(pairs);
      const odd = v128.load32_splat(pairs, 4);
      const x = v128.load(panel + offset);
      const y = v128.load(second + offset);
      a = i32x4.add(a, i32x4.dot_i16x8_s(i16x8.shl(x, 8), even));
      b = i32x4.add(b, i32x4.dot_i16x8_s(i16x8.shl(y, 8), even));
      a = i32x4.add(a, i32x4.dot_i16x8_s(v128.and(x, ODD), odd));
      b = i32x4.add(b, i32x4.dot_i16x8_s(v128.and(y, ODD), odd));
      pairs += 8;
    }
    const at = <usize>position << 2;
    const passA = f32x4.ge(upperBound(a, scales, errors, at, factor, errorFactor), threshold);
    const passB = f32x4.ge(upperBound(b, scales, errors, at + 16, factor, errorFactor), threshold);
    if (v128.any_true(v128.or(passA, passB))) {
      next = emit(i32x4.bitmask(passA), a, position, next);
      next = emit(i32x4.bitmask(passB), b, position + 4, next);
    }
    panel = second + panelBytes;
  }
  return <i32>((next - out) >> 3);
}

// @ts-ignore: decorator
@inline
function judge(a: v128, b: v128, scales: usize, errors: usize, position: i32, constants: usize, next: usize): usize {
  const at = <usize>position << 2;
  const factor = v128.load32_splat(constants);
  const errorFactor = v128.load32_splat(constants, 4);
  const threshold = v128.load32_splat(constants, 8);
  const passA = f32x4.ge(upperBound(a, scales, errors, at, factor, errorFactor), threshold);
  const passB = f32x4.ge(upperBound(b, scales, errors, at + 16, factor, errorFactor), threshold);
  if (!v128.any_true(v128.or(passA, passB))) return next;
  return emit(i32x4.bitmask(passB), b, position + 4, emit(i32x4.bitmask(passA), a, position, next));
}

/**
 * The same for four users at once. `users` points to the addresses of their four blocks (i32); their
 * candidates lie `outBytes` apart from `out`. Overwrites the addresses by the numbers of candidates.
 */
export function scanForFour(codes: usize, scales: usize, errors: usize, groups: i32, from: i32, to: i32, users: usize, out: usize, outBytes: usize): void {
  const panelBytes = <usize>groups << 4;
  const user0 = <usize>load<i32>(users);
  const user1 = <usize>load<i32>(users, 4);
  const user2 = <usize>load<i32>(users, 8);
  const user3 = <usize>load<i32>(users, 12);
  const constants = <usize>groups << 3;
  let next0 = out;
  let next1 = out + outBytes;
  let next2 = out + 2 * outBytes;
  let next3 = out + 3 * outBytes;
  let panel = codes + <usize>(from >> 2) * panelBytes;
  for (let position = from; position < to; position += 8) {
    const second = panel + panelBytes;
    let a0 = i32x4.splat(0), b0 = i32x4.splat(0);
    let a1 = i32x4.splat(0), b1 = i32x4.splat(0);
    let a2 = i32x4.splat(0), b2 = i32x4.splat(0);
    let a3 = i32x4.splat(0), b3 = i32x4.splat(0);
    let offset: usize = 0;
    let pairs: usize = 0;
    for (; offset < panelBytes; offset += 16) {
      const x = v128.load(panel + offset);
      const y = v128.load(second + offset);
      const xe = i16x8.shl(x, 8), ye = i16x8.shl(y, 8);
      const xo = v128.and(x, ODD), yo = v128.and(y, ODD);
      let pair = v128.load32_splat(user0 + pairs);
      a0 = i32x4.add(a0, i32x4.dot_i16x8_s(xe, pair));
      b0 = i32x4.add(b0, i32x4.dot_i16x8_s(ye, pair));
      pair = v128.load32_splat(user0 + pairs, 4);
      a0 = i32x4.add(a0, i32x4.dot_i16x8_s(xo, pair));
      b0 = i32x4.add(b0, i32x4.dot_i16x8_s(yo, pair));
      pair = v128.load32_splat(user1 + pairs);
      a1 = i32x4.add(a1, i32x4.dot_i16x8_s(xe, pair));
      b1 = i32x4.add(b1, i32x4.dot_i16x8_s(ye, pair));
      pair = v128.load32_splat(user1 + pairs, 4);
      a1 = i32x4.add(a1, i32x4.dot_i16x8_s(xo, pair));
      b1 = i32x4.add(b1, i32x4.dot_i16x8_s(yo, pair));
      pair = v128.load32_splat(user2 + pairs);
      a2 = i32x4.add(a2, i32x4.dot_i16x8_s(xe, pair));
      b2 = i32x4.add(b2, i32x4.dot_i16x8_s(ye, pair));
      pair = v128.load32_splat(user2 + pairs, 4);
      a2 = i32x4.add(a2, i32x4.dot_i16x8_s(xo, pair));
      b2 = i32x4.add(b2, i32x4.dot_i16x8_s(yo, pair));
      pair = v128.load32_splat(user3 + pairs);
      a3 = i32x4.add(a3, i32x4.dot_i16x8_s(xe, pair));
      b3 = i32x4.add(b3, i32x4.dot_i16x8_s(ye, pair));
      pair = v128.load32_splat(user3 + pairs, 4);
      a3 = i32x4.add(a3, i32x4.dot_i16x8_s(xo, pair));
      b3 = i32x4.add(b3, i32x4.dot_i16x8_s(yo, pair));
      pairs += 8;
    }
    next0 = judge(a0, b0, scales, errors, position, user0 + constants, next0);
    next1 = judge(a1, b1, scales, errors, position, user1 + constants, next1);
    next2 = judge(a2, b2, scales, errors, position, user2 + constants, next2);
    next3 = judge(a3, b3, scales, errors, position, user3 + constants, next3);
    panel = second + panelBytes;
  }
  store<i32>(users, <i32>((next0 - out) >> 3));
  store<i32>(users, <i32>((next1 - out - outBytes) >> 3), 4);
  store<i32>(users, <i32>((next2 - out - 2 * outBytes) >> 3), 8);
  store<i32>(users, <i32>((next3 - out - 3 * outBytes) >> 3), 12);
}

/**
 * 8-bit codes of `count` rows (float32, 4·groups columns, zero-padded) for positions from …:
 * y ≈ scale·code, error >= |y − scale·code|, both stored by position. Returns the largest |code| norm
 * squared, which bounds the scan's 32-bit sums.
 */
export function quantizeRows(rows: usize, count: i32, groups: i32, from: i32, codes: usize, scales: usize, errors: usize): f64 {
  const rowBytes = <usize>groups << 4;
  let largest: f64 = 0;
  for (let r = 0; r < count; r++) {
    const row = rows + <usize>r * rowBytes;
    let peak = f32x4.splat(0);
    for (let offset: usize = 0; offset < rowBytes; offset += 16) peak = f32x4.max(peak, f32x4.abs(v128.load(row + offset)));
    const max = Mathf.max(
      Mathf.max(f32x4.extract_lane(peak, 0), f32x4.extract_lane(peak, 1)),
      Mathf.max(f32x4.extract_lane(peak, 2), f32x4.extract_lane(peak, 3)));
    // Below this the reciprocal overflows: code 0, all of the row is error.
    const scale: f32 = max < 1e-30 ? 0 : max / 127;
    const inverse = f32x4.splat(max < 1e-30 ? 0 : 127 / max);
    const step = f64x2.splat(<f64>scale);
    const position = from + r;
    let out = codes + <usize>(position >> 2) * (<usize>groups << 4) + (<usize>(position & 3) << 2);
    let errorSum = f64x2.splat(0);
    let codeSum = i32x4.splat(0);
    for (let offset: usize = 0; offset < rowBytes; offset += 16) {
      const y = v128.load(row + offset);
      const code = i32x4.trunc_sat_f32x4_s(f32x4.nearest(f32x4.mul(y, inverse)));
      const narrow = i16x8.narrow_i32x4_s(code, code);
      codeSum = i32x4.add(codeSum, i32x4.dot_i16x8_s(narrow, narrow));
      store<i32>(out, i32x4.extract_lane(i8x16.narrow_i16x8_s(narrow, narrow), 0));
      out += 16;
      const low = f64x2.sub(f64x2.promote_low_f32x4(y), f64x2.mul(step, f64x2.convert_low_i32x4_s(code)));
      const high = f64x2.sub(
        f64x2.promote_low_f32x4(i8x16.shuffle(y, y, 8, 9, 10, 11, 12, 13, 14, 15, 8, 9, 10, 11, 12, 13, 14, 15)),
        f64x2.mul(step, f64x2.convert_low_i32x4_s(i8x16.shuffle(code, code, 8, 9, 10, 11, 12, 13, 14, 15, 8, 9, 10, 11, 12, 13, 14, 15))));
      errorSum = f64x2.add(errorSum, f64x2.add(f64x2.mul(low, low), f64x2.mul(high, high)));
    }
    // narrow holds each code twice.
    const codeNorm = <f64>(i32x4.extract_lane(codeSum, 0) + i32x4.extract_lane(codeSum, 1));
    if (codeNorm > largest) largest = codeNorm;
    const error = Math.sqrt(f64x2.extract_lane(errorSum, 0) + f64x2.extract_lane(errorSum, 1));
    store<f32>(scales + (<usize>position << 2), scale);
    // Rounded up: the factor covers the conversion to float32.
    store<f32>(errors + (<usize>position << 2), <f32>(error * 1.000001) + <f32>1e-38);
  }
  return largest;
}
