/** Blocks that another program has written, read back and compared with what it says to have written. */
import { crc32 } from 'node:zlib';
import type { FactorMatrix } from '../../src/als/model';
import type { AlsRule } from '../../src/als/rule';
import { SegueError } from '../../src/errors';
import { type ModelLoaderOptions, readBlocks } from './load-model';
import { bytesToFloats, checksumOf, tracksOf } from './model-codec';
import type { ModelTrack } from './serving-model';
import type { GenerationMark, WrittenBlocks } from './trainer';

export interface ExpectedBlocks {
  readonly rule: AlsRule;
  readonly tracks: readonly ModelTrack[];
  /** Number, items and CRC-32 of the factors of each block, in order. */
  readonly sums: readonly (readonly [number, number, number])[];
}

/** Throws MODEL_UNUSABLE unless every block is there, as it was meant, for these tracks in this order. */
export async function readWritten(
  reader: Pick<ModelLoaderOptions, 'broker' | 'topics' | 'codec'>,
  mark: GenerationMark,
  { rule, tracks, sums }: ExpectedBlocks,
): Promise<{ readonly itemFactors: FactorMatrix; readonly written: WrittenBlocks }> {
  const found = await readBlocks(reader, mark);
  const blocks = sums.map(([number, items, crc], place) => {
    const block = found.get(number);
    if (number !== place || block === undefined) throw unusable(mark, `block ${place} is missing`);
    if (block.attempt !== mark.attempt || block.factor_count !== rule.factorCount)
      throw unusable(mark, `block ${place} is of another attempt or size`);
    if (block.items.length !== items || crc32(block.factors) !== crc)
      throw unusable(mark, `block ${place} is not as it was written`);
    return block;
  });
  const names = blocks.flatMap(tracksOf);
  const isOther = names.length !== tracks.length || names.some(differsFrom(tracks));
  if (isOther) throw unusable(mark, 'the blocks are of other tracks than the snapshot');
  const values = bytesToFloats(Buffer.concat(blocks.map(({ factors }) => factors)));
  if (values.length !== tracks.length * rule.factorCount || !values.every(Number.isFinite))
    throw unusable(mark, 'factors are missing or not finite');
  return {
    itemFactors: { rows: tracks.length, columns: rule.factorCount, values },
    written: { blocks: blocks.length, checksum: checksumOf(blocks) },
  };
}

function differsFrom(tracks: readonly ModelTrack[]) {
  return ({ trackId }: ModelTrack, place: number): boolean => trackId !== tracks[place]!.trackId;
}

function unusable({ generation }: GenerationMark, what: string): SegueError {
  return new SegueError(
    'MODEL_UNUSABLE',
    `generation ${generation}: ${what}; it is not promoted, ask for another retrain`,
  );
}
