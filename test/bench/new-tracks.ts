/**
 * What factors between retrains are worth: a stream with many new releases, each first listen scored against the list of
 * before, once with factors for new tracks and once without.
 */
import { type ReplayListen, replay } from '../../src/app/replay';
import { noLogger } from '../../src/logger';
import { toListenValue } from '../../streams/simulator/listen-value';
import { SimulatedListeners } from '../../streams/simulator/simulated-listeners';
import type { HitRates } from '../../streams/statistics';
import { option, Report } from './report';

/** A quarter of the listens within the taste go to new releases. */
const WORLD = {
  ...{ seed: 1, users: 800, tracks: 8000, artists: 600, genres: 10, startSeconds: 1_600_000_000 },
  ...{ newReleaseShare: 0.25, newReleasesPerDay: 60, unreleasedShare: 0.3 },
};
const SETTINGS = {
  ...{ filterRule: 'min-listeners', listenersMin: '15', partitions: '4' },
  ...{ factors: '32', alpha: '5', lambda: '1', epochs: '8' },
};

export async function benchNewTracks(args: readonly string[]): Promise<void> {
  const report = new Report(args);
  const listeners = new SimulatedListeners(WORLD);
  const count = Number(option(args, 'listens', '120000'));
  const listens: ReplayListen[] = Array.from({ length: count }, () => {
    const listen = listeners.next();
    return { user: listen.userId, listen: toListenValue(listen) };
  });
  for (const newTrackListenersMax of ['0', '100']) {
    const { prediction, realSeconds, streamed } = await replay(listens, {
      trainShare: 0.7,
      listensPerSecond: 200,
      settings: { ...SETTINGS, newTrackListenersMax },
      logger: noLogger,
      onProgress: () => undefined,
    });
    report.add({
      newTracks: newTrackListenersMax === '0' ? 'wait for a retrain' : 'get factors',
      ...{ streamed, seconds: realSeconds },
      ...named('personal', prediction.personal),
      ...named('popular', prediction.popular),
    });
  }
}

function named(
  list: string,
  { trials, hitRate10, hitRate20, hitRate100 }: HitRates,
): Record<string, number> {
  return {
    [`${list}Trials`]: trials,
    [`${list}Hits10`]: hitRate10,
    [`${list}Hits20`]: hitRate20,
    [`${list}Hits100`]: hitRate100,
  };
}
