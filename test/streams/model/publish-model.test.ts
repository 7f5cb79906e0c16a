import { hasCode } from '../../../src/errors';
import { blockKey, fromBlocks, toBlocks } from '../../../streams/model/model-codec';
import { ModelTopics, refused, trained } from '../../support/model-topics';
import { manifest, sampleAls, sampleTracks } from '../../support/stream-samples';

describe('publishing a model', () => {
  it('leaves a promoted manifest and blocks that come back as what was trained', async () => {
    const models = await ModelTopics.open();
    const result = trained(1, 5);
    const published = await models.system.run(models.publisher().publish(result));
    expect(published).toMatchObject({ generation: 1, state: 'PROMOTED', request_offset: 5 });
    expect((await models.directory()).promoted).toEqual(published);
    const served = await models.system.run(models.administration.model(1));
    expect(served.tracks).toEqual(result.tracks);
    expect(Array.from(served.als.itemFactors.values)).toEqual(
      Array.from(result.als!.itemFactors.values),
    );
  });

  it('retires the reigning generation in the same step', async () => {
    const models = await ModelTopics.open();
    for (const generation of [1, 2])
      await models.system.run(models.publisher().publish(trained(generation, generation)));
    expect(await models.states()).toEqual({ 1: 'SUPERSEDED', 2: 'PROMOTED' });
  });

  it('leaves the figures of a refused one, and what reigned goes on', async () => {
    const models = await ModelTopics.open();
    await models.system.run(models.publisher().publish(trained(1, 1)));
    await models.system.run(models.publisher().publish(refused(2, 2)));
    expect(await models.states()).toEqual({ 1: 'PROMOTED', 2: 'REJECTED' });
    expect(await models.blocks(2)).toBe(0);
  });

  it('keeps the factors of three generations and of the reigning one, and every manifest', async () => {
    const models = await ModelTopics.open();
    const publish = (generation: number) =>
      models.system.run(models.publisher().publish(trained(generation, generation)));
    for (const generation of [1, 2, 3, 4]) await publish(generation);
    expect(await models.blocks(1)).toBe(0);
    for (const generation of [2, 3, 4]) expect(await models.blocks(generation)).toBe(2);
    await models.system.run(models.publisher().rollBack(2));
    await publish(5);
    // The one that reigned until now can be gone back to, however old.
    expect(await models.blocks(2)).toBe(2);
    expect(Object.keys(await models.states())).toHaveLength(5);
    const dropped = (await models.directory()).manifests[0]!;
    expect(() => fromBlocks(dropped, new Map())).toThrow(/generation 1/);
  });
});

describe('blocks of no model', () => {
  const block = (models: ModelTopics, mark: { generation: number; attempt: string }) => {
    const [record] = toBlocks(mark, sampleAls(1, 10), sampleTracks(10));
    return models.output(models.topics.itemFactors, blockKey(mark, 0), record!);
  };
  const count = (models: ModelTopics, attempt: string) => models.blocksOf(attempt);

  it('go with the next promotion, unless somebody may still be writing them', async () => {
    const models = await ModelTopics.open();
    await models.system.run(models.publisher().publish(trained(1, 1)));
    await models.system.send([
      block(models, { generation: 1, attempt: 'killed' }),
      block(models, { generation: 2, attempt: 'failed' }),
      block(models, { generation: 3, attempt: 'under way' }),
    ]);
    await models.system.run(models.publisher().publish(trained(2, 2)));
    expect(await count(models, 'killed')).toBe(0);
    expect(await count(models, 'failed')).toBe(1);
    await models.system.run(models.publisher().publish(trained(3, 3)));
    expect(await count(models, 'failed')).toBe(0);
    expect(await count(models, 'under way')).toBe(1);
    for (const generation of [1, 2, 3]) expect(await models.blocks(generation)).toBe(2);
  });

  it('that a trainer says to have written and that are gone are not promoted', async () => {
    const models = await ModelTopics.open();
    const written = { blocks: 2, checksum: 0 };
    const attempt = models.system.run(models.publisher().publish({ ...trained(1, 1), written }));
    await expect(attempt).rejects.toMatchObject({ code: 'MODEL_UNUSABLE' });
    expect(await models.states()).toEqual({});
  });
});

