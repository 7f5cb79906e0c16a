/**
 * The one shared memory of a run of `fit`: both sides' features as blocks, the examples, and each thread's work space.
 *
 *   bytes ≈ (8 or, with adadelta, 12)·(components + 8)·features + 24·examples
 */

import { Arena } from '../als/kernels/arena';
import { allocateMemory, MEMORY_BYTES_MAX } from '../als/kernels/kernels';
import type { FactorMatrix, SparseRows } from '../als/model';
import { SegueError } from '../errors';
import type { LightFmOptions } from './light-fm-options';
import { TWISTER_WORDS } from './mersenne-twister';
import type { SideState } from './model-state';

/** What a run learns from. Feature matrices are rows × features; undefined: each row is its own feature. */
export interface FitData {
  /** Users × items; values above 0 are positive, others negative. Items ascending within a row. */
  readonly interactions: SparseRows;
  readonly userFeatures: SparseRows | undefined;
  readonly itemFeatures: SparseRows | undefined;
  /** One an interaction, in their order. */
  readonly sampleWeight: Float32Array | undefined;
}

export interface SideLayout {
  /** Where the kernel finds all of the following. */
  readonly at: number;
  readonly features: number;
  readonly blocksAt: number;
  /** Offsets from 0 into uint32s; 0: no feature matrix. */
  readonly startsAt: number;
  readonly indicesAt: number;
  readonly weightsAt: number;
  /** Double. */
  readonly scaleAt: number;
}

export interface FitLayout {
  readonly users: SideLayout;
  readonly items: SideLayout;
  /** Parts of a feature's block: 2, with adadelta 3. */
  readonly parts: number;
  /** Floats of a part: components padded to groups of 4, then the bias and three zeros. */
  readonly partFloats: number;
  readonly examples: number;
  readonly usersAt: number;
  readonly itemsAt: number;
  readonly valuesAt: number;
  /** 0: all weights are 1. */
  readonly sampleWeightsAt: number;
  readonly knownStartsAt: number;
  readonly orderAt: number;
  readonly lossesAt: number;
  readonly twisterAt: number;
  readonly seedsAt: number;
  readonly lockAt: number;
  readonly controlAt: number;
  readonly scratchAt: number;
  readonly scratchBytes: number;
  readonly bytes: number;
}

/** Bytes of the kernel's Side record. */
const SIDE_BYTES = 32;

/** Throws MEMORY_EXCEEDED beyond 4 GiB. */
export function layOutFit(data: FitData, options: LightFmOptions, threads: number): FitLayout {
  const { interactions, userFeatures, itemFeatures, sampleWeight } = data;
  const arena = new Arena();
  const partFloats = paddedComponents(options.noComponents) + 4;
  const parts = options.learningSchedule === 'adadelta' ? 3 : 2;
  const blockBytes = 4 * partFloats * parts;
  const examples = interactions.indices.length;
  // 4 parts, and the positives that k-OS draws.
  const scratchBytes = 64 * Math.ceil((16 * partFloats + 8 * options.n) / 64);
  const layout = {
    users: layOutSide(arena, userFeatures, interactions.rows, blockBytes),
    items: layOutSide(arena, itemFeatures, interactions.columns, blockBytes),
    parts,
    partFloats,
    examples,
    usersAt: arena.take(4 * examples),
    itemsAt: arena.take(4 * examples),
    valuesAt: arena.take(4 * examples),
    sampleWeightsAt: sampleWeight === undefined ? 0 : arena.take(4 * examples),
    knownStartsAt: arena.take(4 * (interactions.rows + 1)),
    orderAt: arena.take(4 * examples),
    lossesAt: arena.take(8 * (options.maxSampled + 1)),
    twisterAt: arena.take(4 * TWISTER_WORDS),
    seedsAt: arena.take(4 * threads),
    lockAt: arena.take(4),
    controlAt: arena.take(64),
    scratchBytes,
    scratchAt: arena.take(scratchBytes * threads),
  };
  assertFits(arena.bytes);
  return { ...layout, bytes: arena.bytes };
}

function assertFits(bytes: number): void {
  if (bytes <= MEMORY_BYTES_MAX) return;
  throw new SegueError(
    'MEMORY_EXCEEDED',
    `LightFM needs ${(bytes / 2 ** 30).toFixed(2)} GiB for features and interactions; ` +
      'at most 4 GiB are there. Lower noComponents, or filter features or interactions.',
  );
}

function layOutSide(
  arena: Arena,
  matrix: SparseRows | undefined,
  rows: number,
  blockBytes: number,
): SideLayout {
  const features = matrix?.columns ?? rows;
  return {
    at: arena.take(SIDE_BYTES),
    features,
    blocksAt: arena.take(blockBytes * features),
    startsAt: matrix ? arena.take(4 * (matrix.rows + 1)) : 0,
    indicesAt: matrix ? arena.take(4 * matrix.indices.length) : 0,
    weightsAt: matrix ? arena.take(4 * matrix.indices.length) : 0,
    scaleAt: arena.take(8),
  };
}

export function paddedComponents(components: number): number {
  return (components + 3) & ~3;
}

export interface FilledFit {
  readonly data: FitData;
  readonly options: LightFmOptions;
  readonly users: SideState;
  readonly items: SideState;
  readonly twister: Uint32Array;
}

