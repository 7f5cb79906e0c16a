import type { FactorMatrix } from '../../src/als/model';
import { mulberry32, normal, type Random } from '../../src/random';
import { BlockScanner } from '../../src/ranking/block-scanner';
import { CoarseTables, tableBytes } from '../../src/ranking/coarse-tables';
import { exactScore } from '../../src/ranking/exact-score';
import { type ItemIndex, indexItems } from '../../src/ranking/item-index';
import { growMemory, scanKernelsOn } from '../../src/ranking/scan-kernels';

function drained(steps: Generator<void, ItemIndex>): ItemIndex {
  for (;;) {
    const step = steps.next();
    if (step.done) return step.value;
  }
}

type Shape = 'round' | 'one-sided' | 'spiked' | 'alike';

/** Rows whose directions lie all around, around one direction, along the axes, or are all the same. */
function rowsOf(random: Random, shape: Shape, rows: number, columns: number): FactorMatrix {
  const values = new Float32Array(rows * columns);
  const center = Float32Array.from({ length: columns }, () => normal(random));
  for (let row = 0; row < rows; row++) {
    const length = Math.exp(normal(random));
    const axis = random.below(columns);
    for (let k = 0; k < columns; k++) {
      const noise = normal(random);
      const value = {
        round: noise,
        'one-sided': center[k]! + 0.3 * noise,
        spiked: k === axis ? 30 * noise : 0.1 * noise,
        alike: center[k]!,
      };
      values[row * columns + k] = length * value[shape];
    }
  }
  return { rows, columns, values };
}

const SHAPES: readonly Shape[] = ['round', 'one-sided', 'spiked', 'alike'];

describe.each([1, 2, 3])('the coarse codes, seed %i', (seed) => {
  test.each(SHAPES)('list every item that reaches a threshold, directions %s', (shape) => {
    const random = mulberry32(seed);
    for (const columns of [5, 64, 100]) {
      const factors = rowsOf(random, shape, 1000, columns);
      const index = drained(indexItems(factors));
      const at = growMemory(index.memory, 100_000 + tableBytes(index.groups * 4));
      const kernels = scanKernelsOn(index.memory);
      const tables = new CoarseTables(index, kernels, at + 20_000);
      const listed = new Int32Array(index.memory.buffer, at, 5000);
      for (let trial = 0; trial < 4; trial++) {
        const user = Float32Array.from(rowsOf(random, SHAPES[trial % 4]!, 1, columns).values);
        const norm = Math.hypot(...user) * (1 + 1e-6);
        tables.start(user, norm);
        for (const share of [0.4, 0.6, 0.8, 0.95]) {
          const threshold = share * norm * index.norms[0]!;
          if (!tables.prepareBlock(0, threshold)) continue;
          const { coarse, groups, positions } = index;
          const count = kernels.scanCoarse(
            coarse.codesAt,
            coarse.errorsAt,
            groups * 4,
            0,
            positions,
            tables.at,
            at,
          );
          const panels = new Set(listed.subarray(0, count));
          const forgotten = [...index.itemAt].filter(
            (item, position) =>
              !panels.has(position & ~3) && exactScore(factors, item, user) >= threshold,
          );
          expect(forgotten).toEqual([]);
        }
      }
    }
  });
});

test('the coarse codes leave most items out where the threshold is high', () => {
  const random = mulberry32(9);
  const factors = rowsOf(random, 'round', 4000, 64);
  const index = drained(indexItems(factors));
  const { searches } = new BlockScanner(index, growMemory(index.memory, 200_000), 1);
  const search = searches[0]!;
  const at = growMemory(index.memory, 20_000);
  const user = Float32Array.from({ length: 64 }, () => normal(random));
  search.start(user, 1, undefined);
  const norm = Math.hypot(...user);
  expect(search.tables.prepareBlock(0, 0.7 * norm * index.norms[0]!)).toBe(true);
  const { coarse, groups, positions, memory } = index;
  const { codesAt, errorsAt } = coarse;
  const kernels = scanKernelsOn(memory);
  const width = groups * 4;
  const count = kernels.scanCoarse(codesAt, errorsAt, width, 0, positions, search.tables.at, at);
  expect(count * 4).toBeLessThan(positions / 10);
});

test('a threshold that hardly an item misses is not worth the coarse codes', () => {
  const random = mulberry32(9);
  const index = drained(indexItems(rowsOf(random, 'round', 100, 16)));
  const at = growMemory(index.memory, tableBytes(index.groups * 4));
  const tables = new CoarseTables(index, scanKernelsOn(index.memory), at);
  tables.start(new Float32Array(16).fill(1), 4);
  for (const threshold of [Number.NEGATIVE_INFINITY, -1, 0, 0.1 * index.norms[0]!])
    expect(tables.prepareBlock(0, threshold)).toBe(false);
});
