import { type ReplayListen, replay } from '../../src/app/replay';
import { noLogger } from '../../src/logger';
import { toListenValue } from '../../streams/simulator/listen-value';
import { SimulatedListeners } from '../../streams/simulator/simulated-listeners';

function simulatedListens(count: number): ReplayListen[] {
  const listeners = new SimulatedListeners({
    seed: 5,
    users: 60,
    tracks: 400,
    artists: 60,
    genres: 4,
    startSeconds: 1_600_000_000,
    listensPerSecond: 0,
    unreleasedShare: 0,
  });
  return Array.from({ length: count }, () => {
    const listen = listeners.next();
    return { user: listen.userId, listen: toListenValue(listen) };
  });
}

const OPTIONS = {
  trainShare: 0.8,
  listensPerSecond: 200,
  settings: {
    filterRule: 'min-listeners',
    listenersMin: '3',
    factors: '16',
    alpha: '5',
    lambda: '1',
    epochs: '4',
    partitions: '2',
    trainerThreads: '1',
  },
  logger: noLogger,
  onProgress: () => undefined,
};

describe('a replay', () => {
  it('comes to the same figures to the last digit, and personal lists beat the popular one', async () => {
    const listens = simulatedListens(24_000);
    const { realSeconds: _a, ...first } = await replay(listens, OPTIONS);
    const { realSeconds: _b, ...second } = await replay([...listens].reverse(), OPTIONS);
    expect(second).toEqual(first);
    expect(first.generation).toBe(1);
    expect(first.prediction.personal.trials).toBeGreaterThan(100);
    expect(first.prediction.personal.trials).toBe(first.prediction.popular.trials);
    expect(first.prediction.personal.hitRate20).toBeGreaterThan(first.prediction.popular.hitRate20);
  });
});
