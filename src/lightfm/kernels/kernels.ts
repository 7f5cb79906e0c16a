/** The compiled passes over examples: one module for the process, one instance a thread. */
import { readFileSync } from 'node:fs';
import { setFlagsFromString } from 'node:v8';
import { compiledPath } from '../../compiled-path';

/** A byte address in the instance's memory. */
type Address = number;

/** See assembly/fit.ts, side.ts, learning.ts and sampling.ts. */
export interface LightFmKernels {
  setShape(components: number, parts: number): void;
  setLearning(
    isAdadelta: number,
    learningRate: number,
    rho: number,
    epsilon: number,
    paddingLanes: number,
    isRegularised: number,
  ): void;
  setSides(users: Address, items: Address, components: number): void;
  setExamples(
    count: number,
    users: Address,
    items: Address,
    values: Address,
    weights: Address,
    order: Address,
  ): void;
  setKnown(starts: Address, items: Address): void;
  setRanking(tries: number, losses: Address, lock: Address): void;
  setScratch(at: Address): void;
  seedSampling(seed: number): void;
  fitLogistic(first: number, end: number): void;
  fitBpr(first: number, end: number): void;
  fitWarp(first: number, end: number): void;
  fitWarpKos(first: number, end: number, k: number, n: number): void;
  settleScales(): void;
  isModelFinite(): number;
}

let compiled: WebAssembly.Module | undefined;

/** Compiled on first use, by the optimising compiler at once. Can be handed to a worker thread. */
export function lightFmModule(): WebAssembly.Module {
  if (compiled === undefined) {
    setFlagsFromString('--no-liftoff');
    const file = compiledPath('src/lightfm/kernels/kernels.wasm');
    compiled = new WebAssembly.Module(readFileSync(file));
  }
  return compiled;
}

export function instantiateLightFm(
  memory: WebAssembly.Memory,
  module: WebAssembly.Module,
): LightFmKernels {
  const instance = new WebAssembly.Instance(module, { env: { memory } });
  return instance.exports as unknown as LightFmKernels;
}
