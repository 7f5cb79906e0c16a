/**
 * One row solved exactly, from its whole history, the fixed side given:
 *
 *   A x = Σ b_j·y_j,   A = a0·G + reg·I + Σ w_j·y_j·y_jᵀ
 *
 * A float32 factorisation, then refinement: the residual is taken in float64 from the interactions themselves,
 * so the answer is exact to float32 whatever the factorisation lost. Two factorisations:
 *
 * - long history: A itself (n·d² + d³/3 flop);
 * - history shorter than d, G diagonal (the model's own basis): with D = a0·Λ + reg and ŷ_j = √w_j·D^−½·y_j,
 *   K = I + ŶŶᵀ of order n (n²·d + n³/3), by the matrix inversion lemma.
 *
 * History arrives as byte offsets of factor rows, weights w and targets b.
 */
import { cholesky, solve } from './cholesky';
import { addScaled, dot, highDoubles, lowDoubles } from './lanes';
import { rankUpdate } from './rank-update';

const CHUNK = 64;
/** Refinement halves nothing away slowly: 8 rounds are reached only by matrices beyond float32. */
const ROUNDS_MAX = 8;

let order: i32 = 0;
let rowBytes: usize = 0;
let used: i32 = 0;
let factors: usize = 0;
let gramian: usize = 0;
let normal: usize = 0;
let inverse: usize = 0;
let weighted: usize = 0;
let gathered: usize = 0;
let solution: usize = 0;
let residual: usize = 0;
let step: usize = 0;
let root: usize = 0;
let small: usize = 0;
let transposed: usize = 0;
let smallStep: usize = 0;
let smallOrder: i32 = 0;

/** Bytes of work space that `beginFoldIn` lays out. */
export function foldInWorkBytes(stride: i32): usize {
  const row = (<usize>stride) << 2;
  return row * (3 * <usize>stride + 2 * CHUNK + 10);
}

/**
 * `stride`: floats a row, `factorCount` of them used; `gramianAt`: a0·G, stride × stride doubles, full.
 */
export function beginFoldIn(
  stride: i32,
  factorCount: i32,
  factorsAt: usize,
  gramianAt: usize,
  work: usize,
): void {
  order = stride;
  used = factorCount;
  rowBytes = (<usize>stride) << 2;
  factors = factorsAt;
  gramian = gramianAt;
  const square = rowBytes * <usize>stride;
  solution = work;
  residual = solution + 2 * rowBytes;
  inverse = residual + 2 * rowBytes;
  step = inverse + rowBytes;
  root = step + rowBytes;
  smallStep = root + rowBytes;
  weighted = smallStep + rowBytes;
  gathered = weighted + rowBytes * <usize>CHUNK;
  normal = gathered + rowBytes * <usize>CHUNK;
  small = normal + square;
  transposed = small + square;
}

/**
 * Solves for a history of `length`; writes `order` floats at `out`. Returns the refinement rounds, or −1 where the
 * matrix is not positive definite in float32.
 */
export function foldIn(
  offsets: usize,
  weights: usize,
  targets: usize,
  length: i32,
  reg: f64,
  short: bool,
  out: usize,
): i32 {
  if (short) {
    if (!factorShort(offsets, weights, length, reg)) return -1;
    startShort(weights, targets, length);
  } else {
    if (!factorNormal(offsets, weights, targets, length, reg)) return -1;
    solve(normal, order, inverse, step);
  }
  memory.fill(solution, 0, 2 * rowBytes);
  let rounds = 0;
  while (true) {
    const change = addStep();
    if (!(change > 1e-7)) break;
    if (rounds > 0 && change <= 1e-3) break;
    if (rounds == ROUNDS_MAX) return -1;
    rounds++;
    residualOfHistory(offsets, weights, targets, length, reg);
    if (short) applyShort();
    else solve(normal, order, inverse, step);
  }
  for (let k = 0; k < order; k++) {
    store<f32>(out + ((<usize>k) << 2), <f32>load<f64>(solution + ((<usize>k) << 3)));
  }
  return rounds;
}

