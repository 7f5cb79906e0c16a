// The coarse codes of the exact top N: four bits for two factors, so that a sum of looked-up numbers bounds a score.
//
// An item's direction d (its row over its norm) is cut into pairs of factors; each pair is coded by the nearest of 16
// centroids c of that pair. With table[c] >= u·c the sum of the tables at the codes, and |u| times the stored length of
// d − c, is at least u·d (Cauchy and Schwarz). A table of 16 bytes is looked up for 16 items by one instruction.
//
// Items lie in panels of sixteen: for each four factors 16 bytes, the low nibbles the codes of the first pair. After
// André, Kermarrec and Le Scouarnec, "Cache locality is not enough" (VLDB 2015); there the sums are approximate.

/** Sum of four tables at the codes in two times 16 bytes; no entry is above 63. */
// @ts-ignore: decorator
@inline
function lookUp(panel: usize, table0: v128, table1: v128, table2: v128, table3: v128, nibble: v128): v128 {
  const a = v128.load(panel);
  const b = v128.load(panel, 16);
  return i8x16.add(
    i8x16.add(i8x16.swizzle(table0, v128.and(a, nibble)), i8x16.swizzle(table1, v128.and(i16x8.shr_u(a, 4), nibble))),
    i8x16.add(i8x16.swizzle(table2, v128.and(b, nibble)), i8x16.swizzle(table3, v128.and(i16x8.shr_u(b, 4), nibble))));
}

/** Which of 16 items reach `need`: `sums` holds low byte + 256·high byte of each pair of sums, `highs` the high ones. */
// @ts-ignore: decorator
@inline
function reaching(sums: v128, highs: v128, errors: usize, errorFactor: v128, need: v128): i32 {
  const error = v128.load(errors);
  const low = i16x8.splat(255);
  const evenError = i16x8.q15mulr_sat_s(i16x8.shl(v128.and(error, low), 7), errorFactor);
  const oddError = i16x8.q15mulr_sat_s(i16x8.shl(i16x8.shr_u(error, 8), 7), errorFactor);
  const even = i16x8.ge_u(i16x8.add(i16x8.sub(sums, i16x8.shl(highs, 8)), evenError), need);
  const odd = i16x8.ge_u(i16x8.add(highs, oddError), need);
  return i8x16.bitmask(v128.bitselect(even, odd, low));
}

/** The 8-bit codes lie in panels of four: a panel is listed by its first position if any of its items is among them. */
// @ts-ignore: decorator
@inline
function emit(mask: i32, position: i32, out: usize): usize {
  let next = out;
  if (mask & 0x000f) { store<i32>(next, position); next += 4; }
  if (mask & 0x00f0) { store<i32>(next, position + 4); next += 4; }
  if (mask & 0x0f00) { store<i32>(next, position + 8); next += 4; }
  if (mask & 0xf000) { store<i32>(next, position + 12); next += 4; }
  return next;
}

/**
 * Panels of four positions among from … to − 1 (multiples of 32) of which one may reach the user's threshold, to `out`;
 * returns their number.
 * `user` points to the tables (16 bytes for each pair of factors), then the factor of the errors (i32, a multiple
 * of 1/256 a step of theirs) and the sum to be reached (i32, at most 65,535).
 *
 * Read as two streams: they share the tables in registers, and the processor fetches ahead in each.
 */
export function scanCoarse(codes: usize, errors: usize, width: i32, from: i32, to: i32, user: usize, out: usize): i32 {
  const end = user + (<usize>width << 3);
  const errorFactor = v128.load16_splat(end);
  const need = v128.load16_splat(end, 4);
  const nibble = i8x16.splat(15);
  const half = (to - from) >> 1;
  let first = codes + (<usize>from >> 4) * (<usize>width << 2);
  let second = first + (<usize>half >> 4) * (<usize>width << 2);
  let next = out;
  for (let position = from; position < from + half; position += 16) {
    let sums0 = i16x8.splat(0), highs0 = i16x8.splat(0), sums1 = i16x8.splat(0), highs1 = i16x8.splat(0);
    for (let table = user; table < end; table += 64) {
      const table0 = v128.load(table), table1 = v128.load(table, 16), table2 = v128.load(table, 32), table3 = v128.load(table, 48);
      const found0 = lookUp(first, table0, table1, table2, table3, nibble);
      sums0 = i16x8.add(sums0, found0);
      highs0 = i16x8.add(highs0, i16x8.shr_u(found0, 8));
      const found1 = lookUp(second, table0, table1, table2, table3, nibble);
      sums1 = i16x8.add(sums1, found1);
      highs1 = i16x8.add(highs1, i16x8.shr_u(found1, 8));
      first += 32;
      second += 32;
    }
    const mask0 = reaching(sums0, highs0, errors + position, errorFactor, need);
    const mask1 = reaching(sums1, highs1, errors + position + half, errorFactor, need);
    if (mask0 | mask1) next = emit(mask1, position + half, emit(mask0, position, next));
  }
  return <i32>((next - out) >> 2);
}

