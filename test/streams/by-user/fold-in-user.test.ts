import { type FoldedUser, foldInUser } from '../../../streams/by-user/fold-in-user';
import type { KeptListen } from '../../../streams/by-user/keep-history';
import { historyKey, userStores } from '../../../streams/by-user/stores';
import { PopularList } from '../../../streams/model/popular-list';
import { ServingModel } from '../../../streams/model/serving-model';
import type { StreamSettings } from '../../../streams/stream-settings';
import { segueTopics } from '../../../streams/topics';
import { denseRow } from '../../support/dense-als';
import { budget, budgetOf, FakeProcessorContext } from '../../support/fake-processor-context';
import {
  history,
  popularTrack,
  SAMPLE_RULE,
  sampleAls,
  sampleModel,
  sampleTracks,
} from '../../support/stream-samples';

const STORES = userStores(segueTopics());
const SETTINGS = { tracksMin: 3, profileBytesMax: 1e6, popularRefreshMs: 60_000 } as StreamSettings;

function fixture() {
  const context = new FakeProcessorContext<FoldedUser>();
  const popular = new PopularList(10);
  let model: ServingModel | undefined;
  const serving = {
    model: () => model,
    modelFor: () => model,
    challenger: () => undefined,
    popular,
  };
  const build = () => foldInUser(STORES, serving, SETTINGS).build(context);
  const users = context.store(STORES.users);
  return {
    context,
    popular,
    build,
    processor: build(),
    serve: (next: ServingModel | undefined) => {
      model = next;
    },
    /** A listen as keep-history leaves it. */
    listen(processor: ReturnType<typeof build>, user: string, trackId: string, plays = 1) {
      const kept = history(plays);
      context.store(STORES.histories).put(historyKey(user, trackId), kept);
      users.put(user, (users.get(user) ?? 0) + Number(plays === 1));
      processor.process({
        user,
        trackId,
        listenedAt: kept.last_listened_at,
        producedAtMs: context.now(),
        history: kept,
        listenerChange: plays === 1 ? 1 : 0,
      } satisfies KeptListen);
    },
    names: () => context.takeForwarded().map(({ user }) => user),
  };
}