/** solution += step; returns ‖step‖ / ‖solution‖. */
function addStep(): f64 {
  let stepSquare: f64 = 0;
  let square: f64 = 0;
  for (let k: usize = 0; k < <usize>order; k++) {
    const change = <f64>load<f32>(step + (k << 2));
    const value = load<f64>(solution + (k << 3)) + change;
    store<f64>(solution + (k << 3), value);
    stepSquare += change * change;
    square += value * value;
  }
  return square > 0 ? sqrt<f64>(stepSquare / square) : stepSquare;
}

/**
 * Builds A and the right-hand side, and factors A. Leaves the factorisation for `solveNormal`.
 */
export function factorNormal(
  offsets: usize,
  weights: usize,
  targets: usize,
  length: i32,
  reg: f64,
): bool {
  for (let i = 0; i < order; i++) {
    const row = normal + (<usize>i) * rowBytes;
    const from = gramian + (<usize>i) * 2 * rowBytes;
    for (let j = i & ~7; j < order; j++) {
      store<f32>(row + ((<usize>j) << 2), <f32>load<f64>(from + ((<usize>j) << 3)));
    }
    const diagonal = load<f64>(from + ((<usize>i) << 3)) + (i < used ? reg : 1);
    store<f32>(row + ((<usize>i) << 2), <f32>diagonal);
  }
  memory.fill(step, 0, rowBytes);
  for (let first = 0; first < length; first += CHUNK) {
    const at = (<usize>first) << 2;
    const size = min(CHUNK, length - first);
    gather(offsets + at, weights + at, targets + at, size);
    rankUpdate(weighted, gathered, size, rowBytes, normal, rowBytes, order);
  }
  return cholesky(normal, order, inverse);
}

/** Copies factor rows and their weighted forms side by side, and adds the right-hand side. */
function gather(offsets: usize, weights: usize, targets: usize, size: i32): void {
  for (let j = 0; j < size; j++) {
    const at = (<usize>j) << 2;
    const y = factors + <usize>load<u32>(offsets + at);
    const w = v128.load_splat<f32>(weights + at);
    const b = v128.load_splat<f32>(targets + at);
    const plain = gathered + (<usize>j) * rowBytes;
    const scaled = weighted + (<usize>j) * rowBytes;
    for (let k: usize = 0; k < rowBytes; k += 16) {
      const values = v128.load(y + k);
      v128.store(plain + k, values);
      v128.store(scaled + k, f32x4.mul(w, values));
      v128.store(step + k, f32x4.add(v128.load(step + k), f32x4.mul(b, values)));
    }
  }
}

/** Where `factorNormal` leaves U (order × order floats). */
export function normalAt(): usize {
  return normal;
}

/** Where `factorNormal` leaves 1/U_kk. */
export function inverseAt(): usize {
  return inverse;
}

/** x ← A⁻¹x in float32, after `factorNormal`. */
export function solveNormal(x: usize): void {
  solve(normal, order, inverse, x);
}

/** residual = Σ (b − w·yᵀx)·y − reg·x − a0·G·x in float64; also rounded into `step`. */
function residualOfHistory(
  offsets: usize,
  weights: usize,
  targets: usize,
  length: i32,
  reg: f64,
): void {
  residualOfGramian(reg);
  for (let j = 0; j < length; j++) {
    const at = (<usize>j) << 2;
    const y = factors + <usize>load<u32>(offsets + at);
    let low = f64x2.splat(0);
    let high = f64x2.splat(0);
    for (let k: usize = 0; k < rowBytes; k += 16) {
      const values = v128.load(y + k);
      low = f64x2.add(low, f64x2.mul(lowDoubles(values), v128.load(solution + 2 * k)));
      high = f64x2.add(high, f64x2.mul(highDoubles(values), v128.load(solution + 2 * k, 16)));
    }
    low = f64x2.add(low, high);
    const product = f64x2.extract_lane(low, 0) + f64x2.extract_lane(low, 1);
    const c = <f64>load<f32>(targets + at) - <f64>load<f32>(weights + at) * product;
    const cs = f64x2.splat(c);
    for (let k: usize = 0; k < rowBytes; k += 16) {
      const values = v128.load(y + k);
      const r = residual + 2 * k;
      v128.store(r, f64x2.add(v128.load(r), f64x2.mul(cs, lowDoubles(values))));
      v128.store(r, f64x2.add(v128.load(r, 16), f64x2.mul(cs, highDoubles(values))), 16);
    }
  }
  roundResidual();
}

