import { hasCode } from '../../../src/errors';
import { mulberry32 } from '../../../src/random';
import {
  BLOCK_ITEMS,
  blockKey,
  fromBlocks,
  parseBlockKey,
  ruleFromRecord,
  ruleToRecord,
} from '../../../streams/model/model-codec';
import { DIALECTS } from '../../support/random-als';
import { recordsOf, SAMPLE_RULE, sampleAls, sampleTracks } from '../../support/stream-samples';

const ITEMS = BLOCK_ITEMS * 2 + 7;

function records() {
  return recordsOf(4, sampleAls(1, ITEMS), sampleTracks(ITEMS));
}

function codeOf(work: () => unknown): { readonly code: string; readonly message: string } {
  try {
    work();
  } catch (error) {
    if (hasCode(error, 'MODEL_UNUSABLE')) return { code: error.code, message: error.message };
    throw error;
  }
  throw new Error('expected MODEL_UNUSABLE, nothing was thrown');
}

describe('a model as records', () => {
  it('comes back bit for bit, in blocks of a bounded size', () => {
    const als = sampleAls(1, ITEMS);
    const tracks = sampleTracks(ITEMS);
    const { blocks, manifest } = recordsOf(4, als, tracks);
    expect([...blocks.values()].map(({ items }) => items.length)).toEqual([512, 512, 7]);
    expect(manifest.blocks).toBe(3);
    const back = fromBlocks(manifest, blocks);
    expect(back.tracks).toEqual(tracks);
    expect(back.als.rule).toEqual(als.rule);
    expect(Buffer.from(back.als.itemFactors.values.buffer)).toEqual(
      Buffer.from(Float32Array.from(als.itemFactors.values).buffer),
    );
    expect(back.als.itemGramian).toEqual(als.itemGramian);
  });

  it('takes blocks in whatever order they came, and ignores those of further numbers', () => {
    const { blocks, manifest } = records();
    const shuffled = new Map([...blocks].reverse());
    shuffled.set(99, blocks.get(0)!);
    expect(fromBlocks(manifest, shuffled).tracks).toHaveLength(ITEMS);
  });

  it('carries the rule of every dialect', () => {
    for (const make of Object.values(DIALECTS)) {
      const rule = make(16);
      expect(ruleFromRecord(ruleToRecord(rule))).toEqual(rule);
    }
  });

  it('names its blocks by generation, attempt and number', () => {
    const mark = { generation: 12, attempt: 'a-b' };
    expect(blockKey(mark, 3)).toBe('12/a-b/3');
    expect(parseBlockKey('12/a-b/3')).toEqual({ ...mark, block: 3 });
    for (const key of ['', '12/3', '12/a-b/3/4', 'x/a-b/3', '12/a-b/'])
      expect(parseBlockKey(key)).toBeUndefined();
  });
});

describe('a damaged model', () => {
  it('is refused when a block is missing', () => {
    const { blocks, manifest } = records();
    blocks.delete(1);
    expect(codeOf(() => fromBlocks(manifest, blocks)).message).toContain('block 1 of 3');
  });

  it('is refused when a block is of another attempt', () => {
    const { blocks, manifest } = records();
    blocks.set(2, { ...blocks.get(2)!, attempt: 'an earlier one' });
    expect(codeOf(() => fromBlocks(manifest, blocks)).message).toContain('block 2 of 3');
  });

  it('is refused for any single flipped bit of its factors', () => {
    const random = mulberry32(7);
    for (let flip = 0; flip < 30; flip++) {
      const { blocks, manifest } = records();
      const block = blocks.get(random.below(3))!;
      const factors = Buffer.from(block.factors);
      const at = random.below(factors.length);
      factors[at] = factors[at]! ^ (1 << random.below(8));
      blocks.set(block.block, { ...block, factors });
      expect(codeOf(() => fromBlocks(manifest, blocks)).message).toContain('checksum');
    }
  });

  it('is refused when blocks have changed places', () => {
    const { blocks, manifest } = records();
    const [first, second] = [blocks.get(0)!, blocks.get(1)!];
    blocks.set(0, second).set(1, first);
    expect(codeOf(() => fromBlocks(manifest, blocks)).code).toBe('MODEL_UNUSABLE');
  });

  it('is refused when items, factors and the manifest do not speak of as many', () => {
    const { blocks, manifest } = records();
    expect(codeOf(() => fromBlocks({ ...manifest, items: ITEMS + 1 }, blocks)).message).toContain(
      'items expected',
    );
    const short = blocks.get(2)!;
    blocks.set(2, { ...short, items: short.items.slice(1) });
    expect(codeOf(() => fromBlocks(manifest, blocks)).message).toContain('items expected');
    expect(codeOf(() => fromBlocks({ ...manifest, items: ITEMS - 1 }, blocks)).message).toContain(
      'bytes of factors',
    );
  });

  it('is refused when its Gramian has another size', () => {
    const { blocks, manifest } = records();
    const gramian = manifest.gramian.subarray(8);
    expect(codeOf(() => fromBlocks({ ...manifest, gramian }, blocks)).message).toContain('Gramian');
  });

  it('is refused under a rule that this program does not know', () => {
    const { blocks, manifest } = records();
    const rule = { ...ruleToRecord(SAMPLE_RULE), scale: 'quadratic' };
    expect(codeOf(() => fromBlocks({ ...manifest, rule }, blocks)).message).toContain('quadratic');
  });
});