// @ts-ignore: decorator
@inline
function products(x: v128, y: v128, centroids: usize): v128 {
  return f32x4.add(f32x4.mul(x, v128.load(centroids)), f32x4.mul(y, v128.load(centroids, 64)));
}

// @ts-ignore: decorator
@inline
function greatest(a: v128, b: v128, c: v128, d: v128): v128 {
  const four = f32x4.pmax(f32x4.pmax(a, b), f32x4.pmax(c, d));
  const two = f32x4.pmax(four, v128.shuffle<f32>(four, four, 2, 3, 0, 1));
  return f32x4.pmax(two, v128.shuffle<f32>(two, two, 1, 0, 3, 2));
}

// @ts-ignore: decorator
@inline
function least(a: v128, b: v128, c: v128, d: v128): v128 {
  const four = f32x4.pmin(f32x4.pmin(a, b), f32x4.pmin(c, d));
  const two = f32x4.pmin(four, v128.shuffle<f32>(four, four, 2, 3, 0, 1));
  return f32x4.pmin(two, v128.shuffle<f32>(two, two, 1, 0, 3, 2));
}

/** The widest range that the products of a user (float32, `width`) with the 16 centroids of a pair have. */
export function widestRange(user: usize, width: i32, centroids: usize): f32 {
  let widest = f32x4.splat(0);
  let at = centroids;
  for (let pair = user; pair < user + (<usize>width << 2); pair += 8) {
    const x = v128.load32_splat(pair), y = v128.load32_splat(pair, 4);
    const a = products(x, y, at), b = products(x, y, at + 16), c = products(x, y, at + 32), d = products(x, y, at + 48);
    widest = f32x4.pmax(widest, f32x4.sub(greatest(a, b, c, d), least(a, b, c, d)));
    at += 192;
  }
  return f32x4.extract_lane(widest, 0);
}

// @ts-ignore: decorator
@inline
function entries(products: v128, base: v128, perStep: v128): v128 {
  // A hundredth of a step more than float32 can cost here; what lies under the base becomes 0.
  const steps = f32x4.add(f32x4.mul(f32x4.sub(products, base), perStep), f32x4.splat(0.01));
  return i32x4.trunc_sat_f32x4_u(f32x4.ceil(steps));
}

/**
 * Tables of a user: base + step·entry >= product with the centroid, 0 <= entry <= 63, the base at least the greatest
 * product less 62.9 steps. Returns the sum of the bases.
 */
export function writeTables(user: usize, width: i32, centroids: usize, step: f32, tables: usize): f64 {
  const perStep = f32x4.splat(1 / step);
  const span = f32x4.splat(62.9 * step);
  let bases: f64 = 0;
  let at = centroids;
  let out = tables;
  for (let pair = user; pair < user + (<usize>width << 2); pair += 8) {
    const x = v128.load32_splat(pair), y = v128.load32_splat(pair, 4);
    const a = products(x, y, at), b = products(x, y, at + 16), c = products(x, y, at + 32), d = products(x, y, at + 48);
    const base = f32x4.pmax(least(a, b, c, d), f32x4.sub(greatest(a, b, c, d), span));
    bases += <f64>f32x4.extract_lane(base, 0);
    const first = i16x8.narrow_i32x4_u(entries(a, base, perStep), entries(b, base, perStep));
    const second = i16x8.narrow_i32x4_u(entries(c, base, perStep), entries(d, base, perStep));
    v128.store(out, i8x16.min_u(i8x16.narrow_i16x8_u(first, second), i8x16.splat(63)));
    at += 192;
    out += 16;
  }
  return bases;
}

