/**
 * Eigenvalues and eigenvectors of a symmetric matrix in float64: Householder tridiagonalisation, then implicit QL
 * (Bowdler, Martin, Reinsch, Wilkinson 1968; EISPACK tred2 and tql2), arranged so that every inner loop runs
 * along a row. Own code, since it runs twice an epoch: ml-matrix needs 20 times as long at 256 factors, and its
 * Math.hypot differs between engines, which would cost the same-bits promise.
 */

/**
 * `matrix`: order × order doubles (order even), destroyed; on return row k is the eigenvector of `values`[k], in no order.
 * `work`: order × order + 3·order doubles. False where QL does not converge within 60 sweeps a value.
 */
export function eigenbasis(matrix: usize, order: i32, values: usize, work: usize): bool {
  const n = <usize>order;
  const basis = work;
  const offDiagonal = work + ((n * n) << 3);
  const vector = offDiagonal + (n << 3);
  const product = vector + (n << 3);
  tridiagonalise(matrix, order, values, offDiagonal, vector, product);
  formBasis(matrix, order, offDiagonal, basis, vector, product);
  transpose(basis, matrix, order);
  return implicitQl(matrix, order, values, offDiagonal);
}

// @ts-ignore: decorator
@inline
function dotDoubles(a: usize, b: usize, length: i32): f64 {
  let sums = f64x2.splat(0);
  let sums2 = f64x2.splat(0);
  let k = 0;
  for (; k + 4 <= length; k += 4) {
    const at = (<usize>k) << 3;
    sums = f64x2.add(sums, f64x2.mul(v128.load(a + at), v128.load(b + at)));
    sums2 = f64x2.add(sums2, f64x2.mul(v128.load(a + at, 16), v128.load(b + at, 16)));
  }
  sums = f64x2.add(sums, sums2);
  let sum = f64x2.extract_lane(sums, 0) + f64x2.extract_lane(sums, 1);
  for (; k < length; k++) {
    sum += load<f64>(a + ((<usize>k) << 3)) * load<f64>(b + ((<usize>k) << 3));
  }
  return sum;
}

// @ts-ignore: decorator
@inline
function addScaledDoubles(y: usize, factor: f64, x: usize, length: i32): void {
  const scale = f64x2.splat(factor);
  let k = 0;
  for (; k + 2 <= length; k += 2) {
    const at = (<usize>k) << 3;
    v128.store(y + at, f64x2.add(v128.load(y + at), f64x2.mul(scale, v128.load(x + at))));
  }
  for (; k < length; k++) {
    const at = (<usize>k) << 3;
    store<f64>(y + at, load<f64>(y + at) + factor * load<f64>(x + at));
  }
}

/**
 * T = HᵀAH. Row k of the matrix keeps reflector k behind its diagonal (2vvᵀ/vᵀv with the scale in the vector:
 * v'v = 2), `values` gets T's diagonal, `offDiagonal`[k] its entry (k, k+1).
 */
function tridiagonalise(
  matrix: usize,
  order: i32,
  values: usize,
  offDiagonal: usize,
  vector: usize,
  product: usize,
): void {
  const rowBytes = (<usize>order) << 3;
  for (let k = 0; k < order - 1; k++) {
    const length = order - k - 1;
    const reflector = matrix + (<usize>k) * rowBytes + ((<usize>(k + 1)) << 3);
    store<f64>(values + ((<usize>k) << 3), load<f64>(reflector - 8));
    store<f64>(offDiagonal + ((<usize>k) << 3), reflect(reflector, length));
    const corner = reflector + rowBytes;
    for (let i = 0; i < length; i++) {
      store<f64>(product + ((<usize>i) << 3), dotDoubles(corner + (<usize>i) * rowBytes, reflector, length));
    }
    // A ← (I − vvᵀ)A(I − vvᵀ) = A − vwᵀ − wvᵀ with w = Av − ½(vᵀAv)v.
    addScaledDoubles(product, -0.5 * dotDoubles(product, reflector, length), reflector, length);
    for (let i = 0; i < length; i++) {
      const row = corner + (<usize>i) * rowBytes;
      const v = load<f64>(reflector + ((<usize>i) << 3));
      const w = load<f64>(product + ((<usize>i) << 3));
      subtractPair(row, v, product, w, reflector, length);
    }
  }
  const last = order - 1;
  store<f64>(values + ((<usize>last) << 3), load<f64>(matrix + (<usize>last) * rowBytes + ((<usize>last) << 3)));
  store<f64>(offDiagonal + ((<usize>last) << 3), 0);
}

// @ts-ignore: decorator
@inline
function subtractPair(row: usize, v: f64, product: usize, w: f64, reflector: usize, length: i32): void {
  const vs = f64x2.splat(v);
  const ws = f64x2.splat(w);
  let k = 0;
  for (; k + 2 <= length; k += 2) {
    const at = (<usize>k) << 3;
    const change = f64x2.add(
      f64x2.mul(vs, v128.load(product + at)),
      f64x2.mul(ws, v128.load(reflector + at)),
    );
    v128.store(row + at, f64x2.sub(v128.load(row + at), change));
  }
  for (; k < length; k++) {
    const at = (<usize>k) << 3;
    store<f64>(
      row + at,
      load<f64>(row + at) - (v * load<f64>(product + at) + w * load<f64>(reflector + at)),
    );
  }
}

