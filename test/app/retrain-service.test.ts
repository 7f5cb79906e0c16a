import { Administration } from '../../src/app/administration';
import { VirtualSystem } from '../../src/app/virtual-system';
import { toListenValue } from '../../streams/simulator/listen-value';
import { SimulatedListeners } from '../../streams/simulator/simulated-listeners';

const SETTINGS = {
  filterRule: 'min-listeners',
  listenersMin: '2',
  tracksMin: '5',
  factors: '8',
  alpha: '5',
  lambda: '1',
  epochs: '2',
  partitions: '2',
  trainerThreads: '1',
  firstModelListensMin: '1000000000',
  retrainIntervalMinMs: '1d',
};

/** A system that has heard 4,000 simulated listens. */
async function fixture() {
  const system = await VirtualSystem.open({ settings: SETTINGS });
  const process = await system.startProcess();
  const listeners = new SimulatedListeners({
    seed: 11,
    users: 40,
    tracks: 200,
    artists: 40,
    genres: 4,
    startSeconds: 1_577_000_000,
    listensPerSecond: 0,
    unreleasedShare: 0,
  });
  const codec = process.runner.codecs.of(process.topics.listens);
  await system.send(
    Array.from({ length: 4000 }, () => {
      const listen = listeners.next();
      const value = codec.encode(toListenValue(listen));
      return { topic: process.topics.listens.name, key: Buffer.from(listen.userId), value };
    }),
  );
  await system.settle(process);
  const administration = await system.run(
    Administration.open({ ...system, registry: system.registry }),
  );
  const states = async () =>
    (await system.run(administration.directory())).manifests.map(
      ({ generation, state, request_offset }) => [generation, state, request_offset],
    );
  return { system, process, administration, states };
}

describe('the retrain service', () => {
  it('answers a request that comes during a training with a generation of its own', async () => {
    const { system, process, administration, states } = await fixture();
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
    const { system, process, administration, states } = await fixture();
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
    const { system, process, administration, states } = await fixture();
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