describe('several trainers', () => {
  it('never give two models one number, even if both began as the same generation', async () => {
    const models = await ModelTopics.open();
    const [first, second] = [trained(1, 1), trained(1, 2, { items: 700 })];
    await models.system.run(models.publisher().publish(first));
    const published = await models.system.run(models.publisher().publish(second));
    expect(published.generation).toBe(2);
    expect(await models.states()).toEqual({ 1: 'SUPERSEDED', 2: 'PROMOTED' });
    const kept = await models.system.run(models.administration.model(1));
    expect(kept.tracks).toHaveLength(600);
  });

  it('answer a request once: who comes second keeps its model to itself', async () => {
    const models = await ModelTopics.open();
    await models.system.run(models.publisher().publish(trained(1, 3)));
    const answer = await models.system.run(models.publisher().publish(trained(1, 3)));
    expect(answer).toMatchObject({ generation: 1, state: 'PROMOTED' });
    const late = await models.system.run(models.publisher().publish(trained(2, 2)));
    expect(late.generation).toBe(1);
    expect(await models.states()).toEqual({ 1: 'PROMOTED' });
  });

  it('do not lay a failure over a model', async () => {
    const models = await ModelTopics.open();
    await models.system.run(models.publisher().publish(trained(1, 3)));
    const failure = (requestOffset: number) =>
      manifest(1, { state: 'FAILED', request_offset: requestOffset, blocks: 0 });
    await models.system.run(models.publisher().publishFailure(failure(3)));
    expect(await models.states()).toEqual({ 1: 'PROMOTED' });
    await models.system.run(models.publisher().publishFailure(failure(4)));
    expect(await models.states()).toEqual({ 1: 'PROMOTED', 2: 'FAILED' });
  });

  it('promote what another one had written whole when it died', async () => {
    const models = await ModelTopics.open();
    await models.system.run(models.publisher().publish(trained(1, 1)));
    const published = await models.system.run(models.publisher().publish(trained(2, 2)));
    const { output, topics } = { output: models.output.bind(models), topics: models.topics };
    // As it stands between the two last steps of a publication.
    await models.system.send([
      output(topics.models, '1', { ...published, generation: 1, state: 'PROMOTED' }),
      output(topics.models, '2', { ...published, state: 'CANDIDATE' }),
    ]);
    expect((await models.directory()).promoted?.generation).toBe(1);
    const finished = await models.system.run(models.publisher().finishLeftOver());
    expect(finished?.generation).toBe(2);
    expect(await models.states()).toEqual({ 1: 'SUPERSEDED', 2: 'PROMOTED' });
    expect(await models.system.run(models.publisher().finishLeftOver())).toBeUndefined();
  });
});

describe('a roll-back', () => {
  async function three() {
    const models = await ModelTopics.open();
    for (const generation of [1, 2, 3])
      await models.system.run(models.publisher().publish(trained(generation, generation)));
    return models;
  }

  it('goes to the generation before, and before that one', async () => {
    const models = await three();
    expect((await models.system.run(models.publisher().rollBack())).generation).toBe(2);
    expect(await models.states()).toEqual({ 1: 'SUPERSEDED', 2: 'PROMOTED', 3: 'ROLLED_BACK' });
    expect((await models.system.run(models.publisher().rollBack())).generation).toBe(1);
    expect(await models.states()).toEqual({ 1: 'PROMOTED', 2: 'ROLLED_BACK', 3: 'ROLLED_BACK' });
  });

  it('goes to a named generation, forward as well', async () => {
    const models = await three();
    await models.system.run(models.publisher().rollBack(1));
    await models.system.run(models.publisher().rollBack(3));
    expect(await models.states()).toMatchObject({ 1: 'ROLLED_BACK', 3: 'PROMOTED' });
  });

  it.each([
    ['a generation that never was', 9],
    ['a refused one', 4],
    ['what is before the first', undefined],
  ])('to %s is refused, with what there is', async (_what, generation) => {
    const models = await three();
    await models.system.run(models.publisher().publish(refused(4, 4)));
    if (generation === undefined) await models.system.run(models.publisher().rollBack(1));
    const before = await models.states();
    const attempt = models.system.run(models.publisher().rollBack(generation));
    await expect(attempt).rejects.toMatchObject({
      code: 'MODEL_UNKNOWN',
      message: expect.stringContaining('2'),
    });
    await attempt.catch((error: unknown) => expect(hasCode(error, 'MODEL_UNKNOWN')).toBe(true));
    expect(await models.states()).toEqual(before);
  });
});