describe('fold-in-user', () => {
  it('solves the batch half step over the whole history, for users with enough tracks that have factors', async () => {
    const { context, processor, listen, serve } = fixture();
    const model = sampleModel(4);
    serve(model);
    for (const [track, plays] of [
      ['t003', 2],
      ['t010', 1],
      ['t050', 5],
      ['unknown', 1],
    ] as const)
      listen(processor, 'ann', track, plays);
    await processor.endStep!(budget());
    const [ann] = context.takeForwarded();
    expect(ann!.model).toBe(model);
    expect(Array.from(ann!.personal!.history.items)).toEqual([3, 10, 50]);
    expect(ann!.profile.plays.size).toBe(4);
    const expected = denseRow(SAMPLE_RULE, model.als.itemFactors, [3, 10, 50], [2, 1, 5]);
    for (const [at, value] of ann!.personal!.factors.entries())
      expect(value).toBeCloseTo(expected[at]!, 5);
  });

  it('lets nobody wait for a user with very many tracks, whose turn comes page by page', async () => {
    const { context, processor, listen, names } = fixture();
    for (let track = 0; track < 6000; track++) listen(processor, 'collector', `c${track}`);
    listen(processor, 'ann', 't003');
    await processor.endStep!(budgetOf(3));
    expect(names()).toEqual(['ann']);
    expect(context.store(STORES.waiting).get('collector')).toBe(true);
    for (let step = 0; step < 3; step++) {
      listen(processor, 'ann', 't003', 2 + step);
      expect(await processor.endStep!(budgetOf(2))).toBe(true);
      expect(names()).toEqual(['ann']);
    }
    await processor.endStep!(budget());
    const [collector] = context.takeForwarded();
    expect(collector).toMatchObject({ user: 'collector', times: {} });
    expect(collector!.profile.plays.size).toBe(6000);
    expect(context.store(STORES.waiting).get('collector')).toBeUndefined();
  });

  it('leaves users with too few such tracks to the popular list', async () => {
    const { context, processor, listen, serve } = fixture();
    serve(sampleModel(4));
    for (const track of ['t003', 't010', 'x', 'y', 'z']) listen(processor, 'ann', track);
    await processor.endStep!(budget());
    expect(context.takeForwarded()).toMatchObject([{ user: 'ann' }]);
    expect(context.store(STORES.refreshed).get('ann')!.generation).toBe(4);
    expect(context.store(STORES.refreshed).get('ann')!.edition).not.toBe(-1);
  });

  it('refreshes a user once a step, however much they listened', async () => {
    const { processor, listen, names } = fixture();
    for (const track of ['a', 'b', 'c']) listen(processor, 'ann', track);
    listen(processor, 'bob', 'a');
    await processor.endStep!(budget());
    expect(names()).toEqual(['ann', 'bob']);
    await processor.endStep!(budget());
    expect(names()).toEqual([]);
  });

  it('stops when the budget is spent, says so, and goes on with the others', async () => {
    const { processor, listen, names } = fixture();
    for (const user of ['a', 'b', 'c', 'd', 'e']) listen(processor, user, 'x');
    expect(await processor.endStep!(budgetOf(2))).toBe(true);
    expect(names()).toEqual(['a', 'b']);
    expect(await processor.endStep!(budget())).toBe(false);
    expect(names()).toEqual(['c', 'd', 'e']);
  });

  it('refreshes nobody while its slot is far behind, and remembers them in the store', async () => {
    const { context, processor, listen, names, build } = fixture();
    for (const user of ['a', 'b']) listen(processor, user, 'x');
    expect(await processor.endStep!(budget({ farBehind: true, idle: false }))).toBe(true);
    expect(names()).toEqual([]);
    expect([...context.store(STORES.waiting).values.keys()]).toEqual(['a', 'b']);
    const afterRestart = build();
    expect(await afterRestart.endStep!(budget())).toBe(false);
    expect(names().sort()).toEqual(['a', 'b']);
    expect(context.store(STORES.waiting).values.size).toBe(0);
  });

  it('gives everybody a list of the next generation after a hand-over', async () => {
    const { context, processor, listen, serve, names } = fixture();
    serve(sampleModel(1));
    for (const user of ['a', 'b'])
      for (const track of ['t001', 't002', 't003']) listen(processor, user, track);
    await processor.endStep!(budget());
    expect(names()).toEqual(['a', 'b']);
    serve(sampleModel(2, { seed: 9 }));
    expect(await processor.endStep!(budget())).toBe(false);
    expect(context.takeForwarded().map(({ user, model }) => [user, model!.generation])).toEqual([
      ['b', 2],
      ['a', 2],
    ]);
  });

  it('passes a changed popular list on when input is quiet, or when it is time', async () => {
    const { context, popular, processor, listen, serve, names } = fixture();
    serve(sampleModel(1));
    listen(processor, 'few', 'x');
    for (const track of ['t001', 't002', 't003']) listen(processor, 'many', track);
    context.advance(600);
    await processor.endStep!(budget());
    names();
    popular.update('slot-0', { tracks: [popularTrack('x', 3)] });
    listen(processor, 'busy', 'x');
    expect(await processor.endStep!(budget())).toBe(true);
    expect(names()).toEqual(['busy']);
    context.advance(600);
    expect(await processor.endStep!(budget())).toBe(false);
    expect(names()).toEqual(['few']);
    popular.update('slot-0', { tracks: [popularTrack('y', 3)] });
    for (let listens = 0; listens < 200; listens++) {
      context.advance(400);
      listen(processor, 'busy', 'x', 2);
      await processor.endStep!(budget());
    }
    expect(names()).toContain('few');
  });

  it('does not take a popular list of an earlier life for the one of now', async () => {
    const { context, popular, processor, listen, names, build } = fixture();
    popular.update('slot-0', { tracks: [popularTrack('x', 3)] });
    listen(processor, 'ann', 'z');
    await processor.endStep!(budget());
    expect(names()).toEqual(['ann']);
    const nextLife = new PopularList(10);
    nextLife.update('slot-0', { tracks: [popularTrack('y', 3)] });
    const restarted = foldInUser(
      STORES,
      {
        model: () => undefined,
        modelFor: () => undefined,
        challenger: () => undefined,
        popular: nextLife,
      },
      SETTINGS,
    ).build(context);
    context.advance(1000);
    await restarted.endStep!(budget());
    expect(names()).toEqual(['ann']);
    await build().endStep!(budget());
    expect(names()).toEqual(['ann']);
  });

  it('gives a user whose equation has no solution the popular list, and goes on with the next', async () => {
    const { context, processor, listen, serve } = fixture();
    const rule = { ...SAMPLE_RULE, lambda: 0 };
    // Fewer items than factors and no regularisation: the normal matrix has no inverse.
    serve(new ServingModel(1, sampleAls(1, 4, rule), sampleTracks(4)));
    for (const user of ['ann', 'bob'])
      for (const track of ['t000', 't001', 't002']) listen(processor, user, track);
    await processor.endStep!(budget());
    expect(context.takeForwarded().map(({ user, personal }) => [user, personal])).toEqual([
      ['ann', undefined],
      ['bob', undefined],
    ]);
  });
});
