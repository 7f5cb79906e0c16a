/** A system on virtual time that has heard 4,000 simulated listens, and trains only when asked. */
import { Administration } from '../../src/app/administration';
import { VirtualSystem } from '../../src/app/virtual-system';
import type { Options } from '../../src/config';
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

export async function listenedSystem(settings: Options = {}) {
  const system = await VirtualSystem.open({ settings: { ...SETTINGS, ...settings } });
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