/** Replaces x by v with vᵀv = 2 and (I − vvᵀ)x = (s, 0, …, 0); returns s. v = 0 where only x_0 may be non-zero. */
function reflect(x: usize, length: i32): f64 {
  const head = load<f64>(x);
  const tail = length > 1 ? dotDoubles(x + 8, x + 8, length - 1) : 0;
  if (tail == 0) {
    memory.fill(x, 0, (<usize>length) << 3);
    return head;
  }
  const norm = sqrt<f64>(head * head + tail);
  const result = head > 0 ? -norm : norm;
  const first = head - result;
  const scale = sqrt<f64>(2.0 / (first * first + tail));
  store<f64>(x, first);
  for (let k = 0; k < length; k++) {
    const at = x + ((<usize>k) << 3);
    store<f64>(at, load<f64>(at) * scale);
  }
  return result;
}

/** basis ← H_0·H_1·…, from the reflectors in the rows of `matrix`. */
function formBasis(
  matrix: usize,
  order: i32,
  offDiagonal: usize,
  basis: usize,
  vector: usize,
  product: usize,
): void {
  const rowBytes = (<usize>order) << 3;
  memory.fill(basis, 0, rowBytes * <usize>order);
  for (let k = 0; k < order; k++) {
    store<f64>(basis + (<usize>k) * rowBytes + ((<usize>k) << 3), 1);
  }
  for (let k = order - 2; k >= 0; k--) {
    const length = order - k - 1;
    const reflector = matrix + (<usize>k) * rowBytes + ((<usize>(k + 1)) << 3);
    const corner = basis + (<usize>(k + 1)) * rowBytes + ((<usize>(k + 1)) << 3);
    memory.fill(product, 0, (<usize>length) << 3);
    for (let i = 0; i < length; i++) {
      addScaledDoubles(product, load<f64>(reflector + ((<usize>i) << 3)), corner + (<usize>i) * rowBytes, length);
    }
    for (let i = 0; i < length; i++) {
      addScaledDoubles(corner + (<usize>i) * rowBytes, -load<f64>(reflector + ((<usize>i) << 3)), product, length);
    }
  }
}

function transpose(from: usize, to: usize, order: i32): void {
  const BLOCK = 16;
  for (let i0 = 0; i0 < order; i0 += BLOCK) {
    for (let j0 = 0; j0 < order; j0 += BLOCK) {
      for (let i = i0; i < min(order, i0 + BLOCK); i++) {
        for (let j = j0; j < min(order, j0 + BLOCK); j++) {
          store<f64>(to + ((<usize>(j * order + i)) << 3), load<f64>(from + ((<usize>(i * order + j)) << 3)));
        }
      }
    }
  }
}

/** Implicit QL with Wilkinson's shift; each rotation is applied to two neighbouring rows of `vectors`. */
function implicitQl(vectors: usize, order: i32, d: usize, e: usize): bool {
  for (let l = 0; l < order; l++) {
    for (let sweep = 0; ; sweep++) {
      const m = smallOffDiagonal(l, order, d, e);
      if (m == l) break;
      if (sweep == 60) return false;
      qlSweep(vectors, order, d, e, l, m);
    }
  }
  return true;
}

function smallOffDiagonal(l: i32, order: i32, d: usize, e: usize): i32 {
  let m = l;
  for (; m < order - 1; m++) {
    const size = abs(load<f64>(d + ((<usize>m) << 3))) + abs(load<f64>(d + ((<usize>(m + 1)) << 3)));
    if (abs(load<f64>(e + ((<usize>m) << 3))) <= 2.220446049250313e-16 * size) break;
  }
  return m;
}

function qlSweep(vectors: usize, order: i32, d: usize, e: usize, l: i32, m: i32): void {
  const rowBytes = (<usize>order) << 3;
  const dl = load<f64>(d + ((<usize>l) << 3));
  const el = load<f64>(e + ((<usize>l) << 3));
  let g = (load<f64>(d + ((<usize>(l + 1)) << 3)) - dl) / (2.0 * el);
  let r = sqrt<f64>(g * g + 1.0);
  g = load<f64>(d + ((<usize>m) << 3)) - dl + el / (g + (g >= 0 ? r : -r));
  let s = 1.0;
  let c = 1.0;
  let p = 0.0;
  let i = m - 1;
  for (; i >= l; i--) {
    const at = (<usize>i) << 3;
    const f = s * load<f64>(e + at);
    const b = c * load<f64>(e + at);
    r = sqrt<f64>(f * f + g * g);
    store<f64>(e + at, r, 8);
    if (r == 0) {
      store<f64>(d + at, load<f64>(d + at, 8) - p, 8);
      store<f64>(e + ((<usize>m) << 3), 0);
      break;
    }
    s = f / r;
    c = g / r;
    g = load<f64>(d + at, 8) - p;
    r = (load<f64>(d + at) - g) * s + 2.0 * c * b;
    p = s * r;
    store<f64>(d + at, g + p, 8);
    g = c * r - b;
    rotatePair(vectors + (<usize>i) * rowBytes, rowBytes, c, s);
  }
  if (r == 0 && i >= l) return;
  store<f64>(d + ((<usize>l) << 3), load<f64>(d + ((<usize>l) << 3)) - p);
  store<f64>(e + ((<usize>l) << 3), g);
  store<f64>(e + ((<usize>m) << 3), 0);
}

// @ts-ignore: decorator
@inline
function rotatePair(row: usize, rowBytes: usize, c: f64, s: f64): void {
  const cs = f64x2.splat(c);
  const ss = f64x2.splat(s);
  for (let at: usize = 0; at < rowBytes; at += 16) {
    const low = v128.load(row + at);
    const high = v128.load(row + rowBytes + at);
    v128.store(row + rowBytes + at, f64x2.add(f64x2.mul(ss, low), f64x2.mul(cs, high)));
    v128.store(row + at, f64x2.sub(f64x2.mul(cs, low), f64x2.mul(ss, high)));
  }
}
