import type { History } from '../../../schemas/records';
import { ListenerFactors } from '../../../streams/by-user/listener-factors';
import { profileOf } from '../../../streams/by-user/profiles';
import { historyKey, historyPrefix } from '../../../streams/by-user/stores';
import type { ServingModel } from '../../../streams/model/serving-model';
import { MapStore } from '../../support/fake-processor-context';
import { history, sampleModel, sampleTracks } from '../../support/stream-samples';

const TRACKS = 20;

const trackId = (item: number) => sampleTracks(TRACKS)[item]!.trackId;

/** `large` has more tracks than are read at once; every second one is none of the model's. */
function fixture() {
  const users = new MapStore<number>();
  const histories = new MapStore<History>();
  const listen = (user: string, track: string, plays: number) => {
    histories.put(historyKey(user, track), history(plays));
  };
  for (let item = 0; item < TRACKS; item++) {
    listen('large', trackId(item), 1 + (item % 3));
    listen('large', `unknown-${item}`, 5);
    if (item < 3) listen('small', trackId(item), 2);
  }
  listen('larger', trackId(0), 1);
  users.put('large', 2 * TRACKS);
  users.put('small', 3);
  users.put('larger', 1);
  const limits = { tracksMin: 10, page: 3 };
  const factors = new ListenerFactors({ users, histories }, 2, limits);
  const truth = async (user: string, model: ServingModel) => {
    const { items, plays } = model.known(profileOf(await histories.scan(historyPrefix(user))));
    return model.foldIn.solve(items, plays);
  };
  /** And in how many goes. */
  const ask = async (user: string, model: ServingModel) => {
    for (let goes = 1; goes < 100; goes++) {
      const found = await factors.of(user, model);
      if (found !== undefined) return { goes, factors: found };
    }
    throw new Error('no end of pages');
  };
  return { factors, listen, truth, ask };
}

describe('the factors of a listener', () => {
  const model = sampleModel(1, { items: TRACKS });

  it('are those of the whole history, whether it is read at once or in pages', async () => {
    const { ask, truth } = fixture();
    expect(await ask('small', model)).toEqual({ goes: 1, factors: await truth('small', model) });
    const large = await ask('large', model);
    expect(large.factors).toEqual(await truth('large', model));
    expect(large.goes).toBeGreaterThan((2 * TRACKS) / 3);
  });

  it('are kept until the user listens again or another generation serves', async () => {
    const { ask, factors, listen, truth } = fixture();
    await ask('large', model);
    expect((await ask('large', model)).goes).toBe(1);
    listen('large', trackId(0), 40);
    factors.changed('small');
    expect((await ask('large', model)).goes).toBe(1);
    factors.changed('large');
    const again = await ask('large', model);
    expect(again.goes).toBeGreaterThan(1);
    expect(again.factors).toEqual(await truth('large', model));
    const next = sampleModel(2, { items: TRACKS, seed: 2 });
    expect((await ask('large', next)).factors).toEqual(await truth('large', next));
  });

  it('are not kept when the user listens while they are read', async () => {
    const { ask, factors } = fixture();
    expect(await factors.of('large', model)).toBeUndefined();
    factors.changed('large');
    await ask('large', model);
    expect((await ask('large', model)).goes).toBeGreaterThan(1);
  });

  it('are none where too little is known, and that is kept as well', async () => {
    const { ask } = fixture();
    expect(await ask('larger', model)).toEqual({ goes: 1, factors: null });
    expect(await ask('nobody', model)).toEqual({ goes: 1, factors: null });
  });
});