function residualOfGramian(reg: f64): void {
  const bytes = rowBytes << 1;
  for (let i = 0; i < order; i++) {
    const row = gramian + (<usize>i) * bytes;
    let even = f64x2.splat(0);
    let odd = f64x2.splat(0);
    for (let k: usize = 0; k < bytes; k += 32) {
      even = f64x2.add(even, f64x2.mul(v128.load(row + k), v128.load(solution + k)));
      odd = f64x2.add(odd, f64x2.mul(v128.load(row + k, 16), v128.load(solution + k, 16)));
    }
    even = f64x2.add(even, odd);
    const product = f64x2.extract_lane(even, 0) + f64x2.extract_lane(even, 1);
    const at = (<usize>i) << 3;
    store<f64>(residual + at, -product - reg * load<f64>(solution + at));
  }
}

function roundResidual(): void {
  for (let k: usize = 0; k < <usize>order; k++) {
    store<f32>(step + (k << 2), <f32>load<f64>(residual + (k << 3)));
  }
}

/**
 * A history that is kept as a sum: `matrix` = Σ w·y·yᵀ (order × order doubles, full), `rhs` = Σ b·y (doubles).
 */
export function foldInSums(matrix: usize, rhs: usize, reg: f64, out: usize): i32 {
  for (let i = 0; i < order; i++) {
    const row = normal + (<usize>i) * rowBytes;
    const at = (<usize>i) * 2 * rowBytes;
    for (let j = i & ~7; j < order; j++) {
      const column = (<usize>j) << 3;
      const value = load<f64>(gramian + at + column) + load<f64>(matrix + at + column);
      store<f32>(row + ((<usize>j) << 2), <f32>(i == j ? value + (i < used ? reg : 1) : value));
    }
    store<f32>(step + ((<usize>i) << 2), <f32>load<f64>(rhs + ((<usize>i) << 3)));
  }
  if (!cholesky(normal, order, inverse)) return -1;
  solve(normal, order, inverse, step);
  memory.fill(solution, 0, 2 * rowBytes);
  let rounds = 0;
  while (true) {
    const change = addStep();
    if (!(change > 1e-7)) break;
    if (rounds > 0 && change <= 1e-3) break;
    if (rounds == ROUNDS_MAX) return -1;
    rounds++;
    residualOfGramian(reg);
    for (let i = 0; i < order; i++) {
      const row = matrix + (<usize>i) * 2 * rowBytes;
      let sum = load<f64>(residual + ((<usize>i) << 3)) + load<f64>(rhs + ((<usize>i) << 3));
      for (let j = 0; j < order; j++) {
        const column = (<usize>j) << 3;
        sum -= load<f64>(row + column) * load<f64>(solution + column);
      }
      store<f64>(residual + ((<usize>i) << 3), sum);
    }
    roundResidual();
    solve(normal, order, inverse, step);
  }
  for (let k = 0; k < order; k++) {
    store<f32>(out + ((<usize>k) << 2), <f32>load<f64>(solution + ((<usize>k) << 3)));
  }
  return rounds;
}

/** Ŷᵀ (order rows of n floats) and K = I + ŶŶᵀ, factored. */
function factorShort(offsets: usize, weights: usize, length: i32, reg: f64): bool {
  for (let k = 0; k < order; k++) {
    const value = load<f64>(gramian + ((<usize>(k * order + k)) << 3)) + reg;
    store<f32>(root + ((<usize>k) << 2), k < used && value > 0 ? <f32>(1.0 / sqrt<f64>(value)) : 0);
    if (k < used && !(value > 0)) return false;
  }
  smallOrder = (length + 7) & ~7;
  const smallBytes = (<usize>smallOrder) << 2;
  if (smallOrder > length) memory.fill(transposed, 0, smallBytes * <usize>order);
  let j = 0;
  for (; j + 4 <= length; j += 4) {
    const at = (<usize>j) << 2;
    transposeFour(
      factors + <usize>load<u32>(offsets + at),
      factors + <usize>load<u32>(offsets + at, 4),
      factors + <usize>load<u32>(offsets + at, 8),
      factors + <usize>load<u32>(offsets + at, 12),
      f32x4.sqrt(v128.load(weights + at)),
      transposed + at,
      smallBytes,
    );
  }
  for (; j < length; j++) {
    const at = (<usize>j) << 2;
    const y = factors + <usize>load<u32>(offsets + at);
    const scale = sqrt<f32>(load<f32>(weights + at));
    for (let k: usize = 0; k < <usize>order; k++) {
      const value = load<f32>(y + (k << 2)) * load<f32>(root + (k << 2)) * scale;
      store<f32>(transposed + k * smallBytes + at, value);
    }
  }
  memory.fill(small, 0, smallBytes * <usize>smallOrder);
  for (let k = 0; k < smallOrder; k++) {
    store<f32>(small + (<usize>k) * smallBytes + ((<usize>k) << 2), 1);
  }
  rankUpdate(transposed, transposed, order, smallBytes, small, smallBytes, smallOrder);
  return cholesky(small, smallOrder, inverse);
}

