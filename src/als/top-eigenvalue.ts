import type { Gramian } from './model';

const ROUNDS = 100;

/**
 * Share of the trace that lies in the largest eigenvalue, 0 … 1, by power iteration from the diagonal. Near 1 the factors
 * have collapsed to one direction, as they do under too much regularisation. `gramian`: d × d, positive semi-definite.
 */
export function topEigenvalueShare(gramian: Gramian, d: number): number {
  let trace = 0;
  let vector = new Float64Array(d);
  for (let i = 0; i < d; i++) {
    trace += gramian[i * d + i]!;
    vector[i] = gramian[i * d + i]! + 1e-12;
  }
  if (trace <= 0) return 0;
  let eigenvalue = 0;
  for (let round = 0; round < ROUNDS; round++) {
    const next = multiply(gramian, vector, d);
    eigenvalue = Math.sqrt(dot(next, next) / dot(vector, vector));
    const length = Math.sqrt(dot(next, next));
    vector = next.map((value) => value / length);
  }
  return eigenvalue / trace;
}

function multiply(matrix: Gramian, vector: Float64Array, d: number): Float64Array<ArrayBuffer> {
  const product = new Float64Array(d);
  for (let i = 0; i < d; i++) product[i] = dot(matrix.subarray(i * d, (i + 1) * d), vector);
  return product;
}

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i]! * b[i]!;
  return sum;
}
