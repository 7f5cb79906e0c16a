// First pass of the exact top N over 8-bit item codes: which items could still reach a list?
//
// Items lie in panels of four; a panel holds, for each group of four factors, 16 bytes: four codes of
// each item. As i16 lanes, x << 8 is 256 times the codes of factors 0 and 2 of each item. x itself is
// 256 times those of factors 1 and 3 plus the byte below, which therefore counts as a part of them: a
// code of factor 1 or 3 is c + (the byte below it)/256, and is rounded with that in mind, so it is as
// close to its value as any other. i32x4.dot_i16x8_s then sums a pair of products per item. The factor
// 256 is taken out of `factor`. The user's codes lie as pairs of i16 in the same order: (0, 2), (1, 3)
// of each group.
//
// An item is a candidate when  factor·scale·dot + errorFactor·error >= threshold  (all float32); the
// caller derives the constants so that this can never drop an item of the list.

import { highDoubles, lowDoubles, sumLanes } from './lanes';

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

// @ts-ignore: decorator
@inline
function addGroup(sum: v128, codes: v128, even: v128, odd: v128): v128 {
  const withEven = i32x4.add(sum, i32x4.dot_i16x8_s(i16x8.shl(codes, 8), even));
  return i32x4.add(withEven, i32x4.dot_i16x8_s(codes, odd));
}

/**
 * Candidates of one user among positions from … to − 1 (both multiples of 16), `groups` even.
 * `user` points to groups × 2 pairs, then f32 factor, errorFactor, threshold. Returns their number.
 *
 * The positions are read as four streams, a quarter of them each: the processor fetches ahead within
 * each, and what a single stream leaves of the memory's speed is half.
 */
