/** Between a model's records (manifest and blocks) and what the numerics take. */
import { crc32 } from 'node:zlib';
import type { ItemFactorBlock, Model, Rule } from '../../schemas/records';
import type { AlsModel } from '../../src/als/model';
import type { AlsRule } from '../../src/als/rule';
import { SegueError } from '../../src/errors';
import type { ModelTrack } from './serving-model';
import type { GenerationMark } from './trainer';

/** At 64 factors about 130 KB of factors, at 200 about 410 KB. */
export const BLOCK_ITEMS = 512;
/** Of a block's factors; names and the rest of the record stay below Kafka's default of 1 MB with it. */
const BLOCK_BYTES_MAX = 700_000;

/** Items in a block. */
export function blockItems(factorCount: number): number {
  return Math.min(BLOCK_ITEMS, Math.floor(BLOCK_BYTES_MAX / (4 * factorCount)));
}

/** Before the number in the keys of its blocks. Keys differ by attempt, so that a late writer overwrites nothing. */
export function blockPrefix({ generation, attempt }: GenerationMark): string {
  return `${generation}/${attempt}/`;
}

export function blockKey(mark: GenerationMark, block: number): string {
  return blockPrefix(mark) + block;
}

/** What the key of a block names; undefined where it is no such key. */
export function parseBlockKey(key: string): (GenerationMark & { block: number }) | undefined {
  const [generation = '', attempt = '', block = '', ...more] = key.split('/');
  const isKey = more.length === 0 && /^\d+$/.test(generation) && /^\d+$/.test(block);
  return isKey ? { generation: Number(generation), attempt, block: Number(block) } : undefined;
}

export function ruleToRecord(rule: AlsRule): Rule {
  return {
    factor_count: rule.factorCount,
    scale: rule.scale,
    alpha: rule.alpha,
    epsilon: rule.epsilon,
    weight_offset: rule.weightOffset,
    target_offset: rule.targetOffset,
    unobserved_weight: rule.unobservedWeight,
    lambda: rule.lambda,
    nu: rule.nu,
    kappa: rule.kappa,
  };
}

/** Throws MODEL_UNUSABLE for a rule that this program does not know. */
export function ruleFromRecord(record: Rule): AlsRule {
  const { scale } = record;
  if (scale !== 'linear' && scale !== 'log' && scale !== 'binary') {
    throw new SegueError(
      'MODEL_UNUSABLE',
      `expected scale linear, log or binary, got "${scale}"; run a newer program`,
    );
  }
  return {
    factorCount: record.factor_count,
    scale,
    alpha: record.alpha,
    epsilon: record.epsilon,
    weightOffset: record.weight_offset,
    targetOffset: record.target_offset,
    unobservedWeight: record.unobserved_weight,
    lambda: record.lambda,
    nu: record.nu,
    kappa: record.kappa,
  };
}

/** Cuts the factors into blocks of `blockItems`. */
export function toBlocks(
  { generation, attempt }: GenerationMark,
  als: AlsModel,
  tracks: readonly ModelTrack[],
): ItemFactorBlock[] {
  const { columns, values } = als.itemFactors;
  const blocks: ItemFactorBlock[] = [];
  const size = blockItems(columns);
  for (let from = 0; from < tracks.length; from += size) {
    const part = tracks.slice(from, from + size);
    const rows = values.slice(from * columns, (from + part.length) * columns);
    blocks.push({
      generation,
      block: blocks.length,
      attempt,
      factor_count: columns,
      items: part.map(({ trackId, artistName, trackName }) => ({
        track_id: trackId,
        artist_name: artistName,
        track_name: trackName,
      })),
      factors: floatBytes(rows),
    });
  }
  return blocks;
}

/** CRC-32 over the factors of all blocks in order. */
export function checksumOf(blocks: readonly ItemFactorBlock[]): number {
  return blocks.reduce((sum, { factors }) => crc32(factors, sum), 0);
}

/** Puts the blocks together; throws MODEL_UNUSABLE unless count, attempt, checksum and sizes are the manifest's. */
export function fromBlocks(
  manifest: Model,
  given: ReadonlyMap<number, ItemFactorBlock>,
): { als: AlsModel; tracks: ModelTrack[] } {
  const blocks: ItemFactorBlock[] = [];
  for (let number = 0; number < manifest.blocks; number++) {
    const block = given.get(number);
    if (block === undefined || block.attempt !== manifest.attempt) {
      throw unusable(manifest, `block ${number} of ${manifest.blocks} is missing`);
    }
    blocks.push(block);
  }
  const checksum = checksumOf(blocks);
  if (checksum !== manifest.checksum)
    throw unusable(manifest, `checksum ${manifest.checksum} expected, ${checksum} found`);
  const tracks = blocks.flatMap(tracksOf);
  if (tracks.length !== manifest.items)
    throw unusable(manifest, `${manifest.items} items expected, ${tracks.length} found`);
  return { als: assemble(manifest, blocks), tracks };
}

function assemble(manifest: Model, blocks: readonly ItemFactorBlock[]): AlsModel {
  const rule = ruleFromRecord(manifest.rule);
  const bytes = Buffer.concat(blocks.map(({ factors }) => factors));
  if (bytes.length !== manifest.items * rule.factorCount * 4)
    throw unusable(manifest, `${bytes.length} bytes of factors`);
  if (manifest.gramian.length !== rule.factorCount ** 2 * 8)
    throw unusable(manifest, `a Gramian of ${manifest.gramian.length} bytes`);
  return {
    rule,
    itemFactors: { rows: manifest.items, columns: rule.factorCount, values: bytesToFloats(bytes) },
    itemGramian: bytesToDoubles(manifest.gramian),
  };
}

export function tracksOf({ items }: ItemFactorBlock): ModelTrack[] {
  return items.map((item) => ({
    trackId: item.track_id,
    artistName: item.artist_name,
    trackName: item.track_name,
  }));
}

function unusable(manifest: Model, what: string): SegueError {
  return new SegueError(
    'MODEL_UNUSABLE',
    `generation ${manifest.generation}: ${what}; it is not served, retrain to replace it`,
  );
}

export function floatBytes(values: Float32Array): Buffer {
  return Buffer.from(values.buffer, values.byteOffset, values.byteLength);
}

export function doubleBytes(values: Float64Array): Buffer {
  return Buffer.from(values.buffer, values.byteOffset, values.byteLength);
}

export function bytesToFloats(bytes: Buffer): Float32Array {
  const values = new Float32Array(bytes.length / 4);
  Buffer.from(values.buffer).set(bytes);
  return values;
}

export function bytesToDoubles(bytes: Buffer): Float64Array {
  const values = new Float64Array(bytes.length / 8);
  Buffer.from(values.buffer).set(bytes);
  return values;
}