/** For each of four pairs (x, y) the largest x·cx + y·cy − |c|²/2 of 16 centroids, its lowest four bits that centroid's number. */
// @ts-ignore: decorator
@inline
function nearest(x: v128, y: v128, centroids: usize): v128 {
  const cut = i32x4.splat(~15);
  let best = f32x4.splat(-3e38);
  for (let c = 0; c < 16; c++) {
    const at = centroids + (<usize>c << 2);
    const product = f32x4.add(f32x4.mul(x, v128.load32_splat(at)), f32x4.mul(y, v128.load32_splat(at, 64)));
    const value = f32x4.add(product, v128.load32_splat(at, 128));
    best = f32x4.pmax(best, v128.or(v128.and(value, cut), i32x4.splat(c)));
  }
  return best;
}

/**
 * Coarse codes of `count` rows (a multiple of 16; float32, `width` columns) for positions from …. `inverses`: one over
 * each row's norm. `centroids`: for each pair of factors 16 x, 16 y, 16 times −(x² + y²)/2, float32. The stored error times the
 * step is at least |d − c|: 10⁻⁴ of its square is well above what float32 costs here.
 */
export function encodeCoarse(rows: usize, count: i32, width: i32, from: i32, inverses: usize, centroids: usize, codes: usize, errors: usize, stepsPerUnit: f32): void {
  const rowBytes = <usize>width << 2;
  const index = i32x4.splat(15);
  for (let r = 0; r < count; r += 4) {
    let row = rows + <usize>r * rowBytes;
    const position = from + r;
    const inverse = v128.load(inverses + (<usize>r << 2));
    let out = codes + (<usize>position >> 4) * rowBytes + (<usize>position & 15);
    let squares = f32x4.splat(0);
    let centroid = centroids;
    for (let offset: usize = 0; offset < rowBytes; offset += 16) {
      const y0 = v128.load(row), y1 = v128.load(row + rowBytes), y2 = v128.load(row + 2 * rowBytes), y3 = v128.load(row + 3 * rowBytes);
      const low01 = v128.shuffle<f32>(y0, y1, 0, 4, 1, 5), high01 = v128.shuffle<f32>(y0, y1, 2, 6, 3, 7);
      const low23 = v128.shuffle<f32>(y2, y3, 0, 4, 1, 5), high23 = v128.shuffle<f32>(y2, y3, 2, 6, 3, 7);
      const d0 = f32x4.mul(inverse, v128.shuffle<f32>(low01, low23, 0, 1, 4, 5));
      const d1 = f32x4.mul(inverse, v128.shuffle<f32>(low01, low23, 2, 3, 6, 7));
      const d2 = f32x4.mul(inverse, v128.shuffle<f32>(high01, high23, 0, 1, 4, 5));
      const d3 = f32x4.mul(inverse, v128.shuffle<f32>(high01, high23, 2, 3, 6, 7));
      const a = nearest(d0, d1, centroid);
      const b = nearest(d2, d3, centroid + 192);
      const lengths = f32x4.add(f32x4.add(f32x4.mul(d0, d0), f32x4.mul(d1, d1)), f32x4.add(f32x4.mul(d2, d2), f32x4.mul(d3, d3)));
      squares = f32x4.add(squares, f32x4.sub(lengths, f32x4.mul(f32x4.splat(2), f32x4.add(a, b))));
      const bytes = v128.or(v128.and(a, index), i32x4.shl(v128.and(b, index), 4));
      const narrow = i16x8.narrow_i32x4_u(bytes, bytes);
      store<i32>(out, i32x4.extract_lane(i8x16.narrow_i16x8_u(narrow, narrow), 0));
      out += 16;
      row += 16;
      centroid += 384;
    }
    const length = f32x4.sqrt(f32x4.add(f32x4.max(squares, f32x4.splat(0)), f32x4.splat(1e-4)));
    const steps = i32x4.trunc_sat_f32x4_u(f32x4.ceil(f32x4.mul(length, f32x4.splat(stepsPerUnit))));
    const narrow = i16x8.narrow_i32x4_u(steps, steps);
    store<i32>(errors + position, i32x4.extract_lane(i8x16.narrow_i16x8_u(narrow, narrow), 0));
  }
}
