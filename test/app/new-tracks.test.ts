/** Tracks that come in between retrains, through the whole path on virtual time. */
import { bytesToFloats } from '../../streams/model/model-codec';
import { lastValues } from '../../streams/tables';
import { relativeDifference } from '../support/dense-als';
import {
  denseFactors,
  idOf,
  LISTENERS_MIN,
  listFaults,
  NewTrackScenario as Scenario,
} from '../support/new-track-scenario';

describe('a track that comes in between retrains', () => {
  it('can be recommended by all processes within ten seconds, with the factors of the dense half step', async () => {
    const scenario = await Scenario.open();
    const { system } = scenario;
    const [listeners, others] = [scenario.users(30), scenario.users(60).slice(30)];
    await scenario.hear('new', listeners);
    await system.clock.advanceUntil(() => !scenario.items('new').includes(undefined), 10_000);
    expect(scenario.items('new')).not.toContain(undefined);
    await scenario.settle();

    const additions = [...(await scenario.additions()).values()];
    const last = additions.at(-1)!;
    expect(last).toMatchObject({ track_id: idOf('new'), track_name: 'new', generation: 1 });
    const dense = await denseFactors(scenario, 'new');
    expect(last.listeners).toBe(dense.listeners);
    expect(last.listeners).toBeGreaterThan(LISTENERS_MIN);
    expect(relativeDifference(bytesToFloats(last.factors), dense.factors)).toBeLessThan(1e-5);

    // Whoever listens to something may find it on their list.
    await scenario.hear('another', others);
    await scenario.settle();
    const lists = [...(await scenario.lists()).values()];
    const holding = lists.filter((list) =>
      list.tracks.some(({ track_id }) => track_id === idOf('new')),
    );
    expect(holding.length).toBeGreaterThan(0);
    expect(await listFaults(scenario)).toEqual([]);
    await scenario.stop();
  });

  it('keeps its factors through a crash and a restart, and gets new ones from the next generation', async () => {
    const scenario = await Scenario.open();
    await scenario.hear('new', scenario.users(30));
    await scenario.settle();
    const before = await scenario.additions();
    expect(before.size).toBeGreaterThan(0);
    await scenario.crash('a');
    await scenario.start('a');
    await scenario.settle();
    expect(scenario.items('new')).not.toContain(undefined);
    expect(await scenario.additions()).toEqual(before);

    // The threshold of the next training leaves it out, and then it comes in.
    await scenario.retrain({ 'listeners-min': '31', 'gate-tolerance': '1' });
    expect(scenario.items('new')).toEqual([undefined, undefined]);
    await scenario.hear('new', scenario.users(60).slice(30));
    await scenario.settle();
    const after = [...(await scenario.additions()).values()];
    expect(scenario.items('new')).not.toContain(undefined);
    expect(
      after.filter(({ generation }) => generation === 2).map(({ track_id }) => track_id),
    ).toContain(idOf('new'));
    await scenario.hear('another', scenario.users(5));
    await scenario.settle();
    expect(await listFaults(scenario)).toEqual([]);

    await scenario.system.run(scenario.administration.rollBack());
    await scenario.settle();
    expect(scenario.items('new')).not.toContain(undefined);
    // None was written anew.
    expect([...(await scenario.additions()).values()]).toEqual(expect.arrayContaining(after));
    expect(await listFaults(scenario)).toEqual([]);
    await scenario.stop();
  });

  it('is new no more when a generation was trained on it, and waits where no listeners are kept', async () => {
    const scenario = await Scenario.open({ newTrackListenersMax: '0' });
    await scenario.hear('new', scenario.users(30));
    await scenario.settle();
    expect(scenario.items('new')).toEqual([undefined, undefined]);
    await scenario.retrain();
    expect(scenario.items('new')).not.toContain(undefined);
    expect((await scenario.additions()).size).toBe(0);
    await scenario.stop();
  });

  it('is asked for no more once a generation was trained on it', async () => {
    const scenario = await Scenario.open();
    const { administration, system } = scenario;
    const asked = () => system.run(lastValues(administration, administration.topics.newTracks));
    await scenario.hear('new', scenario.users(30));
    await scenario.settle();
    expect([...(await asked()).keys()]).toEqual([idOf('new')]);
    await scenario.retrain();
    expect(scenario.processes.get('a')!.loader.serving!.isTrained(idOf('new'))).toBe(true);
    expect((await asked()).size).toBe(0);
    await scenario.stop();
  });
});