export function scanForOne(codes: usize, scales: usize, errors: usize, groups: i32, from: i32, to: i32, user: usize, out: usize): i32 {
  const end = user + (<usize>groups << 3);
  const factor = v128.load32_splat(end);
  const errorFactor = v128.load32_splat(end, 4);
  const threshold = v128.load32_splat(end, 8);
  const panelBytes = <usize>groups << 4;
  const quarter = (to - from) >> 2;
  const streamBytes = <usize>(quarter >> 2) * panelBytes;
  let panel = codes + <usize>(from >> 2) * panelBytes;
  let next = out;
  for (let position = from; position < from + quarter; position += 4) {
    let sum0 = i32x4.splat(0);
    let sum1 = i32x4.splat(0);
    let sum2 = i32x4.splat(0);
    let sum3 = i32x4.splat(0);
    let at0 = panel;
    let at1 = at0 + streamBytes;
    let at2 = at1 + streamBytes;
    let at3 = at2 + streamBytes;
    for (let pairs = user; pairs < end; pairs += 16) {
      let even = v128.load32_splat(pairs);
      let odd = v128.load32_splat(pairs, 4);
      sum0 = addGroup(sum0, v128.load(at0), even, odd);
      sum1 = addGroup(sum1, v128.load(at1), even, odd);
      sum2 = addGroup(sum2, v128.load(at2), even, odd);
      sum3 = addGroup(sum3, v128.load(at3), even, odd);
      even = v128.load32_splat(pairs, 8);
      odd = v128.load32_splat(pairs, 12);
      sum0 = addGroup(sum0, v128.load(at0, 16), even, odd);
      sum1 = addGroup(sum1, v128.load(at1, 16), even, odd);
      sum2 = addGroup(sum2, v128.load(at2, 16), even, odd);
      sum3 = addGroup(sum3, v128.load(at3, 16), even, odd);
      at0 += 32;
      at1 += 32;
      at2 += 32;
      at3 += 32;
    }
    const at = <usize>position << 2;
    const apart = <usize>quarter << 2;
    const pass0 = f32x4.ge(upperBound(sum0, scales, errors, at, factor, errorFactor), threshold);
    const pass1 = f32x4.ge(upperBound(sum1, scales, errors, at + apart, factor, errorFactor), threshold);
    const pass2 = f32x4.ge(upperBound(sum2, scales, errors, at + 2 * apart, factor, errorFactor), threshold);
    const pass3 = f32x4.ge(upperBound(sum3, scales, errors, at + 3 * apart, factor, errorFactor), threshold);
    if (v128.any_true(v128.or(v128.or(pass0, pass1), v128.or(pass2, pass3)))) {
      next = emit(i32x4.bitmask(pass0), sum0, position, next);
      next = emit(i32x4.bitmask(pass1), sum1, position + quarter, next);
      next = emit(i32x4.bitmask(pass2), sum2, position + 2 * quarter, next);
      next = emit(i32x4.bitmask(pass3), sum3, position + 3 * quarter, next);
    }
    panel += panelBytes;
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

/** The same of `count` listed panels: each i32 of `list` is a panel's first position. */
export function scanListed(codes: usize, scales: usize, errors: usize, groups: i32, list: usize, count: i32, user: usize, out: usize): i32 {
  const end = user + (<usize>groups << 3);
  const factor = v128.load32_splat(end);
  const errorFactor = v128.load32_splat(end, 4);
  const threshold = v128.load32_splat(end, 8);
  const panelBytes = <usize>groups << 4;
  let next = out;
  for (let c = 0; c < count; c++) {
    const position = load<i32>(list + (<usize>c << 2));
    let panel = codes + <usize>(position >> 2) * panelBytes;
    let sum0 = i32x4.splat(0);
    let sum1 = i32x4.splat(0);
    for (let pairs = user; pairs < end; pairs += 16) {
      sum0 = addGroup(sum0, v128.load(panel), v128.load32_splat(pairs), v128.load32_splat(pairs, 4));
      sum1 = addGroup(sum1, v128.load(panel, 16), v128.load32_splat(pairs, 8), v128.load32_splat(pairs, 12));
      panel += 32;
    }
    const sum = i32x4.add(sum0, sum1);
    const pass = f32x4.ge(upperBound(sum, scales, errors, <usize>position << 2, factor, errorFactor), threshold);
    if (v128.any_true(pass)) next = emit(i32x4.bitmask(pass), sum, position, next);
  }
  return <i32>((next - out) >> 3);
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
      let pair = v128.load32_splat(user0 + pairs);
      a0 = i32x4.add(a0, i32x4.dot_i16x8_s(xe, pair));
      b0 = i32x4.add(b0, i32x4.dot_i16x8_s(ye, pair));
      pair = v128.load32_splat(user0 + pairs, 4);
      a0 = i32x4.add(a0, i32x4.dot_i16x8_s(x, pair));
      b0 = i32x4.add(b0, i32x4.dot_i16x8_s(y, pair));
      pair = v128.load32_splat(user1 + pairs);
      a1 = i32x4.add(a1, i32x4.dot_i16x8_s(xe, pair));
      b1 = i32x4.add(b1, i32x4.dot_i16x8_s(ye, pair));
      pair = v128.load32_splat(user1 + pairs, 4);
      a1 = i32x4.add(a1, i32x4.dot_i16x8_s(x, pair));
      b1 = i32x4.add(b1, i32x4.dot_i16x8_s(y, pair));
      pair = v128.load32_splat(user2 + pairs);
      a2 = i32x4.add(a2, i32x4.dot_i16x8_s(xe, pair));
      b2 = i32x4.add(b2, i32x4.dot_i16x8_s(ye, pair));
      pair = v128.load32_splat(user2 + pairs, 4);
      a2 = i32x4.add(a2, i32x4.dot_i16x8_s(x, pair));
      b2 = i32x4.add(b2, i32x4.dot_i16x8_s(y, pair));
      pair = v128.load32_splat(user3 + pairs);
      a3 = i32x4.add(a3, i32x4.dot_i16x8_s(xe, pair));
      b3 = i32x4.add(b3, i32x4.dot_i16x8_s(ye, pair));
      pair = v128.load32_splat(user3 + pairs, 4);
      a3 = i32x4.add(a3, i32x4.dot_i16x8_s(x, pair));
      b3 = i32x4.add(b3, i32x4.dot_i16x8_s(y, pair));
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
 * y ≈ scale·code, error >= |y − scale·code|, both stored by position; code with what the byte below adds to it.
 * Returns the largest |code| norm squared, which bounds the scan's 32-bit sums.
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
    let out = codes + <usize>(position >> 2) * rowBytes + (<usize>(position & 3) << 2);
    let errorSum = f64x2.splat(0);
    let codeSum = f32x4.splat(0);
    for (let offset: usize = 0; offset < rowBytes; offset += 16) {
      const y = v128.load(row + offset);
      const value = f32x4.mul(y, inverse);
      const below = bytesBelow(value);
      const whole = i32x4.trunc_sat_f32x4_s(f32x4.nearest(f32x4.sub(value, below)));
      const narrow = i16x8.narrow_i32x4_s(whole, whole);
      store<i32>(out, i32x4.extract_lane(i8x16.narrow_i16x8_s(narrow, narrow), 0));
      out += 16;
      // Exact: at most 16 bits.
      const code = f32x4.add(f32x4.convert_i32x4_s(whole), below);
      codeSum = f32x4.add(codeSum, f32x4.mul(code, code));
      const low = f64x2.sub(lowDoubles(y), f64x2.mul(step, lowDoubles(code)));
      const high = f64x2.sub(highDoubles(y), f64x2.mul(step, highDoubles(code)));
      errorSum = f64x2.add(errorSum, f64x2.add(f64x2.mul(low, low), f64x2.mul(high, high)));
    }
    const codeNorm = <f64>sumLanes(codeSum) * 1.0001;
    if (codeNorm > largest) largest = codeNorm;
    const error = Math.sqrt(f64x2.extract_lane(errorSum, 0) + f64x2.extract_lane(errorSum, 1));
    store<f32>(scales + (<usize>position << 2), scale);
    // Rounded up: the factor covers the conversion to float32.
    store<f32>(errors + (<usize>position << 2), <f32>(error * 1.000001) + <f32>1e-38);
  }
  return largest;
}

/** What the bytes of factors 0 and 2 add to the codes of factors 1 and 3: (0, b0/256, 0, b2/256), bytes unsigned. */
// @ts-ignore: decorator
@inline
function bytesBelow(value: v128): v128 {
  const even = v128.and(i32x4.trunc_sat_f32x4_s(f32x4.nearest(value)), i32x4.splat(255));
  const parts = f32x4.mul(f32x4.convert_i32x4_s(even), f32x4.splat(1.0 / 256));
  return v128.shuffle<f32>(parts, f32x4.splat(0), 4, 0, 4, 2);
}