/** Throws MEMORY_EXCEEDED where the host has not as much. */
export function fillFit(layout: FitLayout, filled: FilledFit): WebAssembly.Memory {
  const memory = allocateMemory(layout.bytes);
  const { data, options } = filled;
  fillSide(memory, layout, layout.users, {
    state: filled.users,
    matrix: data.userFeatures,
    rows: data.interactions.rows,
    alpha: options.userAlpha,
  });
  fillSide(memory, layout, layout.items, {
    state: filled.items,
    matrix: data.itemFeatures,
    rows: data.interactions.columns,
    alpha: options.itemAlpha,
  });
  fillExamples(memory, layout, data);
  fillLosses(memory, layout, options.maxSampled, data);
  new Uint32Array(memory.buffer, layout.twisterAt, TWISTER_WORDS).set(filled.twister);
  return memory;
}

interface FilledSide {
  readonly state: SideState;
  readonly matrix: SparseRows | undefined;
  readonly rows: number;
  readonly alpha: number;
}

function fillSide(
  memory: WebAssembly.Memory,
  layout: FitLayout,
  side: SideLayout,
  { state, matrix, rows, alpha }: FilledSide,
): void {
  const { buffer } = memory;
  const record = new DataView(buffer, side.at, SIDE_BYTES);
  // The fields of the kernel's class Side, in its order.
  [
    matrix?.rows ?? rows,
    side.features,
    side.blocksAt,
    side.startsAt,
    side.indicesAt,
    side.weightsAt,
    side.scaleAt,
  ].forEach((value, field) => {
    record.setUint32(4 * field, value, true);
  });
  record.setFloat32(28, alpha, true);
  new Float64Array(buffer, side.scaleAt, 1)[0] = 1;
  if (matrix) {
    new Uint32Array(buffer, side.startsAt, matrix.rows + 1).set(matrix.starts);
    new Int32Array(buffer, side.indicesAt, matrix.indices.length).set(matrix.indices);
    new Float32Array(buffer, side.weightsAt, matrix.values.length).set(matrix.values);
  }
  partsOf(state, layout.parts).forEach((part, place) => {
    movePart({ memory, layout, side, part, place }, 'in');
  });
}

function fillExamples(memory: WebAssembly.Memory, layout: FitLayout, data: FitData): void {
  const { interactions, sampleWeight } = data;
  const { starts, indices, values } = interactions;
  const { buffer } = memory;
  const users = new Int32Array(buffer, layout.usersAt, layout.examples);
  for (let user = 0; user < interactions.rows; user++) {
    users.fill(user, starts[user]!, starts[user + 1]!);
  }
  new Int32Array(buffer, layout.itemsAt, layout.examples).set(indices);
  new Float32Array(buffer, layout.valuesAt, layout.examples).set(values);
  new Uint32Array(buffer, layout.knownStartsAt, interactions.rows + 1).set(starts);
  if (sampleWeight) {
    new Float32Array(buffer, layout.sampleWeightsAt, layout.examples).set(sampleWeight);
  }
}

/**
 * WARP's estimate of the rank of a positive for which the t-th drawn item was the first violation: ⌊(items − 1)/t⌋;
 * the loss is its logarithm (Weston et al. 2011).
 */
function fillLosses(
  memory: WebAssembly.Memory,
  layout: FitLayout,
  maxSampled: number,
  { interactions, itemFeatures }: FitData,
): void {
  const items = itemFeatures?.rows ?? interactions.columns;
  const losses = new Float64Array(memory.buffer, layout.lossesAt, maxSampled + 1);
  for (let t = 1; t <= maxSampled; t++) {
    losses[t] = Math.log(Math.max(1, Math.floor((items - 1) / t)));
  }
}

/** A part of each feature's block: vectors and biases that belong together. */
interface Part {
  readonly vectors: FactorMatrix;
  readonly biases: Float32Array;
  /** Of the padding: adadelta divides 0 by it, adagrad by its root. */
  readonly padding: number;
}

function partsOf(state: SideState, parts: number): Part[] {
  const squares = { vectors: state.embeddingGradients, biases: state.biasGradients };
  const all: Part[] = [
    { vectors: state.embeddings, biases: state.biases, padding: 0 },
    { ...squares, padding: parts === 2 ? 1 : 0 },
    { vectors: state.embeddingMomentum, biases: state.biasMomentum, padding: 0 },
  ];
  return all.slice(0, parts);
}

interface PartMove {
  readonly memory: WebAssembly.Memory;
  readonly layout: FitLayout;
  readonly side: SideLayout;
  readonly part: Part;
  /** Which part of the block. */
  readonly place: number;
}

function movePart({ memory, layout, side, part, place }: PartMove, way: 'in' | 'out'): void {
  const { vectors, biases, padding } = part;
  const { partFloats, parts } = layout;
  const { columns, values } = vectors;
  const block = partFloats * parts;
  const floats = new Float32Array(memory.buffer, side.blocksAt, block * side.features);
  for (let feature = 0; feature < side.features; feature++) {
    const at = feature * block + place * partFloats;
    const biasAt = at + partFloats - 4;
    if (way === 'out') {
      values.set(floats.subarray(at, at + columns), feature * columns);
      biases[feature] = floats[biasAt]!;
      continue;
    }
    floats.fill(padding, at, at + partFloats);
    floats.set(values.subarray(feature * columns, (feature + 1) * columns), at);
    floats[biasAt] = biases[feature]!;
  }
}

/** Brings what was learnt back into the states. */
export function readFit(
  memory: WebAssembly.Memory,
  layout: FitLayout,
  { users, items, twister }: Omit<FilledFit, 'data' | 'options'>,
): void {
  for (const [side, state] of [
    [layout.users, users],
    [layout.items, items],
  ] as const) {
    partsOf(state, layout.parts).forEach((part, place) => {
      movePart({ memory, layout, side, part, place }, 'out');
    });
  }
  twister.set(new Uint32Array(memory.buffer, layout.twisterAt, TWISTER_WORDS));
}
