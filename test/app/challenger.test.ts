import { isChallenged } from '../../streams/model/user-shares';
import { idOf, listFaults, NewTrackScenario } from '../support/new-track-scenario';

const SHARE = { 'challenger-share': '0.4', 'gate-tolerance': '1' };

/** Generation of each user's list, of users whom the challenger would serve and of the others. */
async function generations(scenario: NewTrackScenario, challenger: number) {
  const found = { challenged: new Set<number | null>(), others: new Set<number | null>() };
  for (const [user, { generation }] of await scenario.lists()) {
    const isOne = isChallenged(user, { generation: challenger, share: 0.4 });
    found[isOne ? 'challenged' : 'others'].add(generation);
  }
  return { challenged: [...found.challenged], others: [...found.others] };
}

const states = async ({ system, administration }: NewTrackScenario) =>
  (await system.run(administration.directory())).manifests.map(({ state }) => state);

describe('a challenger', () => {
  it('serves its share of the users beside the promoted generation, also after a crash, until it is rolled back', async () => {
    const scenario = await NewTrackScenario.open();
    const { system, administration } = scenario;
    await scenario.retrain(SHARE);
    expect(await states(scenario)).toEqual(['PROMOTED', 'CHALLENGER']);
    expect(await generations(scenario, 2)).toEqual({ challenged: [2], others: [1] });
    await scenario.crash('a');
    await scenario.start('a');
    await scenario.hear('new', scenario.users(30));
    await scenario.settle();
    expect(await generations(scenario, 2)).toEqual({ challenged: [2], others: [1] });
    // Tracks that are new have factors in the promoted generation.
    expect(scenario.items('new')).not.toContain(undefined);
    const { loader } = scenario.processes.get('b')!;
    const challenged = scenario.users(60).find((user) => loader.modelFor(user)!.generation === 2)!;
    expect(loader.modelFor(challenged)!.itemOf(idOf('new'))).toBeUndefined();
    expect(await listFaults(scenario)).toEqual([]);

    const reigning = await system.run(administration.rollBack());
    await scenario.settle();
    expect(reigning.generation).toBe(1);
    expect(await states(scenario)).toEqual(['PROMOTED', 'ROLLED_BACK']);
    expect(await generations(scenario, 2)).toEqual({ challenged: [1], others: [1] });
    await expect(system.run(administration.promoteChallenger())).rejects.toMatchObject({
      code: 'MODEL_UNKNOWN',
    });
    await scenario.stop();
  });

  it('serves everybody when it is promoted, and gives way to the next one', async () => {
    const scenario = await NewTrackScenario.open();
    const { system, administration } = scenario;
    await scenario.retrain(SHARE);
    await scenario.retrain({ ...SHARE, epochs: '6' });
    expect(await states(scenario)).toEqual(['PROMOTED', 'SUPERSEDED', 'CHALLENGER']);
    expect(await generations(scenario, 3)).toEqual({ challenged: [3], others: [1] });
    await system.run(administration.promoteChallenger());
    await scenario.settle();
    expect(await states(scenario)).toEqual(['SUPERSEDED', 'SUPERSEDED', 'PROMOTED']);
    expect(await generations(scenario, 3)).toEqual({ challenged: [3], others: [3] });
    expect(await listFaults(scenario)).toEqual([]);
    await scenario.stop();
  });
});
