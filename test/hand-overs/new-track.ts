/** A track that nobody knew, heard by people of one taste between two retrains: how long until a list holds it. */
import type { SimulatedListen } from '../../streams/simulator/simulated-listeners';
import type { Listeners } from './listeners';
import { LISTENERS_MIN, type Stage } from './stage';
import type { ListWatch } from './watch-lists';

export const NEW_TRACK_LISTENERS = 30;
/** Whose lists are made anew meanwhile: so few that what they hear does not come in itself. */
const OTHERS = LISTENERS_MIN - 1;
/** Of each listener: enough to stand above what others of their taste have on their short lists. */
const PLAYS = 20;
const LISTEN_AGAIN_MS = 1000;

export interface NewTrackScene {
  readonly stage: Stage;
  readonly listeners: Listeners;
  readonly watch: ListWatch;
}

/** Milliseconds from the listen that takes it over the threshold to the first published list that holds it. */
export async function untilListed({ stage, listeners, watch }: NewTrackScene): Promise<number> {
  const alike = usersAlike(watch);
  const heard = alike.filter((_, place) => place % 2 === 0).slice(0, NEW_TRACK_LISTENERS);
  const others = alike.filter((_, place) => place % 2 === 1).slice(0, OTHERS);
  const track = trackNamed('new', 1);
  await listeners.hear(heard.slice(0, LISTENERS_MIN - 1), track, PLAYS);
  const startedMs = Date.now();
  await listeners.hear(heard.slice(LISTENERS_MIN - 1), track, PLAYS);
  let nextMs = 0;
  await stage.until('a list with a new track', async () => {
    if (Date.now() >= nextMs) {
      nextMs = Date.now() + LISTEN_AGAIN_MS;
      await listeners.hear(others, trackNamed('another', 2));
    }
    return [...watch.last.values()].some(({ list }) =>
      list.tracks.some(({ track_id }) => track_id === track.trackId),
    );
  });
  return Date.now() - startedMs;
}

/** Users with personal lists, those first whose lists share most with one of them. */
function usersAlike(watch: ListWatch): string[] {
  const personal = [...watch.last.values()].filter(({ list }) => list.kind === 'PERSONAL');
  const one = new Set(personal[0]?.list.tracks.map(({ track_id }) => track_id));
  const shared = new Map(
    personal.map(({ user, list }) => [
      user,
      list.tracks.filter(({ track_id }) => one.has(track_id)).length,
    ]),
  );
  return [...shared.keys()].sort((a, b) => shared.get(b)! - shared.get(a)!);
}

function trackNamed(trackName: string, number: number): SimulatedListen['track'] {
  const trackId = `5e9e0000-0000-4000-8000-00000000000${number}`;
  return {
    ...{ trackId, recordingMbid: trackId, recordingMsid: trackId },
    ...{ artistName: 'nobody yet', trackName, releaseName: null },
  };
}
