import { crc32 } from 'node:zlib';
import type { ItemFactorBlock } from '../../../schemas/records';
import { blockKey, checksumOf, toBlocks } from '../../../streams/model/model-codec';
import { type ExpectedBlocks, readWritten } from '../../../streams/model/written-blocks';
import { ModelTopics } from '../../support/model-topics';
import { sampleAls, sampleTracks } from '../../support/stream-samples';

const ITEMS = 1300;
const MARK = { generation: 4, attempt: 'this one' };
const als = sampleAls(4, ITEMS);
const tracks = sampleTracks(ITEMS);
const blocks = toBlocks(MARK, als, tracks);
const EXPECTED: ExpectedBlocks = {
  rule: als.rule,
  tracks,
  sums: blocks.map(({ block, items, factors }) => [block, items.length, crc32(factors)]),
};

/** Reads what another program has written, some of it twice. */
async function read(written: readonly ItemFactorBlock[], expected = EXPECTED) {
  const models = await ModelTopics.open();
  const { topics, codecs, system } = models;
  await system.send(
    [...written, ...written.slice(0, 1)].map((block) =>
      models.output(topics.itemFactors, blockKey(MARK, block.block), block),
    ),
  );
  const codec = () => codecs.of(topics.itemFactors);
  return system.run(readWritten({ broker: system.broker, topics, codec }, MARK, expected));
}

const changed = (place: number, change: Partial<ItemFactorBlock>) =>
  blocks.map((block, at) => (at === place ? { ...block, ...change } : block));
const bent = Buffer.from(blocks[1]!.factors);
bent[3]! ^= 1;

describe('blocks that another program has written', () => {
  it('are the factors, in order, whatever came twice', async () => {
    const { itemFactors, written } = await read([...blocks].reverse());
    expect(blocks.length).toBe(3);
    expect(itemFactors.values).toEqual(als.itemFactors.values);
    expect(written).toEqual({ blocks: 3, checksum: checksumOf(blocks) });
  });

  it.each<[string, readonly ItemFactorBlock[], ExpectedBlocks]>([
    ['one is missing', blocks.slice(0, 2), EXPECTED],
    ['one is of another attempt', changed(0, { attempt: 'another' }), EXPECTED],
    ['one has other factors', changed(1, { factors: bent }), EXPECTED],
    ['one has fewer items', changed(2, { items: blocks[2]!.items.slice(1) }), EXPECTED],
    ['one has rows of another length', changed(1, { factor_count: 3 }), EXPECTED],
    [
      'they are of other tracks',
      blocks,
      { ...EXPECTED, tracks: [...tracks.slice(1), { ...tracks[0]!, trackId: 'z' }] },
    ],
    ['there are fewer tracks', blocks, { ...EXPECTED, tracks: tracks.slice(1) }],
  ])('are refused where %s', async (_what, written, expected) => {
    await expect(read(written, expected)).rejects.toMatchObject({ code: 'MODEL_UNUSABLE' });
  });

  it('are refused where a factor is no number', async () => {
    const factors = Buffer.from(blocks[1]!.factors);
    factors.writeFloatLE(Number.NaN, 8);
    const sums = EXPECTED.sums.map((sum, at) =>
      at === 1 ? ([1, sum[1], crc32(factors)] as const) : sum,
    );
    const attempt = read(changed(1, { factors }), { ...EXPECTED, sums });
    await expect(attempt).rejects.toMatchObject({ code: 'MODEL_UNUSABLE' });
  });
});
