import type { Broker } from '../../../src/broker/broker';
import { SegueError } from '../../../src/errors';
import { noLogger } from '../../../src/logger';
import { loadModel, ModelLoader } from '../../../streams/model/load-model';
import { PopularList } from '../../../streams/model/popular-list';
import { RetrainRequests } from '../../../streams/model/retrain-requests';
import { ModelTopics, trained } from '../../support/model-topics';
import { ObservingMeter } from '../../support/observing-meter';
import { popularTrack } from '../../support/stream-samples';

/** Fails the next fetches with these errors. */
function failing(broker: Broker, errors: Error[]): Broker {
  return new Proxy(broker, {
    get(target, name) {
      if (name === 'fetch' && errors.length > 0)
        return async () => {
          throw errors.shift();
        };
      const value = target[name as keyof Broker] as unknown;
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
}

async function fixture({ errors = [] as Error[] } = {}) {
  const models = await ModelTopics.open();
  const { topics, codecs, system } = models;
  const meter = new ObservingMeter();
  const switches: number[] = [];
  const loader = new ModelLoader({
    topics,
    broker: failing(system.broker, errors),
    codec: () => codecs.of(topics.itemFactors),
    meter,
    logger: noLogger,
    clock: system.clock,
    onSwitch: ({ generation }) => switches.push(generation),
  });
  const popular = new PopularList(10);
  const requests = new RetrainRequests();
  const processor = loadModel(topics, { loader, popular, requests });
  /** Tells the loader what the topic says now, as the global table does. */
  const follow = async () => {
    for (const manifest of (await models.directory()).manifests)
      tell(manifest.generation, manifest);
  };
  const tell = (generation: number, value: unknown) =>
    processor.process({ topic: topics.models.name, offset: 0, key: String(generation), value });
  const publish = async (generation: number) => {
    const result = trained(generation, generation);
    const published = await system.run(models.publisher().publish(result));
    await follow();
    return published;
  };
  const settled = (generation: number | undefined) =>
    system.clock.advanceUntil(
      () => !loader.isSwitching() && loader.serving?.generation === generation,
      10_000,
    );
  return {
    models,
    loader,
    popular,
    requests,
    processor,
    meter,
    switches,
    tell,
    follow,
    publish,
    settled,
  };
}

describe('load-model', () => {
  it('serves a promoted generation once its blocks are read, and says so', async () => {
    const { loader, meter, switches, publish, settled } = await fixture();
    await publish(1);
    expect(loader.isSwitching()).toBe(true);
    expect(loader.serving).toBeUndefined();
    await settled(1);
    expect(switches).toEqual([1]);
    expect(loader.serving!.tracks).toHaveLength(600);
    expect(meter.counted('segue_hand_overs_total')).toBe(1);
  });

  it('reads a candidate beside what serves, and switches to the very object when it is promoted', async () => {
    const { loader, models, tell, publish, settled, switches } = await fixture();
    await publish(1);
    await settled(1);
    const second = await models.system.run(models.publisher().publish(trained(2, 2)));
    tell(2, { ...second, state: 'CANDIDATE' });
    await models.system.clock.advanceUntil(() => loader.hasLoaded(2), 60_000);
    expect(loader.serving!.generation).toBe(1);
    const one = loader.serving!;
    tell(2, second);
    // No time has to pass: the blocks are here already.
    expect(loader.serving!.generation).toBe(2);
    expect(switches).toEqual([1, 2]);
    expect(one.generation).toBe(1);
  });

  it('goes back with a roll-back', async () => {
    const { models, publish, settled, follow, switches } = await fixture();
    await publish(1);
    await settled(1);
    await publish(2);
    await settled(2);
    await models.system.run(models.publisher().rollBack());
    await follow();
    await settled(1);
    expect(switches).toEqual([1, 2, 1]);
  });

  it('keeps serving what it has when the promoted one is damaged', async () => {
    const { loader, models, publish, settled, tell, switches } = await fixture();
    const first = await publish(1);
    await settled(1);
    tell(2, { ...first, generation: 2, attempt: 'never written' });
    await models.system.clock.advance(5000);
    expect(loader.serving!.generation).toBe(1);
    expect(loader.isSwitching()).toBe(false);
    await models.system.run(models.publisher().publish(trained(3, 3)));
    expect(switches).toEqual([1]);
  });

  it('asks again when the broker does not answer', async () => {
    const errors = Array.from(
      { length: 3 },
      () => new SegueError('BROKER_UNREACHABLE', 'not now', { retriable: true }),
    );
    const { publish, settled } = await fixture({ errors });
    await publish(1);
    await settled(1);
    expect(errors).toEqual([]);
  });

  it('follows promotions that come faster than it can load', async () => {
    const { publish, settled, loader, switches } = await fixture();
    for (const generation of [1, 2, 3, 4]) await publish(generation);
    await settled(4);
    expect(loader.serving!.generation).toBe(4);
    expect(switches.at(-1)).toBe(4);
  });

  it('tells popular tracks and requests to those who hold them', async () => {
    const { models, processor, popular, requests, loader } = await fixture();
    const { popularTracks, retrainRequests } = models.topics;
    const tracks = [popularTrack('a', 3)];
    processor.process({ topic: popularTracks.name, offset: 0, key: 'slot-0', value: { tracks } });
    expect(popular.tracks).toEqual(tracks);
    const request = {
      reason: 'person',
      detail: '',
      requested_at: 0,
      trainer: 'worker-threads',
      settings: {},
      positions: [],
    };
    processor.process({ topic: retrainRequests.name, offset: 7, key: '', value: request });
    expect(requests.open(loader.directory)).toEqual({ offset: 7, request });
  });
});