// @ts-ignore: decorator
@inline
function transposeFour(
  y0: usize,
  y1: usize,
  y2: usize,
  y3: usize,
  scale: v128,
  out: usize,
  outBytes: usize,
): void {
  for (let k: usize = 0; k < rowBytes; k += 16) {
    const d = v128.load(root + k);
    const a = f32x4.mul(v128.load(y0 + k), d);
    const b = f32x4.mul(v128.load(y1 + k), d);
    const c = f32x4.mul(v128.load(y2 + k), d);
    const e = f32x4.mul(v128.load(y3 + k), d);
    const abLow = v128.shuffle<f32>(a, b, 0, 4, 1, 5);
    const abHigh = v128.shuffle<f32>(a, b, 2, 6, 3, 7);
    const ceLow = v128.shuffle<f32>(c, e, 0, 4, 1, 5);
    const ceHigh = v128.shuffle<f32>(c, e, 2, 6, 3, 7);
    v128.store(out, f32x4.mul(scale, v128.shuffle<f32>(abLow, ceLow, 0, 1, 4, 5)));
    v128.store(out + outBytes, f32x4.mul(scale, v128.shuffle<f32>(abLow, ceLow, 2, 3, 6, 7)));
    v128.store(out + 2 * outBytes, f32x4.mul(scale, v128.shuffle<f32>(abHigh, ceHigh, 0, 1, 4, 5)));
    v128.store(out + 3 * outBytes, f32x4.mul(scale, v128.shuffle<f32>(abHigh, ceHigh, 2, 3, 6, 7)));
    out += 4 * outBytes;
  }
}

/** step ← D^−½Ŷᵀv with K v = b/√w. */
function startShort(weights: usize, targets: usize, length: i32): void {
  for (let j = 0; j < smallOrder; j++) {
    const at = (<usize>j) << 2;
    const value: f32 = j < length ? load<f32>(targets + at) / sqrt<f32>(load<f32>(weights + at)) : 0;
    store<f32>(smallStep + at, value);
  }
  solve(small, smallOrder, inverse, smallStep);
  const smallBytes = (<usize>smallOrder) << 2;
  for (let k: usize = 0; k < <usize>order; k++) {
    const sum = dot(transposed + k * smallBytes, smallStep, smallBytes);
    store<f32>(step + (k << 2), load<f32>(root + (k << 2)) * sum);
  }
}

/** step ← A⁻¹·step = D^−½(g − ŶᵀK⁻¹Ŷg), g = D^−½·step. */
function applyShort(): void {
  const smallBytes = (<usize>smallOrder) << 2;
  memory.fill(smallStep, 0, smallBytes);
  for (let k: usize = 0; k < <usize>order; k++) {
    const g: f32 = load<f32>(step + (k << 2)) * load<f32>(root + (k << 2));
    store<f32>(step + (k << 2), g);
    addScaled(smallStep, g, transposed + k * smallBytes, smallBytes);
  }
  solve(small, smallOrder, inverse, smallStep);
  for (let k: usize = 0; k < <usize>order; k++) {
    const at = step + (k << 2);
    const sum = dot(transposed + k * smallBytes, smallStep, smallBytes);
    store<f32>(at, load<f32>(root + (k << 2)) * (load<f32>(at) - sum));
  }
}
