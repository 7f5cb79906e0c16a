import { computeGramian, updateGramian } from '../../src/als/gramian';
import { Arena } from '../../src/als/kernels/arena';
import { allocateMemory, instantiateKernels } from '../../src/als/kernels/kernels';
import { mulberry32, normal } from '../../src/random';
import { denseGramian, relativeDifference } from '../support/dense-als';
import { randomFactors } from '../support/random-als';

describe('the Gramian', () => {
  it.each([
    [1, 1],
    [3, 10],
    [257, 24],
    [9000, 33],
  ])('of %d × %d factors is exact', (rows, d) => {
    const factors = randomFactors(mulberry32(d), rows, d);
    expect(relativeDifference(computeGramian(factors), denseGramian(factors))).toBeLessThan(1e-6);
  });

  it('follows rows that come, change and go', () => {
    const factors = randomFactors(mulberry32(2), 40, 9);
    const gramian = computeGramian(factors);
    const row = factors.values.subarray(9, 18);
    updateGramian(gramian, row, -1);
    row.fill(0.25);
    updateGramian(gramian, row, 1);
    expect(relativeDifference(gramian, computeGramian(factors))).toBeLessThan(1e-6);
  });
});

describe('the eigenbasis', () => {
  function decompose(matrix: Float64Array, order: number) {
    const arena = new Arena();
    const matrixAt = arena.take(8 * order * order);
    const valuesAt = arena.take(8 * order);
    const workAt = arena.take(8 * (order * order + 3 * order));
    const memory = allocateMemory(arena.bytes);
    const vectors = new Float64Array(memory.buffer, matrixAt, order * order);
    vectors.set(matrix);
    expect(instantiateKernels(memory).eigenbasis(matrixAt, order, valuesAt, workAt)).toBe(1);
    return { vectors, values: new Float64Array(memory.buffer, valuesAt, order) };
  }

  /** Σ_k λ_k·v_k·v_kᵀ */
  function recompose(vectors: Float64Array, values: Float64Array): Float64Array {
    const n = values.length;
    return Float64Array.from({ length: n * n }, (_, at) => {
      let sum = 0;
      for (let k = 0; k < n; k++) {
        sum += values[k]! * vectors[k * n + Math.floor(at / n)]! * vectors[k * n + (at % n)]!;
      }
      return sum;
    });
  }

  function symmetric(order: number, seed: number): Float64Array {
    const random = mulberry32(seed);
    const matrix = new Float64Array(order * order);
    for (let i = 0; i < order; i++) {
      for (let j = 0; j <= i; j++) {
        matrix[i * order + j] = normal(random);
        matrix[j * order + i] = matrix[i * order + j]!;
      }
    }
    return matrix;
  }

  it.each([8, 16, 24, 64, 136])('of %d × %d rebuilds the matrix', (order) => {
    const matrix = symmetric(order, order);
    const { vectors, values } = decompose(matrix, order);
    expect(relativeDifference(recompose(vectors, values), matrix)).toBeLessThan(1e-12);
    const ones = new Float64Array(order).fill(1);
    const identity = Float64Array.from({ length: order * order }, (_, at) =>
      at % (order + 1) === 0 ? 1 : 0,
    );
    expect(relativeDifference(recompose(vectors, ones), identity)).toBeLessThan(1e-12);
  });

  it('copes with zero, diagonal, and rank-1 matrices', () => {
    const order = 16;
    const zero = new Float64Array(order * order);
    const diagonal = zero.map((_, at) => (at % (order + 1) === 0 ? at : 0));
    const rankOne = zero.map((_, at) => (1 + Math.floor(at / order)) * (1 + (at % order)));
    for (const matrix of [zero, diagonal, rankOne]) {
      const { vectors, values } = decompose(matrix, order);
      expect(relativeDifference(recompose(vectors, values), matrix)).toBeLessThan(
        matrix === zero ? Number.MIN_VALUE : 1e-12,
      );
    }
  });
});
