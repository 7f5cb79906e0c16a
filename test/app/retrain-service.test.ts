import { listenedSystem } from '../support/listened-system';

describe('the retrain service', () => {
  it('answers a request that comes during a training with a generation of its own', async () => {
    const { system, process, administration, states } = await listenedSystem();
    const first = await system.run(administration.requestRetrain());
    await system.clock.advanceUntil(() => process.modelActivity() === 'retraining', 10_000, 10);
    await system.run(administration.requestRetrain({ epochs: '3' }));
    await system.settle(process);
    expect(first).toBe(0);
    const found = await states();
    expect(found.map(([generation]) => generation)).toEqual([...new Set(found.map(([g]) => g))]);
    expect(found.at(-1)).toEqual([found.length, 'PROMOTED', 1]);
    expect(process.loader.serving!.generation).toBe(found.length);
    await system.run(process.stop());
  });

  it('says why a training was impossible, and the next request is answered', async () => {
    const { system, process, administration, states } = await listenedSystem();
    await system.run(administration.requestRetrain({ 'listeners-min': '1000' }));
    await system.settle(process);
    expect(await states()).toEqual([[1, 'FAILED', 0]]);
    const [failed] = (await system.run(administration.directory())).manifests;
    expect(failed!.note).toContain('listeners-min');
    await system.run(administration.requestRetrain());
    await system.settle(process);
    expect((await states()).at(-1)).toEqual([2, 'PROMOTED', 1]);
    await system.run(process.stop());
  });

  it('promotes a candidate that an earlier trainer had written whole when it died', async () => {
    const { system, process, administration, states } = await listenedSystem();
    await system.run(administration.requestRetrain());
    await system.settle(process);
    await system.run(process.stop());
    const { topics, codecs } = administration;
    const { promoted } = await system.run(administration.directory());
    const value = codecs.of(topics.models).encode({ ...promoted!, state: 'CANDIDATE' });
    await system.send([{ topic: topics.models.name, key: Buffer.from('1'), value }]);
    expect(await states()).toEqual([[1, 'CANDIDATE', 0]]);
    const next = await system.startProcess('b');
    await system.clock.advanceUntil(() => next.loader.serving?.generation === 1, 30_000);
    expect(await states()).toEqual([[1, 'PROMOTED', 0]]);
    await system.run(next.stop());
  });
});
